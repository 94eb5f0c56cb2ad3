/** Files, caches and batches that lie at an upstream, through the real process: three accounts, two keys. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { type AccountsServer, startAccounts } from '../servers/resources-client.ts'
import { dataFolder, type Gateway, startGateway } from './rig.ts'
import { command, type Heard, type Sent, START, type Uploading, uploading } from './upload-client.ts'

const KEYS = ['account-key-aaaa', 'account-key-bbbb', 'account-key-cccc'] as const
const MODEL = 'gemini-2.5-flash'
const JSON_TYPE = { 'content-type': 'application/json' }

let upstream: AccountsServer
let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
let client: Uploading
/** Three more keys of clients; between them they have every account, or nearly. */
let otherKeys: readonly string[]
let otherKey: string

const config = (url: string) => `
upstreams:
  google: { kind: gemini, baseUrl: ${url}, keys: [${KEYS.join(', ')}] }
  sandbox: { kind: sandbox }
models:
  alias: { targets: [{ upstream: google, model: ${MODEL} }] }
  local: { targets: [{ upstream: sandbox, model: ${MODEL} }] }
  "gemini-*": { targets: [google] }
  "veo-*": { targets: [google] }
`

before(async () => {
  upstream = await startAccounts(...KEYS)
  folder = await dataFolder()
  gateway = await startGateway({ config: config(upstream.url), dataFolder: folder.path })
  client = uploading(gateway)
  otherKeys = await Promise.all(['one', 'two', 'three', 'four', 'five'].map(newKey))
  otherKey = otherKeys[0] as string
})
after(async () => {
  // Whatever could not be started: a child that stays would keep this process alive.
  await gateway?.stop('SIGINT')
  await upstream?.close()
  await folder?.remove()
})

async function newKey(name: string): Promise<string> {
  const made = await client.send('/admin/v1/keys', {
    key: '',
    headers: { authorization: `Bearer ${gateway.adminKey}`, ...JSON_TYPE },
    body: JSON.stringify({ name }),
  })
  return JSON.parse(made.text).secret
}

const post = (path: string, body: unknown, sent: Sent = {}) =>
  client.send(path, { body: JSON.stringify(body), ...sent, headers: { ...JSON_TYPE, ...sent.headers } })
const get = (path: string, key = gateway.key) => client.send(path, { method: 'GET', key })
const remove = (path: string, key = gateway.key) => client.send(path, { method: 'DELETE', key })

async function upload(file: object = {}, key = gateway.key, body = 'hello'): Promise<Record<string, string>> {
  const url = await client.begin(file, { 'X-Goog-Upload-Header-Content-Type': 'text/plain' }, key)
  const heard = await client.send(url, { headers: command('upload, finalize', 0), body, key })
  assert.equal(heard.status, 200, heard.text)
  assert.equal(heard.headers['x-goog-upload-status'], 'final')
  return heard.json.file
}

/** The upstream's key whose account has this thing. */
async function keyOf(name: string): Promise<string> {
  const state = await upstream.state()
  const found = KEYS.filter((key) => state[key]?.includes(name))
  assert.equal(found.length, 1, `${name} lies in ${found.length} accounts`)
  return found[0] as string
}

/** Files at the upstream have the name without the six characters of the tag. */
const remoteOf = (name: string) => name.replace(/^([^/]+\/)[a-z2-7]{6}/, '$1')
const using = (fileUri: string) => ({ contents: [{ parts: [{ fileData: { fileUri } }] }] })
const textOf = ({ json, text }: Heard) => json.candidates?.[0].content.parts[0].text ?? text

test('[RELAY-01] a file goes to one account, and whatever uses it goes there too', async () => {
  const file = await upload({ displayName: 'a note' })
  const name = file.name as string
  const owner = await keyOf(remoteOf(name))
  assert.match(name, /^files\/[a-z2-7]{6}file\d+$/)
  assert.equal(file.uri, `${gateway.url}/v1beta/${name}`)
  assert.deepEqual([file.displayName, file.sizeBytes, file.mimeType], ['a note', '5', 'text/plain'])
  assert.deepEqual((file as { futureField?: object }).futureField, { kept: true })
  assert.deepEqual((await get(`/v1/${name}`)).json, file)
  for (const mention of [file.uri as string, name]) {
    for (let turn = 0; turn < 4; turn++) {
      const answer = await post(`/v1beta/models/${MODEL}:generateContent`, using(mention))
      assert.equal(textOf(answer), `${owner} saw ${remoteOf(name)}`)
    }
  }
  assert.deepEqual((await remove(`/v1beta/${name}`)).json, {})
  assert.ok(!(await upstream.state())[owner]?.includes(remoteOf(name)))
  assert.equal((await get(`/v1beta/${name}`)).status, 403)
})

test('[RELAY-02] the account that has the file fails: no other one is asked', async () => {
  const file = await upload()
  const owner = await keyOf(remoteOf(file.name as string))
  await upstream.fail(owner)
  try {
    const answer = await post(`/v1beta/models/${MODEL}:generateContent`, using(file.uri as string))
    assert.equal(answer.status, 503)
    // All of them with the same key.
    assert.equal(answer.headers['x-wasat-attempts'], '3')
    // A call that uses nothing goes on to the next account.
    for (let turn = 0; turn < KEYS.length; turn++) {
      const plain = await post(`/v1beta/models/${MODEL}:generateContent`, {
        contents: [{ parts: [{ text: 'hi' }] }],
      })
      assert.equal(plain.status, 200)
    }
  } finally {
    await upstream.fail()
    await remove(`/v1beta/${file.name}`)
  }
})

test('[RELAY-03] another key gets the answer for what does not exist, however it names the file', async () => {
  const file = await upload({ name: 'files/report' })
  const name = file.name as string
  const missing = await get('/v1beta/files/none', otherKey)
  assert.equal(missing.status, 403)
  for (const id of [name.slice(6), 'report']) {
    const heard = await get(`/v1beta/files/${id}`, otherKey)
    assert.deepEqual([heard.status, heard.text.replaceAll(id, 'none')], [403, missing.text])
  }
  const remote = remoteOf(name)
  for (const uri of [file.uri, name, remote, `${upstream.url}/v1beta/${remote}`]) {
    for (const verb of ['generateContent', 'countTokens']) {
      const heard = await post(`/v1beta/models/${MODEL}:${verb}`, using(uri as string), { key: otherKey })
      assert.equal(heard.status, 403, heard.text)
      assert.match(heard.text, /You do not have permission to access the File/)
    }
  }
  const written = '{"contents":[{"parts":[{"fileDat\\u0061":{"file\\u0055ri":"files\\/REMOTE"}}]}]}'
  const escaped = await client.send(`/v1beta/models/${MODEL}:generateContent`, {
    headers: JSON_TYPE,
    key: otherKey,
    body: written.replace('REMOTE', remote.slice(6)),
  })
  assert.equal(escaped.status, 403)
  assert.equal((await remove(`/v1beta/${name}`, otherKey)).status, 403)
  assert.deepEqual((await get('/v1beta/files', otherKey)).json, {})
  // The same name is free for another key, and the first one finds its own by it.
  const own = await upload({ name: 'files/report' }, otherKey)
  assert.notEqual(own.name, name)
  assert.equal((await get('/v1beta/files/report')).json.name, name)
  assert.equal((await get('/v1beta/files/report', otherKey)).json.name, own.name)
  await remove(`/v1beta/${own.name}`, otherKey)
  await remove('/v1beta/files/report')
  assert.equal((await get(`/v1beta/${name}`)).status, 403)
})

test('[RELAY-04] an upload goes piece by piece, is asked for its state, and is cancelled', async () => {
  const url = await client.begin({})
  assert.ok(!url.includes('secret-upload'))
  assert.equal(
    (await client.send(url, { headers: command('upload', 0), body: 'abc' })).headers['x-goog-upload-status'],
    'active',
  )
  const state = await client.send(url, { headers: command('query'), key: '' })
  assert.equal(state.headers['x-goog-upload-size-received'], '3')
  const wrong = await client.send(url, { headers: command('upload', 1), body: 'x'.repeat(200_000) })
  assert.deepEqual([wrong.status, wrong.json?.error.message], [400, 'Wrong offset: 3 received.'])
  assert.equal((await client.send(url, { headers: command('query'), key: otherKey })).status, 404)
  const done = await client.send(url, { headers: command('upload, finalize', 3), body: 'def' })
  assert.equal(done.json.file.sizeBytes, '6')
  // A client that did not hear it may ask again.
  assert.equal((await client.send(url, { headers: command('query') })).json.file.name, done.json.file.name)
  const second = await client.begin({})
  const cancelled = await client.send(second, { headers: command('cancel') })
  assert.equal(cancelled.headers['x-goog-upload-status'], 'cancelled')
  assert.equal((await client.send(second, { headers: command('query') })).status, 404)
  await remove(`/v1beta/${done.json.file.name}`)
  const raw = await client.send('/upload/v1beta/files', {
    headers: { 'X-Goog-Upload-Protocol': 'raw', 'content-type': 'text/csv' },
    body: 'a,b',
  })
  assert.deepEqual([raw.json.file.mimeType, raw.json.file.sizeBytes], ['text/csv', '3'])
  await remove(`/v1beta/${raw.json.file.name}`)
})

test('[RELAY-03] a name chosen in a multipart upload is the key’s own as well', async () => {
  const body = '--b\r\n\r\n{"file":{"name":"files/plan","displayName":"a plan"}}\r\n--b\r\n\r\nhello\r\n--b--'
  const headers = { 'X-Goog-Upload-Protocol': 'multipart', 'content-type': 'multipart/related; boundary=b' }
  const names: string[] = []
  for (const key of [gateway.key, ...otherKeys]) {
    const { json, status, text } = await client.send('/upload/v1beta/files', { headers, body, key })
    assert.equal(status, 200, text)
    assert.deepEqual([json.file.displayName, json.file.sizeBytes], ['a plan', '5'])
    assert.equal((await get('/v1beta/files/plan', key)).json.name, json.file.name)
    names.push(json.file.name)
    await remove('/v1beta/files/plan', key)
  }
  assert.equal(new Set(names).size, names.length)
})

test('[RELAY-05] a cache is made with a file of the same account, used, changed and deleted', async () => {
  for (const key of otherKeys) {
    const file = await upload({}, key)
    const made = await post(
      '/v1beta/cachedContents',
      { model: 'models/alias', ...using(file.uri as string), ttl: '300s' },
      { key },
    )
    assert.equal(made.status, 200, made.text)
    const { name } = made.json
    const owner = await keyOf(remoteOf(name))
    assert.equal(owner, await keyOf(remoteOf(file.name as string)))
    // The alias is ours alone.
    assert.equal(made.json.model, `models/${MODEL}`)
    const answer = await post(
      `/v1beta/models/alias:streamGenerateContent?alt=sse`,
      { cachedContent: name, contents: [{ parts: [{ text: 'hi' }] }] },
      { key },
    )
    assert.match(answer.text, new RegExp(`${owner} saw ${remoteOf(name)}`))
    const patched = await client.send(`/v1beta/${name}?updateMask=ttl`, {
      method: 'PATCH',
      headers: JSON_TYPE,
      body: '{"ttl":"7200s"}',
      key,
    })
    assert.deepEqual([patched.json.name, patched.json.mask], [name, 'ttl'])
    assert.deepEqual(
      (await get('/v1beta/cachedContents', key)).json.cachedContents.map((one: { name: string }) => one.name),
      [name],
    )
    assert.equal((await get(`/v1beta/${name}`)).status, 403)
    assert.equal((await remove(`/v1beta/${name}`, key)).status, 200)
    assert.deepEqual((await get('/v1beta/cachedContents', key)).json, {})
    await remove(`/v1beta/${file.name}`, key)
  }
})

test('[RELAY-06] a batch by file: made, asked for, its results downloaded, cancelled, deleted', async () => {
  const file = await upload()
  const made = await post(`/v1beta/models/alias:batchGenerateContent`, {
    batch: { displayName: 'b', inputConfig: { fileName: file.name } },
  })
  assert.equal(made.status, 200, made.text)
  const { name, metadata } = made.json
  assert.equal(metadata.name, name)
  assert.equal(metadata.inputConfig.fileName, file.name)
  assert.equal(metadata.batchStats.requestCount, '9007199254740993')
  const done = (await get(`/v1beta/${name}`)).json
  const results = done.response.responsesFile
  assert.match(results, /^files\/[a-z2-7]{6}batch-/)
  assert.equal((await get(`/v1beta/${results}:download?alt=media`)).text, '{"key":"one","response":{}}\n')
  assert.equal((await get(`/v1beta/${results}:download?alt=media`, otherKey)).status, 403)
  assert.equal((await get(`/v1beta/${name}`, otherKey)).status, 404)
  assert.equal((await get('/v1beta/batches')).json.operations[0].name, name)
  assert.deepEqual((await post(`/v1beta/${name}:cancel`, {})).json, {})
  assert.equal((await get(`/v1beta/${name}`)).json.metadata.state, 'BATCH_STATE_CANCELLED')
  assert.deepEqual((await remove(`/v1beta/${name}`)).json, {})
  const elsewhere = await post(
    `/v1beta/models/${MODEL}:batchGenerateContent`,
    { batch: { inputConfig: { fileName: file.name } } },
    { key: otherKey },
  )
  assert.equal(elsewhere.status, 403)
  for (const one of [file.name, results]) await remove(`/v1beta/${one}`)
})

test('[RELAY-07] names change, and nothing else: not what a model said, not a large integer', async () => {
  const { json } = await post(`/v1beta/models/${MODEL}:batchGenerateContent`, {
    batch: { inputConfig: { requests: { requests: [{ request: using('https://example.com/video') }] } } },
  })
  const { text } = await get(`/v1beta/${json.name}`)
  assert.match(text, /"functionCall":\{"name":"files\/file00000001","args":\{"n":12345678901234567890\}\}/)
  assert.match(text, /"odd":12345678901234567890/)
  await remove(`/v1beta/${json.name}`)
})

test('[RELAY-08] a store, its documents and what is under way', async () => {
  const { json: store } = await post('/v1beta/fileSearchStores', { displayName: 's' })
  assert.equal(store.activeDocumentsCount, '9007199254740993')
  const begun = await client.send(`/upload/v1beta/${store.name}:uploadToFileSearchStore`, {
    headers: { ...START, ...JSON_TYPE },
    body: '{"displayName":"d"}',
  })
  const url = String(begun.headers['x-goog-upload-url']).slice(gateway.url.length)
  const operation = (await client.send(url, { headers: command('upload, finalize', 0), body: 'text' })).json
  assert.ok(operation.name.startsWith(`${store.name}/upload/operations/`), operation.name)
  assert.equal(operation.response.parent, store.name)
  assert.equal((await get(`/v1beta/${operation.name}`)).json.name, operation.name)
  const { documents } = (await get(`/v1beta/${store.name}/documents`)).json
  assert.equal(documents[0].name, operation.response.documentName)
  assert.equal((await get(`/v1beta/${documents[0].name}`)).json.displayName, 'd')
  assert.equal((await get(`/v1beta/${store.name}/documents`, otherKey)).status, 403)
  const file = await upload()
  const imported = await post(`/v1beta/${store.name}:importFile`, { fileName: file.name })
  assert.equal(imported.json.response.fileName, file.name)
  const answer = await post(`/v1beta/models/${MODEL}:generateContent`, {
    contents: [{ parts: [{ text: 'hi' }] }],
    tools: [{ fileSearch: { fileSearchStoreNames: [store.name] } }],
  })
  assert.equal(textOf(answer), `${await keyOf(remoteOf(store.name))} saw ${remoteOf(store.name)}`)
  assert.deepEqual((await remove(`/v1beta/${store.name}?force=true`)).json, {})
  await remove(`/v1beta/${file.name}`)
})

test('[RELAY-09] a film: its operation and its bytes, by way of the upstream’s redirect', async () => {
  const { json } = await post('/v1beta/models/veo-3.1:predictLongRunning', { instances: [{ prompt: 'p' }] })
  assert.match(json.name, /^models\/veo-3\.1\/operations\/[a-z2-7]{6}op\d+$/)
  const done = (await get(`/v1beta/${json.name}`)).json
  const { uri } = done.response.generateVideoResponse.generatedSamples[0].video
  assert.ok(uri.startsWith(`${gateway.url}/v1beta/files/`), uri)
  assert.equal((await get(uri.slice(gateway.url.length))).text, 'film')
  assert.equal((await get(`/v1beta/${json.name}`, otherKey)).status, 404)
})

test('[RELAY-10] lists have the caller’s own things, page by page, and those of the gateway after them', async () => {
  const key = otherKeys[1] as string
  const names: string[] = []
  for (let turn = 0; turn < 3; turn++) names.push((await upload({}, key)).name as string)
  const local = await post(
    '/upload/v1beta/files',
    {},
    { key, headers: { 'X-Goog-Upload-Protocol': 'raw', 'x-wasat-upstream': 'sandbox' } },
  )
  names.push(local.json.file.name)
  assert.equal(local.json.file.source, 'UPLOADED')
  const seen: string[] = []
  let token = ''
  do {
    const page = (await get(`/v1beta/files?pageSize=2&pageToken=${token}`, key)).json
    seen.push(...(page.files ?? []).map((file: { name: string }) => file.name))
    token = page.nextPageToken ?? ''
  } while (token !== '')
  assert.deepEqual(seen.toSorted(), names.toSorted())
  assert.equal((await get('/v1beta/files?pageToken=r.nonsense', key)).status, 400)
  // What is gone at the upstream is in no list, and once it was asked for it is forgotten.
  await upstream.forget(remoteOf(names[0] as string))
  const left = (await get('/v1beta/files?pageSize=100', key)).json.files.length
  assert.equal(left, 2)
  const gone = await get(`/v1beta/${names[0]}`, key)
  assert.equal(gone.status, 403)
  assert.ok(gone.text.includes(`the File ${names[0]?.slice(6)} or`), gone.text)
  for (const name of names) await remove(`/v1beta/${name}`, key)
  assert.deepEqual((await get('/v1beta/files', key)).json, {})
})

test('[RELAY-11] what cannot see each other is told apart, and where it lies', async () => {
  const relayed = await upload()
  const local = await client.send('/upload/v1beta/files', {
    headers: { 'X-Goog-Upload-Protocol': 'raw', 'x-wasat-upstream': 'sandbox', 'content-type': 'text/plain' },
    body: 'hello',
  })
  const { name } = local.json.file
  const toSandbox = await post('/v1beta/models/local:generateContent', using(relayed.name as string))
  assert.equal(toSandbox.status, 400)
  assert.match(
    toSandbox.json.error.message,
    new RegExp(`${relayed.name} lies at the upstream google, but .* sandbox`),
  )
  const toGoogle = await post(`/v1beta/models/${MODEL}:generateContent`, using(name))
  assert.match(
    toGoogle.json.error.message,
    new RegExp(`${name} lies in this gateway, .* x-wasat-upstream: google`),
  )
  assert.equal((await post('/v1beta/models/local:generateContent', using(name))).status, 200)
  const both = { contents: [{ parts: [relayed.name, name].map((fileUri) => ({ fileData: { fileUri } })) }] }
  assert.equal((await post(`/v1beta/models/${MODEL}:generateContent`, both)).status, 400)
  const nowhere = await client.send('/upload/v1beta/files', {
    headers: { 'X-Goog-Upload-Protocol': 'raw', 'x-wasat-upstream': 'nowhere' },
    body: 'hello',
  })
  assert.deepEqual([nowhere.status, nowhere.json.error.message], [400, 'There is no upstream "nowhere".'])
  for (const uri of [
    'https://www.youtube.com/watch?v=abc',
    'gs://bucket/files/abc',
    'https://example.com/a.png',
  ]) {
    assert.equal((await post(`/v1beta/models/${MODEL}:generateContent`, using(uri))).status, 200)
  }
  for (const one of [relayed.name, name]) await remove(`/v1beta/${one}`)
})

test('[RELAY-12] an upstream that dies in the middle of an upload: a clear error, and nothing to find', async () => {
  const key = otherKeys[2] as string
  await upstream.dieAfter(300_000)
  const url = await client.begin({}, {}, key)
  const heard = await client.send(url, {
    headers: command('upload, finalize', 0),
    body: Buffer.alloc(2_000_000),
    key,
  })
  assert.equal(heard.status, 503, heard.text)
  assert.match(heard.json.error.message, /upstream google could not be reached/)
  assert.deepEqual((await get('/v1beta/files', key)).json, {})
})

test('[RELAY-13] 100 MiB pass through without staying, and without a byte changed', async () => {
  const bytes = randomBytes(100 * 1024 * 1024)
  const digest = createHash('sha256').update(bytes).digest('hex')
  const send = async () => {
    const url = await client.begin({})
    const heard = await client.send(url, { headers: command('upload, finalize', 0), body: bytes })
    assert.equal(Buffer.from(heard.json.file.sha256Hash, 'base64').toString(), digest)
    await remove(`/v1beta/${heard.json.file.name}`)
  }
  await upload({}, gateway.key, 'x'.repeat(8_000_000))
  const before = await peakBytes()
  for (let turn = 0; turn < 3; turn++) await send()
  const grown = Math.round(((await peakBytes()) - before) / 1024 / 1024)
  assert.ok(grown < 40, `${grown} MiB`)
})

async function peakBytes(): Promise<number> {
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

test('[RELAY-14] the gateway was restarted between start, bytes and use', async () => {
  const url = await client.begin({ name: 'files/survivor' })
  await client.send(url, { headers: command('upload', 0), body: 'abc' })
  await gateway.kill()
  gateway = await startGateway({ config: config(upstream.url), dataFolder: folder.path })
  client = uploading(gateway)
  const done = await client.send(url, { headers: command('upload, finalize', 3), body: 'def' })
  const { name } = done.json.file
  await gateway.kill()
  gateway = await startGateway({ config: config(upstream.url), dataFolder: folder.path })
  client = uploading(gateway)
  const answer = await post(`/v1beta/models/${MODEL}:generateContent`, using(name))
  assert.equal(textOf(answer), `${await keyOf(remoteOf(name))} saw ${remoteOf(name)}`)
})

test('[RELAY-15] the client’s key goes to no upstream, and the upstream’s to no client', async () => {
  const log = await upstream.log()
  assert.ok(log.length > 50)
  for (const { key, path, headers } of log) {
    assert.ok((KEYS as readonly string[]).includes(key), key)
    assert.ok(!JSON.stringify([path, headers]).includes(gateway.key))
  }
  assert.ok(!KEYS.some((key) => gateway.output().includes(key)))
})
