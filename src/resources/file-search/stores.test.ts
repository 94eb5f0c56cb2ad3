import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { fails } from '../../nouns.fixture.ts'
import { ALICE, BOB, begin, command, type Rig, rig, upload } from '../testing.fixture.ts'
import { CHUNK_TOKENS_MAX } from './document.ts'
import { DOCUMENTS_PER_STORE_MAX } from './store.ts'

const STORES = '/v1beta/fileSearchStores'

async function made(on: Rig, body: object = {}): Promise<string> {
  const { json, status, text } = await on.ask('POST', STORES, { body })
  assert.equal(status, 200, text)
  return json.name
}

const RAW = { 'x-goog-upload-protocol': 'raw', 'content-type': 'text/plain' }

async function add(on: Rig, store: string, text: string) {
  const heard = await on.ask('POST', `/upload/v1beta/${store}:uploadToFileSearchStore`, {
    headers: RAW,
    body: text,
  })
  assert.equal(heard.status, 200, heard.text)
  return heard.json
}

test('[STORE-01] a document comes in by the resumable protocol, and its operation stays to be asked for', async (t) => {
  const on = await rig(t)
  const store = await made(on, { displayName: 'Über  My_Docs! And Many More Words' })
  assert.match(store, /^fileSearchStores\/ber-my-docs-and-many-[a-z0-9]{12}$/)
  const start = await on.ask('POST', `/upload/v1beta/${store}:uploadToFileSearchStore`, {
    headers: {
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': 5,
      'x-goog-upload-header-content-type': 'text/plain',
    },
    body: { displayName: 'a', customMetadata: [{ key: 'k', stringListValue: { values: ['x'] } }] },
  })
  const url = (start.headers['x-goog-upload-url'] ?? '').replace('http://gateway.test', '')
  const { json } = await on.ask('POST', url, { headers: command('upload, finalize', 0), body: 'hello' })
  assert.equal(json.done, true)
  assert.equal(json.response.parent, store)
  const asked = await on.ask('GET', `/v1beta/${json.name}`)
  assert.deepEqual(asked.json, json)
  const document = (await on.ask('GET', `/v1beta/${json.response.documentName}`)).json
  assert.deepEqual(
    [document.displayName, document.sizeBytes, document.state, document.customMetadata],
    ['a', '5', 'STATE_ACTIVE', [{ key: 'k', stringListValue: { values: ['x'] } }]],
  )
  assert.equal((await on.ask('GET', `/v1beta/${json.name}`, { caller: BOB })).status, 404)
  on.later(49 * 3_600_000)
  assert.equal((await on.ask('GET', `/v1beta/${json.name}`)).status, 404)
  await on.room.sweep()
  assert.equal((await on.ask('GET', `/v1beta/${json.response.documentName}`)).status, 200)
})

test('[STORE-01] what a store holds is given to whoever searches it, the oldest first', async (t) => {
  let reads = 0
  const on = await rig(t, {
    textOf: async (file) => {
      reads++
      return (await file.read(1)).toString()
    },
  })
  const store = await made(on)
  await add(on, store, '-one')
  on.later(1)
  await add(on, store, '-two')
  const read = () => on.room.library.documents(ALICE, store)
  assert.deepEqual(
    (await read()).map(({ text }) => text),
    ['one', 'two'],
  )
  const before = reads
  assert.equal((await read()).length, 2)
  assert.equal(reads, before, 'texts are kept')
  await assert.rejects(on.room.library.documents(BOB, store), fails('permission_denied', /File Search Store/))
  for (const name of ['fileSearchStores/none', 'files/a', '', `${store}/documents/x`]) {
    await assert.rejects(on.room.library.documents(ALICE, name), fails('permission_denied'), name)
  }
})

test('[STORE-04] what cannot be read is counted as failed, and never searched', async (t) => {
  const on = await rig(t, {
    textOf: async () => {
      throw new GatewayError('invalid_argument', 'no text in it')
    },
  })
  const store = await made(on)
  const { error, done } = await add(on, store, 'x')
  assert.deepEqual([done, error], [true, { code: 3, message: 'no text in it' }])
  const { json } = await on.ask('GET', `/v1beta/${store}`)
  assert.deepEqual(
    [json.failedDocumentsCount, json.activeDocumentsCount, json.sizeBytes],
    ['1', undefined, '1'],
  )
  assert.deepEqual(await on.room.library.documents(ALICE, store), [])
  const [document] = (await on.ask('GET', `/v1beta/${store}/documents`)).json.documents
  assert.equal(document.state, 'STATE_FAILED')
  assert.equal((await on.ask('DELETE', `/v1beta/${document.name}`)).status, 200)
})

test('[STORE-02] an import copies the file, within the key’s share', async (t) => {
  const on = await rig(t, { limits: { fileBytesMax: 1_000, bytesPerKeyMax: 1_500 } })
  const store = await made(on)
  const file = await upload(on, 'y'.repeat(700), { mimeType: 'text/plain' })
  const imported = () => on.ask('POST', `/v1beta/${store}:importFile`, { body: { fileName: file.name } })
  const first = await imported()
  assert.equal(first.status, 200, first.text)
  assert.match(first.json.name, new RegExp(`^${store}/operations/`))
  assert.equal((await imported()).status, 429)
  assert.equal(on.blobs().length, 2)
  await on.ask('DELETE', `/v1beta/${file.name}`)
  assert.equal((await on.room.library.documents(ALICE, store))[0]?.text, 'y'.repeat(700))
  assert.equal((await imported()).status, 403)
  assert.equal((await on.ask('DELETE', `/v1beta/${store}?force=True`)).status, 200)
  assert.deepEqual(on.blobs(), [])
})

const WRONG: readonly [string, object, RegExp][] = [
  [
    'too large chunks',
    { chunkingConfig: { whiteSpaceConfig: { maxTokensPerChunk: CHUNK_TOKENS_MAX + 1 } } },
    /512/,
  ],
  ['no chunks', { chunkingConfig: { whiteSpaceConfig: { maxTokensPerChunk: 0 } } }, /between 1 and 512/],
  [
    'overlap as large as a chunk',
    { chunkingConfig: { whiteSpaceConfig: { maxTokensPerChunk: 9, maxOverlapTokens: 9 } } },
    /less than the tokens/,
  ],
  ['metadata without a key', { customMetadata: [{ stringValue: 'a' }] }, /needs a key/],
  ['metadata without a value', { customMetadata: [{ key: 'a' }] }, /needs a string, numeric/],
  [
    'two values',
    { customMetadata: [{ key: 'a', stringValue: 'b', numericValue: 1 }] },
    /oneof field 'value'/,
  ],
  ['the same key twice', { customMetadata: Array(2).fill({ key: 'a', stringValue: 'b' }) }, /key of its own/],
  [
    'too many',
    { customMetadata: Array.from({ length: 21 }, (_, at) => ({ key: `${at}`, stringValue: '' })) },
    /20/,
  ],
  ['a long value', { customMetadata: [{ key: 'a', stringValue: 'x'.repeat(4_097) }] }, /4096/],
  ['an unknown field', { colour: 'red' }, /Unknown name "colour"/],
  ['a long name', { displayName: 'x'.repeat(513) }, /512/],
]
for (const [what, body, words] of WRONG) {
  test(`[STORE-05] refused before any byte comes: ${what}`, async (t) => {
    const on = await rig(t)
    const store = await made(on)
    const { status, text } = await on.ask('POST', `/upload/v1beta/${store}:uploadToFileSearchStore`, {
      headers: { 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start' },
      body,
    })
    assert.equal(status, 400)
    assert.match(text, words)
  })
}

test('[STORE-05] stores and documents are listed page by page, and a store has a last place', async (t) => {
  const on = await rig(t)
  const names: string[] = []
  for (let at = 0; at < 3; at++) {
    on.later(1)
    names.unshift(await made(on))
  }
  const first = (await on.ask('GET', `${STORES}?pageSize=2`)).json
  const rest = (await on.ask('GET', `${STORES}?pageSize=2&pageToken=${first.nextPageToken}`)).json
  assert.deepEqual(
    [...first.fileSearchStores, ...rest.fileSearchStores].map(({ name }) => name),
    names,
  )
  const store = names[0] as string
  await add(on, store, 'a')
  await add(on, store, 'b')
  const page = (await on.ask('GET', `/v1beta/${store}/documents?pageSize=1`)).json
  assert.ok(page.nextPageToken)
  const [row] = await on.store.resources.list({ keyId: 'alice', collection: 'documents', limit: 1 })
  assert.ok(row)
  for (let at = 2; at < DOCUMENTS_PER_STORE_MAX; at++) {
    await on.store.resources.insert({ ...row, name: `${row.name}${at}`, blob: undefined })
  }
  const refused = await on.ask('POST', `/upload/v1beta/${store}:uploadToFileSearchStore`, {
    headers: RAW,
    body: 'c',
  })
  assert.deepEqual([refused.status, /1000 documents/.test(refused.text)], [429, true])
  const other = await begin(on, { length: 1 })
  assert.match(other, /upload_id/)
})

test('[STORE-05] what is no store', async (t) => {
  const on = await rig(t)
  const store = await made(on)
  for (const [method, path, body, status] of [
    ['POST', STORES, { displayName: 'x'.repeat(513) }, 400],
    ['POST', STORES, { embeddingModel: 'no model' }, 400],
    ['DELETE', `/v1beta/${store}?force=perhaps`, undefined, 400],
    ['POST', `/v1beta/${store}:importFile`, { fileName: 'a' }, 400],
    ['POST', `/v1beta/${store}:importFile`, { fileName: 'files/none' }, 403],
    ['GET', `/v1beta/${store}/documents/none`, undefined, 404],
    ['GET', `/v1beta/${store}/operations/none`, undefined, 404],
    ['GET', `/v1beta/${store}%2Fdocuments`, undefined, 403],
    ['PATCH', `/v1beta/${store}`, {}, 405],
  ] as const) {
    assert.equal(
      (await on.ask(method, path, body === undefined ? {} : { body })).status,
      status,
      `${method} ${path}`,
    )
  }
})
