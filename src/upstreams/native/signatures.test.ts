import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEAL_PREFIX, withoutSealsInJson } from './signatures.ts'
import { rewritten } from './testing.fixture.ts'

const TARGET = { model: 'gemini-3.6-flash', thinking: 'pass' } as const
const SEAL = `${SEAL_PREFIX}AAEC_-8=`
const STAND_IN = 'skip_thought_signature_validator'

const history = (signature: string) =>
  `{"big": 12345678901234567890,\n "contents":[{"role":"user","parts":[{"text":"hi"}]},` +
  ` {"role":"model","parts":[{"functionCall":{"name":"f","args":{"thoughtSignature":"${SEAL}"}},` +
  `"thoughtSignature" : "${signature}"},{"text":"", "thought_signature":"${signature}"}]}]}`

test('[SIG-02] a seal of ours becomes the word that Gemini takes for any signature; no other byte changes', () => {
  const { body, told, call } = rewritten(history(SEAL), TARGET)
  assert.equal(body, history(STAND_IN))
  assert.deepEqual(told, [
    'dropped contents[1].parts[0].thoughtSignature',
    'dropped contents[1].parts[1].thoughtSignature',
  ])
  assert.equal(JSON.stringify(call.document()).includes(STAND_IN), true)
})

test('[SIG-02] signatures of Gemini, and a seal that is somebody’s text, are not touched', () => {
  for (const body of [history('CpcBAdHtim9'), `{"contents":[{"parts":[{"text":"${SEAL}"}]}]}`]) {
    const { same, told } = rewritten(body, TARGET)
    assert.ok(same || body === rewritten(body, TARGET).body)
    assert.deepEqual(told, [])
  }
})

test('[SIG-02] a request that is counted is looked through as well', () => {
  const wrapped = (signature: string) => `{"generateContentRequest":${history(signature)}}`
  const { body, told } = rewritten(wrapped(SEAL), TARGET, { verb: 'countTokens' })
  assert.equal(body, wrapped(STAND_IN))
  assert.equal(told[0], 'dropped generateContentRequest.contents[1].parts[0].thoughtSignature')
})

test('a call without seals is handed back as it is, and costs microseconds', () => {
  const body = JSON.stringify({ contents: [{ parts: [{ text: 'x'.repeat(2_000) }] }] })
  assert.ok(rewritten(body, TARGET).same)
})

test('[SIG-02] what is stored at Google has no seal either, and is otherwise as it came', () => {
  const cache = (signature: string, text = 'x') =>
    Buffer.from(
      `{"model":"models/m", "contents":[{"parts":[{"functionCall":{"name":"f"},"thought_signature" : "${signature}"},{"text":${JSON.stringify(text)}}]}],"n":12345678901234567890}`,
    )
  const quoted = `"thoughtSignature":"${SEAL_PREFIX}AAAA"`
  const stored = withoutSealsInJson(cache(`${SEAL_PREFIX}AA+/\\/-_==`, quoted))
  assert.deepEqual(stored, cache('skip_thought_signature_validator', quoted))
  const theirs = cache('CpcBVKhc')
  assert.equal(withoutSealsInJson(theirs), theirs)
})
