import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { readMessage } from '../../../wire/gemini-schema.ts'
import { checkGrounding } from './check.ts'
import { modelNamed } from './testing.fixture.ts'

function check(model: string, tools: readonly object[], toolConfig?: object): void {
  const request = readMessage('GenerateContentRequest', { tools, ...(toolConfig && { toolConfig }) })
  checkGrounding(modelNamed(model), request.tools ?? [], request.toolConfig)
}

function refused(message: RegExp | string, field?: string) {
  return (error: unknown) => {
    assert.ok(error instanceof GatewayError && error.code === 'invalid_argument')
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    if (field !== undefined)
      assert.ok(JSON.stringify(error.details).includes(`"${field}"`), JSON.stringify(error.details))
    return true
  }
}

test('[GROUND-05] the legacy search tool is refused since 2.0, with the advice to use google_search', () => {
  for (const model of ['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-3.6-flash']) {
    assert.throws(
      () => check(model, [{ googleSearchRetrieval: {} }]),
      refused(
        'google_search_retrieval is not supported. Please use google_search tool instead.',
        'tools[0].google_search_retrieval',
      ),
    )
  }
  check('gemini-1.5-flash', [
    { google_search_retrieval: { dynamicRetrievalConfig: { mode: 'MODE_DYNAMIC' } } },
  ])
  assert.throws(() => check('gemini-1.5-flash', [{ googleSearch: {} }]), refused(/google_search_retrieval/))
})

test('tools that a model does not have are refused by name', () => {
  assert.throws(
    () => check('gemini-2.0-flash-lite', [{ googleSearch: {} }]),
    refused('Search as tool is not enabled for models/gemini-2.0-flash-lite'),
  )
  assert.throws(
    () => check('gemini-2.5-flash-preview-tts', [{ googleSearch: {} }]),
    refused(/^Search as tool/),
  )
  assert.throws(
    () => check('gemini-2.0-flash', [{ urlContext: {} }]),
    refused('Browse tool is not supported.'),
  )
  assert.throws(
    () => check('gemini-2.0-flash', [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/a'] } }]),
    refused(/^File search tool is not enabled/),
  )
  assert.throws(() => check('gemini-2.0-flash-lite', [{ googleMaps: {} }]), refused(/^Google Maps tool/))
})

test('search, maps, pages and files go together since 2.5', () => {
  const tools = [
    { googleSearch: {} },
    { googleMaps: {} },
    { urlContext: {} },
    { fileSearch: { fileSearchStoreNames: ['fileSearchStores/a-1'], topK: 3, metadataFilter: 'a = 1' } },
  ]
  for (const model of ['gemini-2.5-flash', 'gemini-3.6-flash']) check(model, tools)
})

test('a time range has both ends, in order', () => {
  const range = (timeRangeFilter: object) =>
    check('gemini-2.5-flash', [{}, { googleSearch: { timeRangeFilter } }])
  const field = 'tools[1].google_search.time_range_filter'
  range({ startTime: '2024-01-01T00:00:00Z', endTime: '2025-01-01T00:00:00Z' })
  range({})
  assert.throws(() => range({ startTime: '2024-01-01T00:00:00Z' }), refused(/Both/, field))
  assert.throws(() => range({ endTime: '2024-01-01T00:00:00Z' }), refused(/Both/, field))
  assert.throws(
    () => range({ startTime: '2025-01-01T00:00:00Z', endTime: '2024-01-01T00:00:00Z' }),
    refused(/after/, field),
  )
})

test('a point lies on the globe', () => {
  const at = (latLng: object) =>
    check('gemini-2.5-flash', [{ googleMaps: {} }], { retrievalConfig: { latLng } })
  at({ latitude: -90, longitude: 180 })
  at({})
  assert.throws(
    () => at({ latitude: 90.1 }),
    refused(/latitude/, 'tool_config.retrieval_config.lat_lng.latitude'),
  )
  assert.throws(
    () => at({ longitude: -181 }),
    refused(/longitude/, 'tool_config.retrieval_config.lat_lng.longitude'),
  )
})

test('a file search names its stores, a sane number of results and a filter that can be read', () => {
  const files = (fileSearch: object) => check('gemini-2.5-flash', [{ fileSearch }])
  const names = { fileSearchStoreNames: ['fileSearchStores/a'] }
  assert.throws(() => files({}), refused(/must not be empty/))
  assert.throws(() => files({ fileSearchStoreNames: ['stores/a'] }), refused(/is named/))
  assert.throws(() => files({ fileSearchStoreNames: ['fileSearchStores/../x'] }), refused(/is named/))
  assert.throws(() => files({ ...names, topK: -1 }), refused(/top_k/))
  assert.throws(() => files({ ...names, topK: 101 }), refused(/top_k/))
  assert.throws(
    () => files({ ...names, metadataFilter: 'a =' }),
    refused(/^Invalid metadata filter/, 'tools[0].file_search.metadata_filter'),
  )
})
