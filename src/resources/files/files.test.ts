import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { fails, recordedResponse } from '../../nouns.fixture.ts'
import { ALICE, BOB, rig, upload } from '../testing.fixture.ts'
import { FILE_TTL_MS, VIDEO_PROCESSING_MS } from './file.ts'
import { checkedMime, sniffMime } from './mime.ts'

const DENIED = (id: string) => `You do not have permission to access the File ${id} or it may not exist.`

test('[FILES-04] get, list and delete a file, under every version', async (t) => {
  const on = await rig(t)
  const file = await upload(on, 'hello', { file: { displayName: 'greeting' } })
  for (const version of ['v1', 'v1beta', 'v1alpha']) {
    assert.deepEqual((await on.ask('GET', `/${version}/${file.name}`)).json, file)
    assert.deepEqual((await on.ask('GET', `/${version}/files`)).json, { files: [file] })
  }
  assert.deepEqual((await on.ask('DELETE', `/v1beta/${file.name}`)).json, {})
  assert.deepEqual(on.blobs(), [])
  assert.deepEqual((await on.ask('GET', '/v1beta/files')).json, {})
  const gone = await on.ask('GET', `/v1beta/${file.name}`)
  assert.deepEqual([gone.status, gone.text], [403, DENIED(file.name.slice(6))])
  assert.equal((await on.ask('DELETE', `/v1beta/${file.name}`)).status, 403)
})

test('[FILES-06] another key gets the same answer as for a file that there is not', async (t) => {
  const on = await rig(t)
  await upload(on, 'secret', { file: { name: 'files/mine' } })
  for (const caller of [ALICE, BOB]) {
    const name = caller === ALICE ? 'files/never' : 'files/mine'
    for (const [method, path] of [
      ['GET', name],
      ['DELETE', name],
      ['GET', `${name}:download?alt=media`],
    ] as const) {
      const heard = await on.ask(method, `/v1beta/${path}`, { caller })
      assert.deepEqual([heard.status, heard.text], [403, DENIED(name.slice(6))])
    }
    await assert.rejects(
      on.room.library.file(caller, name),
      fails('permission_denied', /or it may not exist/),
    )
  }
  assert.deepEqual((await on.ask('GET', '/v1beta/files', { caller: BOB })).json, {})
  assert.equal((await on.ask('GET', '/v1beta/files/mine')).status, 200)
})

for (const id of [
  '..%2f..%2fetc%2fpasswd',
  'a%2fb',
  '%41%00',
  'UPPER',
  'a'.repeat(200),
  '-a',
  'a b',
  'é',
  '*',
]) {
  test(`[FILES-07] the id ${id.slice(0, 24)} is no file’s`, async (t) => {
    const on = await rig(t)
    await upload(on, 'x', { file: { name: 'files/a' } })
    for (const method of ['GET', 'DELETE']) {
      const { status } = await on.ask(method, `/v1beta/files/${id}`)
      assert.ok([400, 403, 404].includes(status), String(status))
    }
    assert.equal(on.blobs().length, 1)
  })
}

test('[FILES-09] a list comes in pages, newest first, and stays right when files come and go', async (t) => {
  const on = await rig(t)
  const names: string[] = []
  for (let at = 0; at < 25; at++) {
    if (at % 3 === 0) on.later(1)
    names.push((await upload(on, `${at}`)).name)
    await upload(on, `${at}`, { caller: BOB })
  }
  const seen: string[] = []
  let token = ''
  for (let pages = 0; pages < 10; pages++) {
    const { json } = await on.ask('GET', `/v1beta/files?pageToken=${token}`)
    seen.push(...json.files.map((file: { name: string }) => file.name))
    if (pages === 0) {
      assert.equal(json.files.length, 10)
      await upload(on, 'a newer one')
      await on.ask('DELETE', `/v1beta/${seen[9]}`)
    }
    token = json.nextPageToken ?? ''
    if (token === '') break
  }
  assert.deepEqual([...seen].sort(), [...names].sort())
  const sizes = ['page_size=3', 'pageSize=100', 'pageSize=1000', 'pageSize=0']
  const lengths = []
  for (const size of sizes) lengths.push((await on.ask('GET', `/v1beta/files?${size}`)).json.files.length)
  assert.deepEqual(lengths, [3, 25, 25, 10])
})

for (const query of [
  'pageSize=-1',
  'pageSize=x',
  'pageSize=1.5',
  'pageToken=x',
  'pageToken=MQ',
  `pageToken=${'A'.repeat(2_000)}`,
  `pageToken=${Buffer.from('1 cachedContents/a').toString('base64url')}`,
]) {
  test(`[FILES-09] ${query.slice(0, 40)} is refused`, async (t) => {
    const on = await rig(t)
    assert.equal((await on.ask('GET', `/v1beta/files?${query}`)).status, 400)
  })
}

test('[FILES-10] a file expires after 48 hours: first for readers, then from the disk', async (t) => {
  const on = await rig(t)
  const file = await upload(on, 'hello')
  on.later(FILE_TTL_MS - 1)
  await on.room.sweep()
  assert.equal((await on.ask('GET', `/v1beta/${file.name}`)).status, 200)
  on.later(1)
  assert.equal((await on.ask('GET', `/v1beta/${file.name}`)).status, 403)
  assert.deepEqual((await on.ask('GET', '/v1beta/files')).json, {})
  await assert.rejects(on.room.library.file(ALICE, file.uri), fails('permission_denied'))
  assert.equal(on.blobs().length, 1)
  await on.room.sweep()
  assert.deepEqual(on.blobs(), [])
  assert.equal(await on.store.resources.get('alice', file.name), undefined)
})

test('[FILES-10] what expired while nobody ran is swept at the start', async (t) => {
  const on = await rig(t)
  await upload(on, 'hello')
  on.later(FILE_TTL_MS)
  await on.restart()
  await on.room.sweep()
  assert.deepEqual(on.blobs(), [])
})

test('[FILES-13] a video is processed for a moment, then has its length', async (t) => {
  let asked = 0
  const on = await rig(t, {
    describe: async (file) => {
      asked++
      assert.equal((await file.read(0, 5)).toString(), 'movie')
      return { videoDuration: '12s' }
    },
  })
  const file = await upload(on, 'movie', { mimeType: 'video/mp4' })
  assert.equal(file.state, 'PROCESSING')
  await assert.rejects(
    on.room.library.file(ALICE, file.name),
    fails('failed_precondition', /^The File \w+ is not in an ACTIVE state and usage is not allowed\.$/),
  )
  assert.equal(asked, 0)
  on.later(VIDEO_PROCESSING_MS)
  const { json } = await on.ask('GET', `/v1beta/${file.name}`)
  assert.deepEqual([json.state, json.videoMetadata], ['ACTIVE', { videoDuration: '12s' }])
  assert.deepEqual((await on.ask('GET', '/v1beta/files')).json.files, [json])
  assert.equal((await on.room.library.file(ALICE, file.name)).mimeType, 'video/mp4')
  assert.equal(asked, 1)
})

test('[FILES-13] a video that is none has failed, and says so', async (t) => {
  const on = await rig(t, {
    describe: () => Promise.reject(new GatewayError('invalid_argument', 'There is no picture in it.')),
  })
  const { name } = await upload(on, 'noise', { mimeType: 'video/mp4' })
  on.later(VIDEO_PROCESSING_MS)
  const { json } = await on.ask('GET', `/v1beta/${name}`)
  assert.deepEqual([json.state, json.error], ['FAILED', { code: 3, message: 'There is no picture in it.' }])
  await assert.rejects(on.room.library.file(ALICE, name), fails('failed_precondition'))
})

test('[FILES-14] only what was generated can be downloaded, whole or a range of it', async (t) => {
  const on = await rig(t)
  const uploaded = await upload(on, 'hello')
  const refused = await on.ask('GET', `/v1beta/${uploaded.name}:download?alt=media`)
  assert.deepEqual([refused.status, /^Only generated files/.test(refused.text)], [400, true])
  const name = await on.room.createGeneratedFile(ALICE, {
    mimeType: 'application/jsonl',
    name: 'files/batch-abc-and-a-rather-long-tail-behind-it-of-more-than-forty',
    write: async (append) => {
      await append(Buffer.from('0123'))
      await append(Buffer.from('456789'))
    },
  })
  const shown = (await on.ask('GET', `/v1beta/${name}`)).json
  assert.equal(shown.source, 'GENERATED')
  assert.equal(shown.downloadUri, `${shown.uri}:download?alt=media`)
  const path = `/v1beta/${name}:download?alt=media`
  const whole = await on.ask('GET', path)
  assert.deepEqual(
    [whole.status, whole.text, whole.headers['content-type']],
    [200, '0123456789', 'application/jsonl'],
  )
  assert.equal(whole.headers['content-length'], '10')
  for (const [range, status, text, header] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-999', 206, '56789', 'bytes 5-9/10'],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
  ] as const) {
    const heard = await on.ask('GET', path, { headers: { range } })
    assert.deepEqual(
      [heard.status, heard.text, heard.headers['content-range']],
      [status, text, header],
      range,
    )
  }
  const beyond = await on.ask('GET', path, { headers: { range: 'bytes=10-' } })
  assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */10'])
  assert.equal(beyond.json.error.status, 'OUT_OF_RANGE')
  assert.equal((await on.ask('GET', `/v1beta/${name}:download`)).status, 400)
  assert.deepEqual(await (await on.room.library.file(ALICE, shown.downloadUri)).read(3, 5), Buffer.from('34'))
})

test('a generated file whose making fails leaves nothing', async (t) => {
  const on = await rig(t)
  const failing = on.room.createGeneratedFile(ALICE, {
    mimeType: 'video/mp4',
    write: async (append) => {
      await append(Buffer.from('half'))
      throw new GatewayError('internal', 'no more')
    },
  })
  await assert.rejects(failing, fails('internal'))
  assert.deepEqual(on.blobs(), [])
})

test('[FILES-14] a client that does not read is waited for, one that leaves is not', async (t) => {
  const on = await rig(t)
  const name = await on.room.createGeneratedFile(ALICE, {
    mimeType: 'text/plain',
    write: (append) => append(Buffer.alloc(600_000, 'x')),
  })
  const opening = {
    verb: 'resource',
    model: '',
    apiVersion: 'v1beta',
    delivery: 'unary',
    credential: 'k',
    resource: { method: 'GET', isUpload: false, segments: name.split('/'), action: 'download' },
  } as const
  const { requestOf } = await import('../../nouns.fixture.ts')
  const request = requestOf(`/v1beta/${name}:download?alt=media`, { method: 'GET' })
  const response = recordedResponse()
  response.full = true
  const done = on.room.answer(request, response, opening, ALICE)
  while (response.bodyBytes < 262_144) await new Promise(setImmediate)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(response.bodyBytes, 262_144)
  response.drain()
  while (response.bodyBytes < 524_288) await new Promise(setImmediate)
  response.leave()
  assert.equal(await done, 200)
  assert.equal(response.ended, false)
})

test('[FILES-04] a file without bytes, and what cannot be done', async (t) => {
  const on = await rig(t)
  const made = await on.ask('POST', '/v1beta/files', {
    body: { file: { name: 'files/note', mimeType: 'text/plain' } },
  })
  assert.equal(made.status, 200)
  const { name, mimeType, state, sizeBytes } = made.json.file
  assert.deepEqual([name, mimeType, state, sizeBytes], ['files/note', 'text/plain', 'ACTIVE', undefined])
  assert.equal(
    (await on.ask('POST', '/v1beta/files', { body: { file: { name: 'files/note' } } })).status,
    409,
  )
  assert.equal((await (await on.room.library.file(ALICE, 'files/note')).read()).length, 0)
  const register = await on.ask('POST', '/v1beta/files:register', { body: { uris: ['gs://a/b'] } })
  assert.deepEqual([register.status, /upload them instead/.test(register.text)], [400, true])
  const patch = await on.ask('PATCH', '/v1beta/files/note', { body: {} })
  assert.deepEqual([patch.status, patch.headers.allow], [405, 'GET, DELETE'])
  assert.equal((await on.ask('GET', '/v1beta/files/note:explode')).status, 404)
  assert.equal((await on.ask('GET', '/v1beta/files/')).status, 404)
})

test('[FILES-15] a file is found by every address that ends in its name', async (t) => {
  const on = await rig(t)
  const { name } = await upload(on, 'hello')
  for (const uri of [
    name,
    `http://gateway.test/v1beta/${name}`,
    `https://generativelanguage.googleapis.com/v1beta/${name}`,
    `https://other.example/base/v1/${name}?x=y`,
  ])
    assert.equal((await on.room.library.file(ALICE, uri)).name, name, uri)
  for (const uri of [
    '',
    'files/',
    name.slice(6),
    `${name}/more`,
    `x${name}`,
    `${name}#a`,
    `${'a/'.repeat(2_000)}${name}`,
  ])
    await assert.rejects(
      on.room.library.file(ALICE, uri),
      fails('permission_denied', /or it may not exist/),
      uri,
    )
})

test('the requests of a batch may be called by what is no mime type', () => {
  assert.equal(checkedMime('jsonl', 'file.mime_type'), 'jsonl')
  assert.throws(() => checkedMime('json', 'file.mime_type'), fails('invalid_argument'))
})

test('a kind that nobody named is read from the first bytes', () => {
  const latin1 = (text: string) => sniffMime(Buffer.from(text, 'latin1'))
  for (const [start, mimeType] of [
    ['\x89PNG\r\n\x1a\nrest', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['RIFF\x00\x00\x00\x00WEBPVP8 ', 'image/webp'],
    ['RIFF\x00\x00\x00\x00WAVEfmt ', 'audio/wav'],
    ['\x00\x00\x00\x18ftypmp42', 'video/mp4'],
    ['\x00\x00\x00\x18ftypheic', 'image/heic'],
    ['%PDF-1.7', 'application/pdf'],
    ['plain words', 'text/plain'],
    ['\x00\x01\x02', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ] as const)
    assert.equal(latin1(start), mimeType, JSON.stringify(start))
  // The look ends in the middle of a character.
  assert.equal(sniffMime(Buffer.from(`x${'é'.repeat(300)}`).subarray(0, 512)), 'text/plain')
})
