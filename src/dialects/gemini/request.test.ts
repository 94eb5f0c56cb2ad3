import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, callOf, fails, headersOf, requestOf } from '../../nouns.fixture.ts'
import type { HttpRequest, Opening } from '../../nouns.ts'
import { parseDocument, readDocument } from '../body.ts'
import { callFrom, decode } from './request.ts'

const LIMITS = { depth: 20, nodes: 1_000, keysPerObject: 100 }
const OPENING: Opening = callOf()
const decoded = (
  body: string | Buffer | readonly string[],
  rest: Partial<HttpRequest> = {},
  target = '/',
) => {
  const pieces = typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body
  return decode(requestOf(target, { ...bodyOf(...pieces), ...rest }), OPENING, LIMITS)
}

test('[NATIVE-REQUEST-01] the body is kept as the bytes that it is, and parsed when somebody asks', async () => {
  const text = ' {"contents":[{"parts":[{"text":"é🙂"}]}],"n":12345678901234567890,"x":1.50}\n'
  const call = await decoded(text)
  assert.equal(call.body.toString(), text)
  assert.equal(call.document(), call.document())
  assert.deepEqual(
    [call.facts.bodyBytes, call.wire, call.verb],
    [Buffer.byteLength(text), 'gemini', 'generateContent'],
  )
  assert.deepEqual((call.document().contents as unknown[]).length, 1)
})

test('[NATIVE-REQUEST-01] a byte order mark travels on, and nobody trips over it, however it is cut', async () => {
  const text = '\uFEFF{"contents":[]}'
  const bytes = Buffer.from(text)
  for (let at = 1; at <= 4; at++) {
    const call = await decode(
      requestOf('/', bodyOf(bytes.subarray(0, at), bytes.subarray(at))),
      OPENING,
      LIMITS,
    )
    assert.ok(call.body.equals(bytes))
    assert.deepEqual(call.document(), { contents: [] })
  }
})

test('[JSON-01] what policy and money read, in both spellings', async () => {
  const facts = async (body: string) => (await decoded(body)).facts
  const { maxOutputTokens, candidateCount, thinkingBudget, items } = await facts(
    '{"generationConfig":{"maxOutputTokens":50,"candidateCount":"3","thinkingConfig":{"thinkingBudget":-1}}}',
  )
  assert.deepEqual([maxOutputTokens, candidateCount, thinkingBudget, items], [50, 3, -1, 1])
  const snake = await facts(
    '{"generation_config":{"max_output_tokens":"7","thinking_config":{"thinking_budget":5}}}',
  )
  assert.deepEqual([snake.maxOutputTokens, snake.candidateCount, snake.thinkingBudget], [7, 1, 5])
  assert.equal((await facts('{"requests":[{},{},{}]}')).items, 3)
  for (const odd of ['"many"', '1.5', 'null', '{}', '1e300'])
    assert.equal(
      (await facts(`{"generationConfig":{"maxOutputTokens":${odd}}}`)).maxOutputTokens,
      undefined,
      odd,
    )
})

const REFUSED: readonly [string, string, string | Buffer, RegExp][] = [
  [
    'JSON-02',
    'a field twice',
    '{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":2}}',
    /"generation_config\.max_output_tokens" is given more than once/,
  ],
  ['JSON-02', 'a field under both names', '{"generationConfig":{},"generation_config":{}}', /more than once/],
  ['JSON-05', 'half a body', '{"contents":', /^Invalid JSON payload received\./],
  ['JSON-05', 'nothing', '', /^Invalid JSON payload received\./],
  ['JSON-05', 'a list', '[]', /Root element must be a message/],
  ['JSON-05', 'more than one value', '{}{}', /^Invalid JSON payload received\./],
  [
    'JSON-06',
    'bytes that are no UTF-8',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    /non UTF-8/,
  ],
  [
    'JSON-07',
    'too deep a nest',
    `{"a":${'['.repeat(30)}${']'.repeat(30)}}`,
    /^Invalid JSON payload received\./,
  ],
  ['JSON-07', 'too many values', `{"a":[${'1,'.repeat(1_100)}1]}`, /^Invalid JSON payload received\./],
  [
    'JSON-07',
    'too many keys',
    `{${Array.from({ length: 101 }, (_, at) => `"k${at}":1`).join()}}`,
    /^Invalid JSON payload received\./,
  ],
]
for (const [id, name, body, words] of REFUSED) {
  test(`[${id}] refuses ${name}`, () => assert.rejects(decoded(body), fails('invalid_argument', words)))
}

test('[JSON-07] a bomb is refused before it is whole', async () => {
  const seen: number[] = []
  const body: HttpRequest['body'] = async (visit) => {
    for (let at = 0; at < 100; at++) {
      seen.push(at)
      visit?.(Buffer.from(at === 0 ? '{"a":' : '[[[[[[[['))
    }
    return Buffer.alloc(0)
  }
  await assert.rejects(decode(requestOf('/', { body }), OPENING, LIMITS), fails('invalid_argument'))
  assert.ok(seen.length < 6, `${seen.length} pieces were taken`)
})

test('content types: JSON by any of its names, nothing else', async () => {
  const typed = (type: string) => decoded('{}', headersOf({ 'content-type': type }))
  for (const type of [
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf8"',
    'text/plain',
    'text/plain;charset=utf-8',
    '',
  ])
    await typed(type)
  for (const type of [
    'application/xml',
    'application/json; charset=latin1',
    'multipart/form-data',
    'application/jsonp',
    'application/json, text/xml',
  ])
    await assert.rejects(typed(type), fails('invalid_argument', /must be JSON/), type)
})

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('[NATIVE-REQUEST-02] an allow-list of headers and of query parameters', async () => {
  const headers = {
    'x-goog-api-client': 'sdk/1',
    'user-agent': 'me',
    traceparent: TRACE,
    authorization: 'Bearer k',
    cookie: 'c',
    'x-goog-api-key': 'k',
    tracestate: 'é',
  }
  const call = await decoded(
    '{}',
    { headers },
    '/x?key=k&access_token=t&alt=sse&fields=candidates&prettyPrint=false&quotaUser=a%26b&other=1',
  )
  assert.deepEqual(call.forwardHeaders, {
    'x-wasat-hop': '1',
    'x-goog-api-client': 'sdk/1',
    'user-agent': 'me',
    traceparent: TRACE,
  })
  assert.equal(call.forwardQuery, 'prettyPrint=false&quotaUser=a%26b')
})

const DEADLINES: readonly [string, number | undefined][] = [
  ['1', 1_000],
  ['30', 30_000],
  ['1.5', 1_500],
  ['0', 1_000],
  ['-1', 1_000],
  ['1e99', 600_000],
  ['601', 600_000],
  ['', undefined],
  ['soon', undefined],
  ['0x10', undefined],
  ['Infinity', undefined],
  ['5 s', undefined],
  ['1_000', undefined],
]
for (const [value, waitMs] of DEADLINES) {
  test(`[DEADLINE-01] C17 x-server-timeout: ${JSON.stringify(value)} is ${waitMs === undefined ? 'ignored' : `${waitMs} ms`}`, async () => {
    const { deadlineAtMs } = await decoded('{}', {
      ...headersOf({ 'x-server-timeout': value }),
      receivedAtMs: 5,
    })
    assert.equal(deadlineAtMs, waitMs === undefined ? undefined : waitMs + 5)
  })
}

const document = (body: string | Buffer, headers: Record<string, string> = {}) =>
  readDocument(requestOf('/', { ...bodyOf(body), ...headersOf(headers) }), LIMITS)

test('[RESOURCE-03] what a resource is made from is read within the limits of every body', async () => {
  assert.deepEqual(await document('{"a":[1]}'), { a: [1] })
  assert.deepEqual(await document('\ufeff{}', { 'content-type': 'text/plain;charset=UTF-8' }), {})
  assert.deepEqual(await document(''), {})
  for (const body of ['[]', '1', '{"a":}', '{"a":1', `${'['.repeat(30)}`, Buffer.from([0x7b, 0xff, 0x7d])])
    await assert.rejects(document(body), fails('invalid_argument', /^Invalid JSON payload received/))
  await assert.rejects(
    document('{}', { 'content-type': 'text/html' }),
    fails('invalid_argument', /must be JSON/),
  )
  assert.deepEqual(parseDocument(Buffer.from('{"a":1}'), LIMITS), { a: 1 })
  assert.throws(() => parseDocument(Buffer.from(''), LIMITS), fails('invalid_argument'))
  assert.throws(() => parseDocument(Buffer.from(`{"a":${'['.repeat(30)}`), LIMITS), fails('invalid_argument'))
})

test('[BATCH-01] a call from a part of a batch is checked as a client’s is, and carries nothing of one', () => {
  const asker = { id: 'an-id', receivedAtMs: 5, clientLeft: () => true }
  const opening = { verb: 'generateContent', model: 'm', apiVersion: 'v1', delivery: 'unary' } as const
  const limits = { depth: 8, nodes: 100, keysPerObject: 10 }
  const from = (body: string) =>
    callFrom(Buffer.from(body), { ...opening, credential: undefined }, limits, asker)
  const call = from('{"generationConfig":{"maxOutputTokens":7}}')
  assert.deepEqual(
    [call.id, call.receivedAtMs, call.clientLeft(), call.facts.maxOutputTokens, call.model],
    ['an-id', 5, true, 7, 'm'],
  )
  assert.deepEqual([call.forwardHeaders, call.forwardQuery, call.deadlineAtMs], [{}, '', undefined])
  for (const body of ['[]', '{', '{"contents":[],"contents":[]}', '['.repeat(20)]) {
    assert.throws(() => from(body), fails('invalid_argument'), body)
  }
})

test('[FCT-02] tags come from their header, and a bad one is refused before the body is asked for', async () => {
  const { tags } = await decoded('{}', headersOf({ 'x-wasat-tags': 'team=search' }))
  assert.deepEqual(tags, { team: 'search' })
  assert.equal((await decoded('{}')).tags, undefined)
  const body = () => assert.fail('the body was read')
  const request = requestOf('/', { ...headersOf({ 'x-wasat-tags': 'team' }), body })
  await assert.rejects(decode(request, OPENING, LIMITS), fails('invalid_argument', /x-wasat-tags/))
})

test('[FCT-03] the tier of a request is what its body asks for', async () => {
  assert.equal((await decoded('{"serviceTier":"flex"}')).tier, 'flex')
  assert.equal((await decoded('{}')).tier, 'standard')
})
