import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import {
  ALICE,
  type Asked,
  BOB,
  begin,
  command,
  type Heard,
  type Rig,
  rig,
  start,
  upload,
} from '../testing.fixture.ts'
import { SESSION_TTL_MS, SESSIONS_PER_KEY_MAX } from './sessions.ts'

const BYTES = Buffer.from('The quick brown fox jumps over the lazy dog.')
const LENGTH = BYTES.length
const UPLOAD = '/upload/v1beta/files'
const NOT_FOUND = /^The upload was not found/

const post = (
  on: Rig,
  url: string,
  headers: Asked['headers'],
  body?: Asked['body'],
  rest: Partial<Asked> = {},
) => on.ask('POST', url, { headers: headers ?? {}, ...(body !== undefined && { body }), ...rest })
const sizeReceived = ({ headers }: Heard) => headers['x-goog-upload-size-received']
const statusOf = ({ headers }: Heard) => headers['x-goog-upload-status']

test('[FILES-01] an upload in two requests, as the SDKs do it', async (t) => {
  const on = await rig(t)
  const started = await post(
    on,
    UPLOAD,
    {
      'X-Goog-Upload-Protocol': 'resumable',
      'X-Goog-Upload-Command': 'start',
      'X-Goog-Upload-Header-Content-Length': LENGTH,
      'X-Goog-Upload-Header-Content-Type': 'text/plain',
    },
    { file: { display_name: 'fox', mime_type: 'text/plain', size_bytes: LENGTH } },
  )
  assert.equal(started.status, 200)
  assert.equal(started.text, '')
  assert.equal(statusOf(started), 'active')
  const url = started.headers['x-goog-upload-url'] ?? ''
  assert.match(
    url,
    /^http:\/\/gateway\.test\/upload\/v1beta\/files\?upload_id=[\w-]{43}&upload_protocol=resumable$/,
  )
  assert.equal(started.headers['x-goog-upload-control-url'], url)
  assert.equal(started.headers['x-goog-upload-chunk-granularity'], '262144')
  assert.ok(url.includes(started.headers['x-guploader-uploadid'] ?? '-'))
  const path = url.replace('http://gateway.test', '')
  const done = await post(on, path, command('upload, finalize', 0), BYTES)
  assert.equal(statusOf(done), 'final')
  const { file } = done.json
  assert.match(file.name, /^files\/[a-z][a-z0-9]{11}$/)
  assert.deepEqual(file, {
    name: file.name,
    displayName: 'fox',
    mimeType: 'text/plain',
    sizeBytes: String(LENGTH),
    createTime: '2026-11-20T10:00:00.000Z',
    updateTime: '2026-11-20T10:00:00.000Z',
    expirationTime: '2026-11-22T10:00:00.000Z',
    sha256Hash: Buffer.from(createHash('sha256').update(BYTES).digest('hex')).toString('base64'),
    uri: `http://gateway.test/v1beta/${file.name}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  })
  const stored = await on.room.library.file(ALICE, file.uri)
  assert.deepEqual(await stored.read(), BYTES)
  assert.equal(on.blobs().length, 1)
})

test('[FILES-02] chunk by chunk, of a length that nobody told, and asked for in between', async (t) => {
  const on = await rig(t)
  const url = await begin(on)
  for (let at = 0; at < LENGTH; at += 10) {
    const heard = await post(on, url, command('upload', at), BYTES.subarray(at, at + 10), {
      chunked: at % 20 === 0,
    })
    assert.deepEqual([heard.status, statusOf(heard)], [200, 'active'])
    const asked = await post(on, url, command('query'))
    assert.deepEqual([statusOf(asked), Number(sizeReceived(asked))], ['active', Math.min(at + 10, LENGTH)])
  }
  const done = await post(on, url, command('finalize'))
  assert.deepEqual([statusOf(done), done.json.file.sizeBytes], ['final', String(LENGTH)])
  assert.equal(done.json.file.mimeType, 'text/plain')
})

test('[FILES-02] an upload goes on after a restart, also when its last request broke off', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH, file: { name: 'files/fox' } })
  const leaving = {
    consume: async (write: (piece: Buffer) => Promise<void> | undefined) => {
      await write(BYTES.subarray(0, 17))
      throw new GatewayError('invalid_argument', 'The request body ended early.')
    },
    clientLeft: () => true,
  }
  const broken = await post(
    on,
    url,
    { ...command('upload, finalize', 0), 'content-length': LENGTH },
    undefined,
    {
      rest: leaving,
    },
  )
  assert.equal(broken.status, 400)
  await on.restart()
  const asked = await post(on, url, command('query'))
  assert.equal(sizeReceived(asked), '17')
  const done = await post(on, url, command('upload, finalize', 17), BYTES.subarray(17))
  assert.equal(done.json.file.name, 'files/fox')
  assert.equal(
    Buffer.from(done.json.file.sha256Hash, 'base64').toString(),
    createHash('sha256').update(BYTES).digest('hex'),
  )
  assert.deepEqual(await (await on.room.library.file(ALICE, 'files/fox')).read(), BYTES)
})

test('[FILES-02] a client that did not hear the end asks again and hears it, once more the same', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  const first = await post(on, url, command('upload, finalize', 0), BYTES)
  const again = await post(on, url, command('upload, finalize', 0), BYTES)
  const asked = await post(on, url, command('query'))
  for (const heard of [again, asked]) {
    assert.deepEqual([heard.status, statusOf(heard)], [200, 'final'])
    assert.deepEqual(heard.json, first.json)
  }
  assert.equal(on.blobs().length, 1)
  assert.equal((await post(on, url, command('cancel'))).status, 400)
})

test('[FILES-06] an upload is its owner’s: with another key it looks like none at all', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  const unknown = url.replace(/upload_id=[^&]{43}/, `upload_id=${'A'.repeat(43)}`)
  const answers = [
    await post(on, url, command('upload, finalize', 0), BYTES, { caller: BOB }),
    await post(on, url, command('query'), '', { caller: BOB }),
    await post(on, url, command('cancel'), '', { caller: BOB }),
    await post(on, unknown, command('query')),
    await post(on, `${UPLOAD}?upload_id=x`, command('query')),
    await post(on, `${UPLOAD}?upload_id=`, command('query')),
    await post(on, `${UPLOAD}?upload_id=..%2F..%2Fetc`, command('query')),
  ]
  for (const { status, text } of answers) {
    assert.equal(status, 404)
    assert.match(text, NOT_FOUND)
  }
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.equal((await post(on, url, command('upload, finalize', 0), BYTES)).status, 200)
})

test('[FILES-06] the address alone is enough, as long as its key opens doors', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  const nobody = { caller: undefined }
  assert.equal((await post(on, url, command('upload', 0), BYTES.subarray(0, 5), nobody)).status, 200)
  const key = await on.store.directory.getKey('alice')
  assert.ok(key)
  await on.store.directory.updateKey({ ...key, disabled: true })
  assert.equal((await post(on, url, command('query'), '', nobody)).status, 404)
  await on.store.directory.deleteKey('alice')
  assert.equal((await post(on, url, command('query'), '', nobody)).status, 404)
})

test('[FILES-05] of two requests for the same bytes one wins, and the other is told', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const slow = {
    consume: async (write: (piece: Buffer) => Promise<void> | undefined) => {
      await write(BYTES.subarray(0, 20))
      begun.resolve()
      await gate.promise
      await write(BYTES.subarray(20))
      return LENGTH
    },
  }
  const first = post(on, url, { ...command('upload, finalize', 0), 'content-length': LENGTH }, undefined, {
    rest: slow,
  })
  await begun.promise
  const second = await post(on, url, command('upload, finalize', 0), BYTES)
  assert.equal(second.status, 400)
  assert.match(second.text, /Another request is at work/)
  assert.equal(sizeReceived(await post(on, url, command('query'))), '20')
  gate.resolve()
  assert.equal(statusOf(await first), 'final')
  assert.equal(on.blobs().length, 1)
})

test('[FILES-05] a cancelled upload leaves nothing, and is gone', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  await post(on, url, command('upload', 0), BYTES.subarray(0, 5))
  assert.equal(on.blobs().length, 1)
  assert.equal(statusOf(await post(on, url, command('cancel'))), 'cancelled')
  assert.deepEqual(on.blobs(), [])
  assert.equal((await post(on, url, command('query'))).status, 404)
})

test('[FILES-05] an abandoned upload is swept with its bytes, also after a restart', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  await post(on, url, command('upload', 0), BYTES.subarray(0, 5))
  on.later(SESSION_TTL_MS - 1)
  await on.room.sweep()
  assert.equal(on.blobs().length, 1)
  await on.restart()
  on.later(1)
  assert.equal((await post(on, url, command('query'))).status, 404)
  await on.room.sweep()
  assert.deepEqual(on.blobs(), [])
  assert.equal((await on.store.resources.totals('alice')).count, 0)
})

test('[FILES-05] each request gives an upload more time', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  for (const at of [0, 5, 10]) {
    on.later(SESSION_TTL_MS - 1)
    assert.equal((await post(on, url, command('upload', at), BYTES.subarray(at, at + 5))).status, 200)
  }
})

test('[FILES-04] a name that the key has taken is a 409, at the start or at the end', async (t) => {
  const on = await rig(t)
  const file = { name: 'files/fox' }
  const late = await begin(on, { file })
  await upload(on, BYTES, { file })
  assert.equal((await post(on, UPLOAD, start(), { file })).status, 409)
  const lost = await post(on, late, command('upload, finalize', 0), BYTES)
  assert.deepEqual([lost.status, lost.text], [409, 'Requested entity already exists'])
  assert.equal(on.blobs().length, 1)
  assert.equal((await post(on, late, command('query'))).status, 404)
  // Another key has names of its own, and learns nothing of this one.
  assert.equal((await upload(on, 'bob', { file, caller: BOB })).name, 'files/fox')
  on.later(49 * 3_600_000)
  assert.equal((await upload(on, 'again', { file })).sizeBytes, '5')
})

test('[FILES-08] the share of a key: announced, unannounced, and given back', async (t) => {
  const on = await rig(t, { limits: { fileBytesMax: 600, bytesPerKeyMax: 1_000 } })
  const first = await begin(on, { length: 600 })
  const refused = await post(on, UPLOAD, start({ length: 401 }), {})
  assert.deepEqual([refused.status, /storage limit of 1000 bytes/.test(refused.text)], [429, true])
  assert.ok(await begin(on, { length: 401, caller: BOB }))
  const open = await begin(on)
  const much = await post(on, open, command('upload', 0), 'x'.repeat(401))
  assert.equal(much.status, 429)
  await post(on, first, command('cancel'))
  assert.equal((await post(on, open, command('upload, finalize', 0), 'x'.repeat(401))).status, 200)
  assert.deepEqual(await on.store.resources.totals('alice', 'files'), { count: 1, sizeBytes: 401 })
  const raw = { 'x-goog-upload-protocol': 'raw' }
  assert.equal((await post(on, UPLOAD, raw, 'x'.repeat(600))).status, 429)
  assert.equal((await post(on, UPLOAD, raw, 'x'.repeat(600), { chunked: true })).status, 429)
  assert.equal(on.blobs().length, 1)
})

test('[FILES-08] unfinished uploads of one key are counted', async (t) => {
  const on = await rig(t)
  for (let at = 0; at < SESSIONS_PER_KEY_MAX; at++) await begin(on)
  assert.equal((await post(on, UPLOAD, start(), {})).status, 429)
  assert.ok(await begin(on, { caller: BOB }))
})

test('[FILES-03] raw, multipart and the older resumable protocol make the same file', async (t) => {
  const on = await rig(t)
  const raw = await post(on, UPLOAD, { 'X-Goog-Upload-Protocol': 'raw', 'content-type': 'text/plain' }, BYTES)
  const media = await post(on, `${UPLOAD}?uploadType=media`, { 'content-type': 'text/plain' }, BYTES)
  const parts = [
    '--b\r\nContent-Type: application/json; charset=utf-8\r\n\r\n',
    '{"file":{"mimeType":"text/plain"}}\r\n--b\r\nContent-Type: text/plain\r\n\r\n',
    BYTES,
    '\r\n--b--',
  ]
  const multipart = await post(
    on,
    UPLOAD,
    { 'X-Goog-Upload-Protocol': 'multipart', 'content-type': 'multipart/related; boundary=b' },
    parts,
  )
  const byQuery = await post(
    on,
    `${UPLOAD}?uploadType=multipart`,
    { 'content-type': 'multipart/related; boundary="b"' },
    parts,
  )
  const classic = await post(
    on,
    `${UPLOAD}?uploadType=resumable`,
    { 'x-upload-content-type': 'text/plain' },
    { file: {} },
  )
  const location = (classic.headers.location ?? '').replace('http://gateway.test', '')
  const half = await on.ask('PUT', location, {
    headers: { 'content-range': `bytes 0-9/${LENGTH}` },
    body: BYTES.subarray(0, 10),
  })
  assert.deepEqual([half.status, half.headers.range], [308, 'bytes=0-9'])
  const asked = await on.ask('PUT', location, { headers: { 'content-range': `bytes */${LENGTH}` } })
  assert.deepEqual([asked.status, asked.headers.range], [308, 'bytes=0-9'])
  const wrong = await on.ask('PUT', location, { headers: { 'content-range': 'bytes 5-9/44' }, body: 'xxxxx' })
  assert.equal(wrong.status, 400)
  const odd = await on.ask('PUT', location, { headers: { 'content-range': 'bytes 9-5/44' }, body: 'x' })
  assert.match(odd.text, /Invalid value of the header content-range/)
  const whole = await on.ask('PUT', location, {
    headers: { 'content-range': `bytes 10-${LENGTH - 1}/${LENGTH}` },
    body: BYTES.subarray(10),
  })
  for (const heard of [raw, media, multipart, byQuery, whole]) {
    assert.equal(heard.status, 200, heard.text)
    const { mimeType, sizeBytes, sha256Hash } = heard.json.file
    assert.deepEqual(
      { mimeType, sizeBytes, sha256Hash },
      {
        mimeType: 'text/plain',
        sizeBytes: String(LENGTH),
        sha256Hash: raw.json.file.sha256Hash,
      },
    )
  }
})

test('a path that takes no upload, and a method that does none', async (t) => {
  const on = await rig(t)
  assert.equal((await on.ask('POST', '/upload/v1beta/cachedContents')).status, 404)
  assert.equal((await on.ask('POST', '/upload/v1beta/files/a')).status, 404)
  const get = await on.ask('GET', UPLOAD)
  assert.deepEqual([get.status, get.headers.allow], [405, 'POST, PUT'])
  assert.equal((await on.ask('PUT', UPLOAD)).status, 405)
})
