import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CandidateComposer } from '../translation/composer.ts'
import { cutAt } from './stops.ts'
import { fitsStrict } from './strict.ts'
import { ToolCalls } from './tool-calls.ts'
import { usageOf } from './usage.ts'

function cut(stops: readonly string[], deltas: readonly string[]): { text: string; reason: string } {
  let text = ''
  let reason = ''
  const candidate = cutAt(stops, {
    textBytes: 0,
    text: (delta: string) => {
      text += delta
    },
    finish: (given: string) => {
      reason = given
    },
  } as unknown as CandidateComposer)
  for (const delta of deltas) candidate.text(delta)
  candidate.finish('MAX_TOKENS')
  return { text, reason }
}

test('[TRN-09] a text is cut at the same place however it comes', () => {
  const letters = (bounds: { minLength?: number; maxLength: number }) =>
    fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), ...bounds })
  const stops = fc.array(letters({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(letters({ maxLength: 12 }), stops, fc.nat(4), (text, sequences, size) => {
      const pieces = text.match(new RegExp(`.{1,${size + 1}}`, 'gs')) ?? []
      const found = cut(sequences, pieces)
      assert.deepEqual(found, cut(sequences, [...text]))
      const isCut = sequences.some((stop) => text.includes(stop))
      assert.equal(found.reason, isCut ? 'STOP' : 'MAX_TOKENS')
      assert.equal(found.text === text, !isCut)
      assert.ok(text.startsWith(found.text) && !sequences.some((stop) => found.text.includes(stop)))
    }),
    { numRuns: 300 },
  )
})

type Piece = Record<string, unknown>

const named = (name: string, text: string, rest: Piece = {}): Piece => ({
  function: { name, arguments: text },
  ...rest,
})
const more = (text: string, rest: Piece = {}): Piece => ({ function: { arguments: text }, ...rest })

const STREAMS: readonly [title: string, pieces: readonly Piece[], texts: readonly string[]][] = [
  ['by index', [named('f', '{', { index: 0, id: 'a' }), more('}', { index: 0 })], ['{}']],
  [
    'all under index 0, told apart by their ids',
    [named('f', '{"a":1}', { index: 0, id: 'a' }), named('f', '{"a":2}', { index: 0, id: 'b' })],
    ['{"a":1}', '{"a":2}'],
  ],
  [
    'an id of its own for each piece',
    [named('f', '{', { index: 0, id: 'a' }), more('}', { index: 0, id: 'x' })],
    ['{}'],
  ],
  [
    'the name repeated',
    [named('f', '{', { index: 0, id: 'a' }), named('f', '}', { index: 0, id: 'a' })],
    ['{}'],
  ],
  [
    'index null, by id',
    [
      named('f', '{', { index: null, id: 'a' }),
      named('g', '[', { index: null, id: 'b' }),
      more('}', { index: null, id: 'a' }),
    ],
    ['{}', '['],
  ],
  ['neither index nor id', [named('f', '{'), more('}'), named('g', '{}')], ['{}', '{}']],
  ['arguments as an object', [{ function: { name: 'f', arguments: { a: 1 } } }], ['{"a":1}']],
  ['no arguments at all', [named('f', '', { index: 0, id: 'a' })], ['{}']],
]
for (const [title, pieces, texts] of STREAMS) {
  test(`[TRN-16] pieces of calls: ${title}`, () => {
    const calls = new ToolCalls()
    for (const piece of pieces) calls.add([piece])
    assert.deepEqual(
      calls.take().map((made) => made.argumentsText),
      texts,
    )
  })
}

const object = (rest: object) => ({ type: 'object', additionalProperties: false, ...rest })
const SCHEMAS: readonly [fits: boolean, schema: unknown][] = [
  [true, object({ properties: { a: { type: ['string', 'null'] } }, required: ['a'] })],
  [
    true,
    object({ properties: { a: { type: 'array', items: object({ properties: {} }) } }, required: ['a'] }),
  ],
  [false, object({ properties: { a: {} } })],
  [false, { type: 'object', properties: {} }],
  [false, object({ properties: { a: { type: 'object', properties: {} } }, required: ['a'] })],
  [false, object({ properties: { a: { type: 'string', minLength: 1 } }, required: ['a'] })],
  [false, object({ properties: { a: { type: 'string', format: 'uri' } }, required: ['a'] })],
  [false, { type: 'array', items: {} }],
  [false, object({ anyOf: [object({})] })],
  [false, true],
]
for (const [fits, schema] of SCHEMAS) {
  test(`[TRN-07] ${JSON.stringify(schema)} is ${fits ? '' : 'not '}strict`, () => {
    assert.equal(fitsStrict(schema), fits)
  })
}

const USAGES: readonly [usage: unknown, counts: object | undefined][] = [
  [undefined, undefined],
  [{}, undefined],
  [{ prompt_tokens: 5 }, { promptTokenCount: 5 }],
  [
    { prompt_tokens: 5, completion_tokens: 3, prompt_cache_hit_tokens: 4 },
    { promptTokenCount: 5, cachedContentTokenCount: 4, candidatesTokenCount: 3 },
  ],
  // Counted beside the completion, as the total says.
  [
    {
      prompt_tokens: 5,
      completion_tokens: 3,
      total_tokens: 18,
      completion_tokens_details: { reasoning_tokens: 10 },
    },
    { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 10 },
  ],
  // More thoughts than there were tokens: nothing is invented.
  [
    { prompt_tokens: 5, completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 10 } },
    { promptTokenCount: 5, thoughtsTokenCount: 3 },
  ],
]
for (const [usage, counts] of USAGES) {
  test(`[TRN-13] usage ${JSON.stringify(usage)}`, () => assert.deepEqual(usageOf(usage), counts))
}
