import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Library } from '../../nouns/resources.ts'
import { CALLER, callOf, fails, targetOf } from '../../nouns.fixture.ts'
import type { Target } from '../../nouns.ts'
import { SEAL_PREFIX } from '../native/signatures.ts'
import { createSandboxUpstream } from './upstream.ts'

const unused = () => Promise.reject(new Error('not expected'))
const library: Library = { file: unused, cachedContent: unused, documents: unused }
const upstream = createSandboxUpstream({ name: 'sandbox', library })

const SIGNED = {
  contents: [
    { role: 'user', parts: [{ text: 'what is the weather?' }] },
    {
      role: 'model',
      parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: `${SEAL_PREFIX}AAAA` }],
    },
    { role: 'user', parts: [{ functionResponse: { name: 'f', response: { ok: true } } }] },
  ],
  tools: [{ functionDeclarations: [{ name: 'f' }] }],
}

async function ask(model: string, document: object, rest: Partial<Target> & { isStrict?: boolean } = {}) {
  const { isStrict = false, ...target } = rest
  const body = Buffer.from(JSON.stringify(document))
  const call = callOf({ model, body, isStrict })
  const answer = await upstream.send(call, { ...targetOf(upstream, model), ...target }, CALLER)
  answer.source.start({ weigh: () => 0, chunk: () => undefined, end: () => undefined, fail: () => undefined })
  return answer.translation?.losses().map(({ kind, path }) => `${kind} ${path}`)
}

test('[SIG-02] a history that another target signed is valid here, and its seal is told as dropped', async () => {
  assert.deepEqual(await ask('gemini-3.6-flash', SIGNED), ['dropped contents[1].parts[0].thoughtSignature'])
  await assert.rejects(
    ask('gemini-3.6-flash', SIGNED, { isStrict: true }),
    fails('untranslatable', /thought_?[sS]ignature would be dropped/),
  )
})

test('[THK-01] what thinking is adapted to is what the model takes', async () => {
  const body = (thinkingConfig: object) => ({
    contents: [{ parts: [{ text: 'hi' }] }],
    generationConfig: { thinkingConfig },
  })
  const path = 'approximated generationConfig.thinkingConfig'
  for (const [model, thinking, told] of [
    ['gemini-2.5-pro', { thinkingLevel: 'LOW' }, `${path}.thinkingLevel`],
    ['gemini-2.5-flash-lite', { thinkingBudget: 100 }, `${path}.thinkingBudget`],
    ['gemini-3.7-flash', { thinkingBudget: 0 }, `${path}.thinkingBudget`],
    ['gemini-4-argon', { thinkingLevel: 'XHIGH' }, `${path}.thinkingLevel`],
    ['gemini-3.6-flash', { thinkingBudget: -1 }, `${path}.thinkingBudget`],
    ['gemini-2.0-flash', { thinkingBudget: 5 }, 'dropped generationConfig.thinkingConfig'],
  ] as const) {
    assert.deepEqual(await ask(model, body(thinking), { thinking: 'adapt' }), [told])
  }
  await assert.rejects(ask('gemini-2.5-pro', body({ thinkingLevel: 'LOW' })), fails('invalid_argument'))
})
