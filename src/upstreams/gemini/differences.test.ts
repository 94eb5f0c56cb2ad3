import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf } from '../../nouns.fixture.ts'
import type { Call } from '../../nouns.ts'
import { withoutDifferences } from './differences.ts'

function sent(body: string, rest: Partial<Call>): { body: string; told: string[] } {
  const told: string[] = []
  const losses = { dropped: (path: string) => told.push(path), approximated: () => undefined }
  const call = withoutDifferences(
    callOf({ body: Buffer.from(body), ...rest }),
    'gemini-3.6-flash',
    () => losses,
  )
  return { body: call.body.toString(), told }
}

test('[VTX-02] what the cloud platform counts flat is counted here as a whole request', () => {
  const flat = '{"contents":[{"parts":[{"text":"hi"}]}],"tools":[],"systemInstruction":{"parts":[]} }\n'
  assert.equal(
    sent(flat, { verb: 'countTokens' }).body,
    '{"generateContentRequest":{"model":"models/gemini-3.6-flash",' +
      '"contents":[{"parts":[{"text":"hi"}]}],"tools":[],"systemInstruction":{"parts":[]} }}\n',
  )
  for (const body of ['{"contents":[]}', '{"generateContentRequest":{"model":"models/m","tools":[]}}']) {
    assert.equal(sent(body, { verb: 'countTokens' }).body, body)
  }
})

test('[VTX-02] labels of the cloud platform are dropped and told; another client’s are the upstream’s to judge', () => {
  const body = '{"labels":{"a":"b"},"contents":[{"parts":[{"text":"labels"}]}]}'
  assert.deepEqual(sent(body, { apiVersion: 'v1beta1' }), {
    body: '{"contents":[{"parts":[{"text":"labels"}]}]}',
    told: ['labels'],
  })
  assert.deepEqual(sent(body, { apiVersion: 'v1beta' }), { body, told: [] })
})
