import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import type { RequestFacts } from '../../nouns.ts'
import { scanBody } from '../body.ts'
import { NOTHING_EARLIER } from './earlier.ts'
import { factsOf, tierOf, WATCH } from './facts.ts'

const LIMITS = { depth: 30, nodes: 100_000, keysPerObject: 100 }
const found = (body: string | object) => {
  const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return { ...scanBody(text, LIMITS, WATCH), bodyBytes: text.length }
}
const facts = (body: string | object): RequestFacts => {
  const { found: findings, bodyBytes } = found(body)
  return factsOf(findings, bodyBytes, 'openai-chat', NOTHING_EARLIER)
}
const saying = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const image = (url: string, rest: object = {}) => ({ type: 'image_url', image_url: { url, ...rest } })
const mediaOf = (body: object) => {
  const { mediaBytes, mediaParts, imageBytes, imageParts, usesStored } = facts(body)
  return [mediaBytes, mediaParts, imageBytes, imageParts, usesStored]
}

test('[ODR-14] images, sound, files and what lies elsewhere are seen', () => {
  const url = 'data:image/png;base64,AAAABBBB'
  assert.deepEqual(mediaOf(saying({ type: 'text', text: url })), [0, 0, 0, 0, false])
  assert.deepEqual(mediaOf(saying(image(url))), [url.length, 1, url.length, 1, false])
  assert.deepEqual(mediaOf(saying(image(url, { detail: 'low' }), image('https://a.test'))), [
    44,
    2,
    44,
    2,
    false,
  ])
  const sound = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
  assert.deepEqual(mediaOf(saying(sound)), [4, 1, 0, 0, false])
  const file = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } }
  assert.deepEqual(mediaOf(saying(file)), [32, 1, 0, 0, false])
  assert.equal(facts(saying({ type: 'file', file: { file_id: 'files/a' } })).usesStored, true)
  assert.equal(
    facts(saying({ type: 'video_url', video_url: { url: 'https://a.test/a.mp4' } })).usesStored,
    true,
  )
})

test('[ODR-14] media are seen in a result, in a single part and in the pictures of an answer', () => {
  const url = 'data:image/png;base64,AAAA'
  const places = [
    { messages: [{ role: 'tool', tool_call_id: 'a', content: [image(url)] }] },
    { messages: { role: 'user', content: image(url) } },
    { messages: [{ role: 'assistant', content: null, images: [image(url)] }] },
  ]
  for (const place of places) assert.deepEqual(mediaOf(place), [26, 1, 26, 1, false])
})

test('[ODR-14] the largest limit that the request names counts, and what is no limit does not', () => {
  const limit = (body: object) => facts(body).maxOutputTokens
  assert.equal(limit({}), undefined)
  assert.equal(limit({ max_tokens: 5 }), 5)
  assert.equal(limit({ max_tokens: 5, max_completion_tokens: 70, max_output_tokens: 6 }), 70)
  for (const none of [0, -1, 1.5, '5', null, [], 2 ** 31])
    assert.equal(limit({ max_tokens: none }), undefined)
})

test('[ODR-14] a limit in another spelling is none: an upstream would pass over it', () => {
  assert.equal(facts({ maxTokens: 1 }).maxOutputTokens, undefined)
  assert.equal(facts({ maxTokens: 1, max_tokens: 700 }).maxOutputTokens, 700)
  assert.equal(facts('{"max\\u005ftokens":700}').maxOutputTokens, 700)
  assert.equal(facts({ responseFormat: {} }).hasFormat, false)
})

test('[ODR-14] answers, pictures and texts are counted', () => {
  assert.deepEqual([facts({}).candidateCount, facts({}).items], [1, 1])
  assert.deepEqual([facts({ n: 4 }).candidateCount, facts({ n: 4 }).items], [4, 4])
  for (const none of [0, -1, 'x', 1.5, null]) assert.equal(facts({ n: none }).candidateCount, 1)
  assert.equal(facts({ input: ['a', 'b', 'c'] }).items, 3)
  assert.equal(facts({ input: 'a' }).items, 1)
})

test('[ODR-14] search and what the request does not show the size of are seen', () => {
  const uses = (body: object) => [facts(body).usesSearch, facts(body).usesStored]
  assert.deepEqual(uses({ tools: [{ type: 'function', function: { name: 'f' } }] }), [false, false])
  assert.deepEqual(uses({ web_search_options: {} }), [true, false])
  assert.deepEqual(uses({ web_search_options: null }), [false, false])
  assert.deepEqual(uses({ tools: [{ type: 'web_search' }] }), [true, true])
  assert.deepEqual(uses('{"tools":[{"type":"function"},{"type":"f\\u0075nction"}]}' as unknown as object), [
    true,
    true,
  ])
  for (const google of [
    { google: { cached_content: 'c' } },
    { extra_body: { google: { cachedContent: 'c' } } },
  ])
    assert.deepEqual(uses(google), [true, true])
  assert.deepEqual(uses({ extra_body: { google: { tools: [{ googleSearch: {} }] } } }), [true, false])
})

test('[ODR-14] a form of the answer is seen', () => {
  assert.equal(facts({}).hasFormat, false)
  assert.equal(facts({ response_format: { type: 'json_object' } }).hasFormat, true)
  assert.equal(facts({ response_format: null }).hasFormat, false)
})

test('[ODR-14] a tier is read by its value, however it is written', () => {
  const tier = (body: string) => tierOf(found(body).found)
  assert.equal(tier('{}'), 'standard')
  assert.equal(tier('{"service_tier":"flex"}'), 'flex')
  assert.equal(tier('{"service_tier":"priorit\\u0079"}'), 'priority')
  assert.equal(tier('{"service_tier":"fast"}'), 'priority')
  for (const usual of ['"auto"', '"default"', 'null', '1', '{}'])
    assert.equal(tier(`{"service_tier":${usual}}`), 'standard')
})

const TWICE = [
  'model',
  'stream',
  'messages',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'service_tier',
  'metadata',
  'tools',
  'google',
  'extra_body',
  'input',
]

test('[ODR-14] nothing that money or limits read stands there twice, however it is written', () => {
  for (const name of TWICE) {
    const escapedAt = (at: number) =>
      `${name.slice(0, at)}\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}${name.slice(at + 1)}`
    for (const other of [name, escapedAt(0), escapedAt(Math.max(0, name.indexOf('_')))])
      assert.throws(
        () => found(`{"${name}":null,"${other}":null}`),
        fails('invalid_argument', /more than once/),
      )
  }
  assert.throws(
    () => found('{"messages":[{"content":[{"image_url":{"url":"a","url":"b"}}]}]}'),
    fails('invalid_argument', /more than once/),
  )
})

test('[ODR-14] long lists and long texts that are kept are refused', () => {
  const list = (count: number) => `[${'1,'.repeat(count - 1)}1]`
  for (const body of [`{"tools":${list(1_001)}}`, `{"stop":${list(1_001)}}`, `{"input":${list(10_001)}}`])
    assert.throws(() => found(body), fails('invalid_argument', /at most \d+ elements are allowed/))
  assert.throws(() => found({ metadata: { a: 'x'.repeat(70_000) } }), fails('invalid_argument'))
})
