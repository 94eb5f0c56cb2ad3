import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenerateContentResponse } from '../wire/gemini.ts'
import { QUERIES_MAX, Searches } from './searches.ts'

const read = (usage: unknown, ...candidates: unknown[]) => {
  const searches = new Searches()
  for (const one of candidates) searches.take([one] as GenerateContentResponse['candidates'])
  const { searchQueries, isGrounded } = searches.reading(usage as undefined)
  return [searchQueries, isGrounded]
}
const grounded = (groundingMetadata: unknown, rest = {}) => ({ groundingMetadata, ...rest })
const WEB = { groundingChunks: [{ web: { uri: 'https://a', title: 'a' } }] }

test('[FCT-04] each different query is one search, over all chunks; empty ones are none', () => {
  const first = grounded({ webSearchQueries: ['a', '', ' ', 'b'] })
  assert.deepEqual(read(undefined, first, grounded({ webSearchQueries: ['b', 'c'], ...WEB })), [3, true])
  assert.deepEqual(read(undefined, first, first), [2, true])
  assert.deepEqual(read(undefined, grounded({ webSearchQueries: ['a'], imageSearchQueries: ['a'] })), [
    2,
    true,
  ])
  const many = Array.from({ length: QUERIES_MAX + 5 }, (_, at) => `q${at}`)
  assert.deepEqual(read(undefined, grounded({ webSearchQueries: many })), [QUERIES_MAX, true])
})

test('[FCT-04] a source without a query was found by one search: on the web, in images, on the map', () => {
  assert.deepEqual(read(undefined, grounded(WEB)), [1, true])
  assert.deepEqual(read(undefined, grounded({ groundingChunks: [{ maps: { placeId: 'p' } }] })), [1, true])
  assert.deepEqual(read(undefined, grounded({ groundingChunks: [{ image: {} }] })), [1, true])
})

test('[FCT-04] nothing to pay for: no metadata, empty metadata, the own store, a URL that was read', () => {
  const nothing: unknown[] = [
    {},
    grounded({}),
    grounded({ webSearchQueries: [] }),
    grounded({ groundingChunks: [] }),
  ]
  nothing.push(grounded({ groundingChunks: [{ retrievedContext: { uri: 'x' } }] }))
  nothing.push(grounded(WEB, { urlContextMetadata: { urlMetadata: [] } }))
  for (const one of nothing) assert.deepEqual(read(undefined, one), [0, false], JSON.stringify(one))
  const both = grounded({ ...WEB, webSearchQueries: ['a'] }, { urlContextMetadata: {} })
  assert.deepEqual(read(undefined, both), [1, true])
})

test('[FCT-04] where Google says what it charges for, that counts', () => {
  const billed = (...billedToolCalls: unknown[]) => ({ promptTokenCount: 1, billedToolCalls })
  const google = (successfulToolCallCount: unknown) => ({
    tool: 'GOOGLE_SEARCH_RETRIEVAL',
    successfulToolCallCount,
  })
  const queries = grounded({ webSearchQueries: ['a', 'b', 'c'], ...WEB })
  assert.deepEqual(read(billed(google(2)), queries), [2, true])
  assert.deepEqual(read(billed(google(2), { tool: 'google_maps', successfulToolCallCount: 1 }), queries), [
    3,
    true,
  ])
  assert.deepEqual(read(billed(google(2))), [2, true])
  assert.deepEqual(read(billed({ tool: 'code_execution', successfulToolCallCount: 9 })), [0, false])
  for (const bad of [-1, 1.5, '2', null, 1e300])
    assert.deepEqual(read(billed(google(bad)), queries), [3, true])
  assert.deepEqual(read(billed(google(Number.MAX_SAFE_INTEGER))), [QUERIES_MAX, true])
  assert.deepEqual(read({ billedToolCalls: 'x' }, queries), [3, true])
})

test('[FCT-04] no shape of an answer breaks the reading', () => {
  const odd: unknown[] = [
    null,
    5,
    'x',
    [],
    { groundingMetadata: null },
    { groundingMetadata: [1] },
    grounded('x'),
  ]
  odd.push(grounded({ webSearchQueries: 'a', groundingChunks: { web: {} } }))
  odd.push(grounded({ webSearchQueries: [1, null, {}], groundingChunks: [null, 'web', { web: 5 }] }))
  for (const one of odd) assert.deepEqual(read(null, one), [0, false], JSON.stringify(one))
  const searches = new Searches()
  for (const candidates of [undefined, null, {}, 'x']) searches.take(candidates as undefined)
  assert.deepEqual(searches.reading(undefined), { searchQueries: 0, isGrounded: false })
})
