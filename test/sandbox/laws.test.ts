/** The laws themselves: one that nothing can break proves nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/upstreams/sandbox/schema/arbitrary.fixture.ts'
import { obeysAll, saysTheSame } from './laws.ts'
import { ask, askOnce } from './rig.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers that are taken apart
type Json = any

const question = (text: string, others: JsonObject = {}): JsonObject => ({
  contents: [{ role: 'user', parts: [{ text }] }],
  generationConfig: {},
  ...others,
})
const STRING = { type: 'STRING' }
const WEATHER = {
  name: 'get_weather',
  parameters: { type: 'OBJECT', properties: { city: STRING }, required: ['city'] },
}

const BROKEN: readonly (readonly [string, JsonObject, (answer: Json) => void])[] = [
  ['a total that is no sum', question('Hello'), ({ usageMetadata }) => usageMetadata.totalTokenCount++],
  ['details', question('Hello'), ({ usageMetadata }) => usageMetadata.promptTokensDetails.pop()],
  ['a candidate too many', question('Hello'), ({ candidates }) => candidates.push(candidates[0])],
  ['no end', question('Hello'), ({ candidates: [candidate] }) => delete candidate.finishReason],
  [
    'a stop sequence',
    question('Tell me about granite', { generationConfig: { stopSequences: ['zz'] } }),
    ({ candidates: [{ content }] }) => (content.parts[0].text += ' zz'),
  ],
  [
    'a limit that is passed',
    question('Tell me about granite', { generationConfig: { maxOutputTokens: 40 } }),
    ({ candidates: [candidate], usageMetadata }) => {
      candidate.tokenCount += 100
      for (const name of ['candidatesTokenCount', 'totalTokenCount']) {
        usageMetadata[name] = (usageMetadata[name] ?? 0) + 100
      }
      usageMetadata.candidatesTokensDetails = [{ tokenCount: usageMetadata.candidatesTokenCount }]
    },
  ],
  [
    'JSON that is not what was asked for',
    question('Jane', { generationConfig: { responseMimeType: 'application/json', responseSchema: STRING } }),
    ({ candidates: [{ content }] }) => (content.parts[0].text = '5'),
  ],
  [
    'arguments that are not what was declared',
    question('Weather in Oslo?', { tools: [{ functionDeclarations: [WEATHER] }] }),
    ({ candidates: [{ content }] }) => delete content.parts[0].functionCall.args.city,
  ],
  [
    'a support that is a byte off',
    question('Who won the euro 2024?', { tools: [{ googleSearch: {} }] }),
    ({ candidates: [{ groundingMetadata }] }) => groundingMetadata.groundingSupports[0].segment.endIndex++,
  ],
]

test('each law notices when it is broken', async () => {
  for (const [what, body, change] of BROKEN) {
    const sample = { model: 'gemini-2.5-flash', body }
    const answer: Json = structuredClone(await askOnce(sample))
    obeysAll(sample, answer)
    change(answer)
    assert.throws(() => obeysAll(sample, answer), assert.AssertionError, what)
  }
})

test('a stream that says something else is noticed', async () => {
  const sample = { model: 'gemini-3.5-flash', body: question('Tell me about granite') }
  const whole = await askOnce(sample)
  const chunks: Json[] = await ask('streamGenerateContent', sample)
  saysTheSame(chunks, whole)
  for (const broken of [chunks.slice(1), chunks.toReversed(), [...chunks, chunks.at(-1)]]) {
    assert.throws(() => saysTheSame(broken, whole), assert.AssertionError)
  }
})
