/** Batches over the real process: they run to their end, survive its death, and every request is on the ledger. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GoogleGenAI } from 'genai-3'
import { CLIENT_KEY } from '../servers/wasat-process.ts'
import { dataFolder, errorOf, type Gateway, ledgerRows, MODEL, startGateway, until } from './rig.ts'

const SLOW = 'gemini-2.5-pro'
const EMBEDDER = 'gemini-embedding-001'
const CONFIG = `
upstreams:
  sandbox: { kind: sandbox, speed: [{ model: ${SLOW}, firstTokenMs: 150 }] }
`
const SUCCEEDED = 'BATCH_STATE_SUCCEEDED'

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any

let gateway: Gateway
before(async () => {
  gateway = await startGateway({ config: CONFIG })
})
after(() => gateway.stop('SIGINT'))

async function call(on: Gateway, method: string, path: string, body?: object, headers = {}): Promise<Json> {
  const received = await on.ask(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const json = JSON.parse(received.text)
  assert.equal(received.status, 200, received.text)
  return json
}

const question = (text: string) => ({ contents: [{ parts: [{ text }], role: 'user' }] })

function inline(texts: readonly string[]): object {
  const requests = texts.map((text, at) => ({ request: question(text), metadata: { key: `k${at}` } }))
  return { batch: { displayName: 'a batch', inputConfig: { requests: { requests } } } }
}

const create = (on: Gateway, body: object, model = MODEL) =>
  call(on, 'POST', `/v1beta/models/${model}:batchGenerateContent`, body)

async function end(on: Gateway, name: string, withinMs = 20_000): Promise<Json> {
  let operation: Json
  await until(
    `the end of ${name}`,
    async () => {
      operation = await call(on, 'GET', `/v1beta/${name}`)
      return operation.done === true
    },
    withinMs,
  )
  return operation
}

async function uploadLines(on: Gateway, lines: readonly string[]): Promise<string> {
  const { status, text } = await on.ask('/upload/v1beta/files', {
    headers: { 'x-goog-upload-protocol': 'raw', 'content-type': 'application/jsonl' },
    body: lines.join('\n'),
  })
  assert.equal(status, 200, text)
  return JSON.parse(text).file.name
}

const fromFile = (fileName: string) => ({ batch: { displayName: 'lines', inputConfig: { fileName } } })

async function resultsOf(on: Gateway, operation: Json): Promise<Json[]> {
  const { text, status } = await on.ask(`/v1beta/${operation.response.responsesFile}:download?alt=media`, {
    method: 'GET',
  })
  assert.equal(status, 200, text)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('[BATCH-01] inline requests run to their end, and the operation is Google’s', async () => {
  const made = await create(gateway, inline(['What is 2+3?', 'Say hello', 'Count to 3']))
  assert.match(made.name, /^batches\/[a-z0-9]{12}$/)
  assert.equal(made.done, undefined)
  assert.equal(made.metadata.state, 'BATCH_STATE_PENDING')
  const operation = await end(gateway, made.name)
  const { metadata, response } = operation
  assert.equal(
    metadata['@type'],
    'type.googleapis.com/google.ai.generativelanguage.v1beta.GenerateContentBatch',
  )
  assert.deepEqual(
    [metadata.state, metadata.model, metadata.displayName, metadata.name],
    [SUCCEEDED, `models/${MODEL}`, 'a batch', made.name],
  )
  assert.deepEqual(metadata.batchStats, { requestCount: '3', successfulRequestCount: '3' })
  assert.ok(Date.parse(metadata.endTime) >= Date.parse(metadata.createTime))
  const results = response.inlinedResponses.inlinedResponses
  assert.deepEqual(
    results.map(({ metadata: { key } }: Json) => key),
    ['k0', 'k1', 'k2'],
  )
  assert.match(results[0].response.candidates[0].content.parts[0].text, /5/)
  assert.deepEqual(metadata.output.inlinedResponses, response.inlinedResponses)
})

test('[BATCH-02] a hundred lines of a file become a file of a hundred results', async () => {
  const lines = Array.from({ length: 100 }, (_, at) =>
    JSON.stringify({
      key: `line-${at}`,
      request: { ...question(`Say ${at}`), generation_config: { seed: at } },
    }),
  )
  const { name } = await create(gateway, fromFile(await uploadLines(gateway, lines)))
  const operation = await end(gateway, name)
  assert.equal(operation.metadata.state, SUCCEEDED)
  assert.deepEqual(operation.metadata.output, { responsesFile: `files/batch-${name.slice(8)}` })
  const results = await resultsOf(gateway, operation)
  assert.deepEqual(
    results.map(({ key }) => key),
    lines.map((_, at) => `line-${at}`),
  )
  for (const { response } of results) assert.equal(response.candidates[0].finishReason, 'STOP')
})

test('[BATCH-03] a bad line is its own failure', async () => {
  const good = (key: string) => JSON.stringify({ key, request: question('hi') })
  const bad = ['{"key":"cut","request":{', 'no json at all', '{"key":"none"}']
  const wrong = JSON.stringify({ key: 'wrong', request: { contents: [{ parts: [] }] } })
  const { name } = await create(
    gateway,
    fromFile(await uploadLines(gateway, [good('a'), ...bad, wrong, '', good('b')])),
  )
  const operation = await end(gateway, name)
  assert.deepEqual(operation.metadata.batchStats, {
    requestCount: '6',
    successfulRequestCount: '2',
    failedRequestCount: '4',
  })
  const results = await resultsOf(gateway, operation)
  assert.deepEqual(
    results.map(({ key, error, response }) => [key, error?.code, response !== undefined]),
    [
      ['a', undefined, true],
      [undefined, 3, false],
      [undefined, 3, false],
      ['none', 3, false],
      ['wrong', 3, false],
      ['b', undefined, true],
    ],
  )
  assert.match(results[4].error.message, /contents\[0\]\.parts: contents\.parts must not be empty/)
})

test('[BATCH-03] a file that is no JSONL fails as a whole', async () => {
  const { name } = await create(gateway, fromFile(await uploadLines(gateway, ['a,b,c', '1,2,3'])))
  const operation = await end(gateway, name)
  assert.equal(operation.metadata.state, 'BATCH_STATE_FAILED')
  assert.equal(operation.error.code, 3)
  assert.match(operation.error.message, /not in the JSONL format/)
  assert.equal(operation.response, undefined)
})

test('[BATCH-04] embeddings, inline and from a file', async () => {
  const path = `/v1beta/models/${EMBEDDER}:asyncBatchEmbedContent`
  const request = { content: { parts: [{ text: 'hello' }] }, outputDimensionality: 128 }
  const requests = [{ request, metadata: { key: 'one' } }, { request }]
  const made = await call(gateway, 'POST', path, { batch: { inputConfig: { requests: { requests } } } })
  const { metadata, response } = await end(gateway, made.name)
  assert.match(metadata['@type'], /\.EmbedContentBatch$/)
  const [first, second] = response.inlinedResponses.inlinedResponses
  assert.deepEqual([first.metadata, second.metadata], [{ key: 'one' }, undefined])
  assert.equal(first.response.embedding.values.length, 128)
  assert.match(first.response.tokenCount, /^[1-9]\d*$/)
  const file = await uploadLines(gateway, [JSON.stringify({ key: 'k', request })])
  const again = await call(gateway, 'POST', path, fromFile(file))
  const [line] = await resultsOf(gateway, await end(gateway, again.name))
  assert.deepEqual(line, { response: first.response, key: 'k' })
})

test('[BATCH-05] cancelled in the middle: what is done stays, the rest is told as cancelled', async () => {
  const texts = Array.from({ length: 60 }, (_, at) => `Say ${at}`)
  const { name } = await create(gateway, inline(texts), SLOW)
  await until('some results', async () => {
    const { metadata } = await call(gateway, 'GET', `/v1beta/${name}`)
    return Number(metadata.batchStats.successfulRequestCount ?? 0) >= 5
  })
  const refused = await gateway.ask(`/v1beta/${name}`, { method: 'DELETE' })
  assert.equal(errorOf(refused).status, 'FAILED_PRECONDITION')
  assert.deepEqual(await call(gateway, 'POST', `/v1beta/${name}:cancel`, {}), {})
  const operation = await call(gateway, 'GET', `/v1beta/${name}`)
  assert.deepEqual(
    [operation.done, operation.metadata.state, operation.error.code],
    [true, 'BATCH_STATE_CANCELLED', 1],
  )
  const results = operation.metadata.output.inlinedResponses.inlinedResponses
  assert.deepEqual(
    results.map(({ metadata: { key } }: Json) => key),
    texts.map((_, at) => `k${at}`),
  )
  const done = results.filter(({ response }: Json) => response !== undefined).length
  assert.ok(done >= 5 && done < 60)
  for (const { error } of results.slice(done + 4)) assert.equal(error.code, 1)
  assert.equal(operation.metadata.batchStats.successfulRequestCount, String(done))
  assert.deepEqual(await call(gateway, 'DELETE', `/v1beta/${name}`), {})
  assert.equal((await gateway.ask(`/v1beta/${name}`, { method: 'GET' })).status, 404)
})

test('[BATCH-06] killed in the middle: the next start ends it, and runs no finished line again', async () => {
  const folder = await dataFolder()
  const LINES = 60
  const IN_FLIGHT = 4
  const first = await startGateway({ config: CONFIG, dataFolder: folder.path })
  const lines = Array.from({ length: LINES }, (_, at) =>
    JSON.stringify({ key: `k${at}`, request: question(`Say ${at}`) }),
  )
  const { name } = await create(first, fromFile(await uploadLines(first, lines)), SLOW)
  await until('some results', async () => {
    const { metadata } = await call(first, 'GET', `/v1beta/${name}`)
    return Number(metadata.batchStats?.successfulRequestCount ?? 0) >= 20
  })
  await first.kill()
  const rowsBefore = ledgerRows(folder.path).size
  assert.ok(rowsBefore >= 20 && rowsBefore < LINES)
  const second = await startGateway({ config: CONFIG, dataFolder: folder.path })
  const operation = await end(second, name)
  assert.equal(operation.metadata.batchStats.successfulRequestCount, String(LINES))
  const results = await resultsOf(second, operation)
  assert.deepEqual(
    results.map(({ key }) => key),
    lines.map((_, at) => `k${at}`),
  )
  await second.stop('SIGINT')
  const rows = [...ledgerRows(folder.path).values()]
  assert.ok(rows.length >= LINES && rows.length <= LINES + IN_FLIGHT, `${rows.length} rows`)
  for (const row of rows) assert.deepEqual([row.model, row.verb], [SLOW, 'generateContent'])
  // What was under way at the kill is on the books too, and was run again.
  const crashed = rows.filter(({ outcome }) => outcome === 'crash_recovered').length
  assert.ok(crashed <= IN_FLIGHT, `${crashed} lines were under way`)
  assert.equal(rows.filter(({ outcome }) => outcome === 'complete').length, rows.length - crashed)
  await folder.remove()
})

test('[BATCH-06] a server that is told to stop does not wait for a batch, and the next one ends it', async () => {
  const folder = await dataFolder()
  const first = await startGateway({ config: CONFIG, dataFolder: folder.path })
  const { name } = await create(first, inline(Array.from({ length: 40 }, (_, at) => `Say ${at}`)), SLOW)
  await until('some results', async () => {
    const { metadata } = await call(first, 'GET', `/v1beta/${name}`)
    return Number(metadata.batchStats.successfulRequestCount ?? 0) >= 4
  })
  assert.equal(await first.stop('SIGINT'), 0)
  const rowsBefore = ledgerRows(folder.path).size
  assert.ok(rowsBefore < 40)
  const second = await startGateway({ config: CONFIG, dataFolder: folder.path })
  const operation = await end(second, name)
  assert.equal(operation.metadata.batchStats.successfulRequestCount, '40')
  await second.stop('SIGINT')
  assert.ok(ledgerRows(folder.path).size <= 44)
  await folder.remove()
})

test('[BATCH-07] another key sees nothing of a batch', async () => {
  const { name } = await create(gateway, inline(['hi']))
  await end(gateway, name)
  const { text } = await gateway.ask('/admin/v1/keys', {
    anonymous: true,
    headers: { authorization: `Bearer ${gateway.adminKey}` },
    body: '{"name":"other"}',
  })
  const headers = { 'x-goog-api-key': JSON.parse(text).secret }
  for (const [method, path] of [
    ['GET', `/v1beta/${name}`],
    ['DELETE', `/v1beta/${name}`],
    ['POST', `/v1beta/${name}:cancel`],
    ['PATCH', `/v1beta/${name}:updateGenerateContentBatch`],
  ] as const) {
    const asking = { method, anonymous: true, headers, ...(method !== 'GET' && { body: '{}' }) }
    const received = await gateway.ask(path, asking)
    assert.deepEqual(
      [received.status, errorOf(received).message],
      [404, `Batch ${name} was not found.`],
      method,
    )
  }
  const list = await gateway.ask('/v1beta/batches', { method: 'GET', anonymous: true, headers })
  assert.deepEqual(JSON.parse(list.text), {})
})

test('[BATCH-08] lists go page by page, the newest first, and a batch can be renamed', async () => {
  const names: string[] = []
  for (const text of ['one', 'two', 'three']) names.unshift((await create(gateway, inline([text]))).name)
  for (const name of names) await end(gateway, name)
  const first = await call(gateway, 'GET', '/v1beta/batches?pageSize=2')
  const second = await call(gateway, 'GET', `/v1beta/batches?pageSize=1&pageToken=${first.nextPageToken}`)
  const seen = [...first.operations, ...second.operations].map(({ name }: Json) => name)
  assert.deepEqual(seen, names)
  const path = `/v1beta/${names[0]}:updateGenerateContentBatch?updateMask=displayName`
  const changed = await call(gateway, 'PATCH', path, { displayName: 'new', priority: '7' })
  assert.deepEqual([changed.displayName, changed.priority, changed.state], ['new', undefined, SUCCEEDED])
  assert.equal((await call(gateway, 'GET', `/v1beta/${names[0]}`)).metadata.displayName, 'new')
})

const REFUSED: readonly [string, object, string, RegExp][] = [
  [MODEL, {}, 'INVALID_ARGUMENT', /batch is not specified/],
  [MODEL, { batch: { inputConfig: {} } }, 'INVALID_ARGUMENT', /at least one request/],
  [MODEL, { batch: { displayName: 'x'.repeat(513) } }, 'INVALID_ARGUMENT', /512 characters/],
  [MODEL, { batch: { colour: 1 } }, 'INVALID_ARGUMENT', /Unknown name "colour" at 'batch'/],
  [MODEL, fromFile('files/nobody'), 'PERMISSION_DENIED', /do not have permission to access the File nobody/],
  ['no-such-model', inline(['hi']), 'NOT_FOUND', /models\/no-such-model is not found/],
  [EMBEDDER, inline(['hi']), 'NOT_FOUND', /not supported for batchGenerateContent/],
]
for (const [model, body, status, words] of REFUSED) {
  test(`[BATCH-09] refused: ${words.source}`, async () => {
    const received = await gateway.ask(`/v1beta/models/${model}:batchGenerateContent`, {
      body: JSON.stringify(body),
    })
    const error = errorOf(received)
    assert.equal(error.status, status)
    assert.match(error.message, words)
  })
}

const client = () =>
  new GoogleGenAI({ apiKey: CLIENT_KEY, vertexai: false, httpOptions: { baseUrl: gateway.url } })

test('[BATCH-10] @google/genai 3: inline, cancelled, listed, deleted', async () => {
  const ai = client()
  const made = await ai.batches.create({
    model: MODEL,
    src: [{ contents: [{ parts: [{ text: 'What is 2+3?' }], role: 'user' }], metadata: { key: 'a' } }],
    config: { displayName: 'by the SDK' },
  })
  const name = made.name as string
  await end(gateway, name)
  const got = await ai.batches.get({ name })
  assert.deepEqual([got.state, got.displayName], ['JOB_STATE_SUCCEEDED', 'by the SDK'])
  const [result] = got.dest?.inlinedResponses ?? []
  assert.match(result?.response?.candidates?.[0]?.content?.parts?.[0]?.text ?? '', /5/)
  const seen: (string | undefined)[] = []
  for await (const one of await ai.batches.list({ config: { pageSize: 2 } })) seen.push(one.name)
  assert.ok(seen.includes(name))
  const slow = await ai.batches.create({
    model: SLOW,
    src: Array.from({ length: 30 }, (_, at) => ({ contents: `Say ${at}` })),
  })
  await ai.batches.cancel({ name: slow.name as string })
  assert.equal((await ai.batches.get({ name: slow.name as string })).state, 'JOB_STATE_CANCELLED')
  await ai.batches.delete({ name })
  await assert.rejects(ai.batches.get({ name }), /was not found/)
})

test('[BATCH-10] @google/genai 3: from a file, and embeddings', async () => {
  const ai = client()
  const lines = ['hello', 'again'].map((text, at) =>
    JSON.stringify({ key: `k${at}`, request: question(text) }),
  )
  const file = await ai.files.upload({
    file: new Blob([lines.join('\n')], { type: 'application/jsonl' }),
    config: { mimeType: 'application/jsonl' },
  })
  const made = await ai.batches.create({ model: MODEL, src: file.name as string })
  await end(gateway, made.name as string)
  const { dest } = await ai.batches.get({ name: made.name as string })
  const download = await gateway.ask(`/v1/${dest?.fileName}:download?alt=media`, { method: 'GET' })
  assert.equal(download.text.trimEnd().split('\n').length, 2)
  const embedding = await ai.batches.createEmbeddings({
    model: EMBEDDER,
    src: { inlinedRequests: { contents: ['one', 'two'], config: { outputDimensionality: 64 } } },
  })
  await end(gateway, embedding.name as string)
  const { dest: vectors } = await ai.batches.get({ name: embedding.name as string })
  const sizes = vectors?.inlinedEmbedContentResponses?.map(
    ({ response }) => response?.embedding?.values?.length,
  )
  assert.deepEqual(sizes, [64, 64])
})
