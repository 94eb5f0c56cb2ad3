/** Files as clients upload and read them, on the real process: every protocol, every way to do it wrong, and its death. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { dataFolder, type Gateway, startGateway, until } from './rig.ts'
import { command, START, type Uploading, uploading } from './upload-client.ts'

const FILES = '/upload/v1beta/files'
const BYTES = randomBytes(300_000)
const LENGTH = { 'X-Goog-Upload-Header-Content-Length': BYTES.length }
const MIB = 1024 * 1024

let gateway: Gateway
let client: Uploading
let otherKey: string
before(async () => {
  gateway = await startGateway()
  client = uploading(gateway)
  const made = await client.send('/admin/v1/keys', {
    key: '',
    headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
    body: '{"name":"other"}',
  })
  otherKey = JSON.parse(made.text).secret
})
after(() => gateway.stop('SIGINT'))

const sha256 = (bytes: Buffer) =>
  Buffer.from(createHash('sha256').update(bytes).digest('hex')).toString('base64')
const get = (path: string, key = gateway.key) => client.send(path, { method: 'GET', key })
const remove = (path: string) => client.send(path, { method: 'DELETE', body: '{}' })

const FORMS: readonly (readonly [
  string,
  () => Promise<{ readonly json: { file: Record<string, string> } }>,
])[] = [
  [
    'resumable, in one piece',
    async () =>
      client.send(await client.begin({}, LENGTH), { headers: command('upload, finalize', 0), body: BYTES }),
  ],
  [
    'resumable, in three pieces of unknown sum',
    async () => {
      const url = await client.begin({})
      for (const at of [0, 100_000]) {
        const body = BYTES.subarray(at, at + 100_000)
        assert.equal(
          (await client.send(url, { headers: command('upload', at), body })).headers['x-goog-upload-status'],
          'active',
        )
      }
      return client.send(url, {
        headers: command('upload, finalize', 200_000),
        body: BYTES.subarray(200_000),
      })
    },
  ],
  ['raw', () => client.send(FILES, { headers: { 'X-Goog-Upload-Protocol': 'raw' }, body: BYTES })],
  [
    'multipart',
    () =>
      client.send(`${FILES}?uploadType=multipart`, {
        headers: { 'content-type': 'multipart/related; boundary=frontier' },
        body: Buffer.concat([
          Buffer.from(
            '--frontier\r\nContent-Type: application/json\r\n\r\n{"file":{}}\r\n--frontier\r\n\r\n',
          ),
          BYTES,
          Buffer.from('\r\n--frontier--'),
        ]),
      }),
  ],
  [
    'the older resumable one',
    async () => {
      const begun = await client.send(`${FILES}?uploadType=resumable`, { body: '{}' })
      const path = String(begun.headers.location).slice(gateway.url.length)
      return client.send(path, { method: 'PUT', body: BYTES })
    },
  ],
]
for (const [name, uploadBy] of FORMS) {
  test(`[FILES-03] ${name}: the file is there with every byte, and gone when it is deleted`, async () => {
    const { file } = (await uploadBy()).json
    assert.deepEqual(
      [file.sizeBytes, file.sha256Hash, file.state],
      [String(BYTES.length), sha256(BYTES), 'ACTIVE'],
    )
    assert.equal(file.uri, `${gateway.url}/v1beta/${file.name}`)
    assert.deepEqual((await get(`/v1/${file.name}`)).json, file)
    assert.deepEqual((await get('/v1beta/files')).json, { files: [file] })
    assert.deepEqual((await remove(`/v1beta/${file.name}`)).json, {})
    assert.deepEqual(client.stored(), [])
  })
}

test('[FILES-06] nobody uploads without a key, and nobody finds what is another’s', async () => {
  const anonymous = await client.send(FILES, { key: '', headers: START, body: '{}' })
  assert.equal(anonymous.status, 403)
  const url = await client.begin({ name: 'files/mine' }, LENGTH)
  const stranger = { headers: command('upload', 0), body: BYTES }
  assert.equal((await client.send(url, { ...stranger, key: otherKey })).status, 404)
  assert.equal((await client.send(url, { ...stranger, key: 'no-key-at-all' })).status, 400)
  const done = await client.send(url, { headers: command('upload, finalize', 0), body: BYTES, key: '' })
  assert.equal(done.json.file.name, 'files/mine')
  const denied = await get('/v1beta/files/mine', otherKey)
  const missing = await get('/v1beta/files/none', otherKey)
  assert.deepEqual([denied.status, denied.json.error.status], [403, 'PERMISSION_DENIED'])
  assert.equal(denied.text.replace('mine', 'none'), missing.text)
  assert.deepEqual((await get('/v1beta/files', otherKey)).json, {})
  await remove('/v1beta/files/mine')
})

test('[FILES-02] a client that was cut off asks how much came, and goes on', async () => {
  const url = await client.begin({}, LENGTH)
  await client.breakOff(
    url,
    { headers: command('upload, finalize', 0), body: BYTES.subarray(0, 123_456) },
    BYTES.length,
  )
  let received = 0
  await until('the bytes are kept', async () => {
    const { headers } = await client.send(url, { headers: command('query') })
    received = Number(headers['x-goog-upload-size-received'])
    return received === 123_456
  })
  const again = { headers: command('upload, finalize', received), body: BYTES.subarray(received) }
  let done = await client.send(url, again)
  await until('the broken request is over', async () => {
    if (done.status !== 200) done = await client.send(url, again)
    return done.status === 200
  })
  assert.equal(done.json.file.sha256Hash, sha256(BYTES))
  await remove(`/v1beta/${done.json.file.name}`)
})

test('[FILES-02] an upload outlives kill -9 in its middle', async () => {
  const folder = await dataFolder()
  try {
    const first = await startGateway({ dataFolder: folder.path })
    const before = uploading(first)
    const url = await before.begin({ name: 'files/survivor' }, LENGTH)
    await before.send(url, { headers: command('upload', 0), body: BYTES.subarray(0, 100_000) })
    await before.breakOff(
      url,
      { headers: command('upload', 100_000), body: BYTES.subarray(100_000, 150_000) },
      200_000,
    )
    await first.kill()
    const second = await startGateway({ dataFolder: folder.path })
    const later = uploading(second)
    const { headers } = await later.send(url, { headers: command('query') })
    const received = Number(headers['x-goog-upload-size-received'])
    assert.ok(received >= 100_000 && received <= 150_000, String(received))
    const rest = { headers: command('upload, finalize', received), body: BYTES.subarray(received) }
    const done = await later.send(url, rest)
    assert.deepEqual([done.json.file.name, done.json.file.sha256Hash], ['files/survivor', sha256(BYTES)])
    // It is there for good, too.
    await second.kill()
    const third = await startGateway({ dataFolder: folder.path })
    const found = await uploading(third).send('/v1beta/files/survivor', { method: 'GET' })
    assert.equal(found.json.sha256Hash, sha256(BYTES))
    assert.equal(uploading(third).stored().length, 1)
    await third.stop('SIGINT')
  } finally {
    await folder.remove()
  }
})

test('[FILES-05] what an upload of one request left behind is gone after the next start', async () => {
  const folder = await dataFolder()
  try {
    const first = await startGateway({ dataFolder: folder.path })
    const before = uploading(first)
    const raw = { headers: { 'X-Goog-Upload-Protocol': 'raw' }, body: BYTES.subarray(0, 50_000) }
    const broken = before.breakOff(FILES, raw, BYTES.length)
    await until('it has begun', () => before.stored().length === 1)
    await first.kill()
    await broken
    const second = await startGateway({ dataFolder: folder.path })
    await until('it is gone', () => uploading(second).stored().length === 0)
    await second.stop('SIGINT')
  } finally {
    await folder.remove()
  }
})

test('[FILES-05] of two that send the same piece at once one wins', async () => {
  const url = await client.begin({}, LENGTH)
  const both = [0, 1].map(() => client.send(url, { headers: command('upload, finalize', 0), body: BYTES }))
  const heard = await Promise.all(both)
  const files = heard.filter(({ status }) => status === 200).map(({ json }) => json.file)
  // The later one may find it finished, and is then told the same.
  assert.ok(files.length >= 1 && files.every(({ name }) => name === files[0].name))
  for (const { status } of heard) assert.ok(status === 200 || status === 400, String(status))
  assert.equal(client.stored().length, 1)
  await remove(`/v1beta/${files[0].name}`)
})

const BAD: readonly (readonly [
  string,
  () => Promise<{ readonly status: number; readonly text: string }>,
  number,
  RegExp,
])[] = [
  [
    'a wrong offset',
    async () => client.send(await client.begin({}, LENGTH), { headers: command('upload', 7), body: BYTES }),
    400,
    /offset 7 does not match the 0 bytes/,
  ],
  [
    'too long',
    async () =>
      client.send(await client.begin({}, { 'X-Goog-Upload-Header-Content-Length': 5 }), {
        headers: command('upload', 0),
        body: BYTES,
      }),
    400,
    /longer than the 5 bytes/,
  ],
  [
    'too short',
    async () =>
      client.send(await client.begin({}, LENGTH), { headers: command('upload, finalize', 0), body: 'x' }),
    400,
    /has 1 of the 300000 bytes/,
  ],
  [
    'an unknown id',
    () => client.send(`${FILES}?upload_id=${'x'.repeat(43)}`, { headers: command('upload', 0), body: BYTES }),
    404,
    /upload was not found/,
  ],
  [
    'a path for a name',
    () => client.send(FILES, { headers: START, body: '{"file":{"name":"files/../../x"}}' }),
    400,
    /Invalid resource name/,
  ],
  [
    'a path for an id',
    () => client.send(`${FILES}/..%2F..%2Fx`, { headers: START, body: '{}' }),
    400,
    /dot segments/,
  ],
  [
    'compressed',
    async () =>
      client.send(await client.begin({}), {
        headers: { ...command('upload', 0), 'content-encoding': 'gzip' },
        body: 'x',
      }),
    400,
    /compressed/,
  ],
  [
    'an empty multipart',
    () => client.send(FILES, { headers: { 'content-type': 'multipart/related; boundary=b' }, body: '' }),
    400,
    /Malformed multipart/,
  ],
  ['no protocol', () => client.send(FILES, { body: 'x' }), 400, /Invalid upload protocol/],
  [
    'three gigabytes',
    () =>
      client.send(FILES, {
        headers: { ...START, 'X-Goog-Upload-Header-Content-Length': 3 * 1024 * MIB },
        body: '{}',
      }),
    400,
    /exceeds the limit/,
  ],
]
for (const [name, send, status, words] of BAD) {
  test(`[FILES-05] ${name}: an error in Google’s shape, and nothing stored`, async () => {
    const heard = await send()
    const { error } = JSON.parse(heard.text)
    assert.deepEqual([heard.status, error.code], [status, status], heard.text)
    assert.match(error.message, words)
    assert.deepEqual((await get('/v1beta/files')).json, {})
    // A session that may still go on keeps its empty blob, and nothing else.
    for (const blob of client.stored()) assert.match(blob, /\.part$/)
  })
}

test('[FILES-16] 100 MiB go through in pieces, and the memory of the process does not grow with them', async () => {
  const size = 100 * MIB
  await client.send(FILES, { headers: { 'X-Goog-Upload-Protocol': 'raw' }, body: Buffer.alloc(MIB) })
  const before = await peakBytes(gateway.pid)
  const url = await client.begin({}, { 'X-Goog-Upload-Header-Content-Length': size })
  const piece = randomBytes(MIB)
  const hash = createHash('sha256')
  for (let at = 0; at < 100; at++) hash.update(piece)
  const done = await pour(url, piece, 100)
  assert.equal(done.file.sizeBytes, String(size))
  assert.equal(Buffer.from(done.file.sha256Hash ?? '', 'base64').toString(), hash.digest('hex'))
  const grown = (await peakBytes(gateway.pid)) - before
  assert.ok(grown < 40 * MIB, `${Math.round(grown / MIB)} MiB more`)
  await remove(`/v1beta/${done.file.name}`)
})

/** The same piece again and again, as fast as the gateway takes it. */
function pour(path: string, piece: Buffer, times: number): Promise<{ file: Record<string, string> }> {
  const headers = {
    ...command('upload, finalize', 0),
    'content-length': String(piece.length * times),
    'x-goog-api-key': gateway.key,
  }
  const request = httpRequest({
    agent: false,
    host: '127.0.0.1',
    port: gateway.port,
    method: 'POST',
    path,
    headers,
  })
  let left = times
  const next = () => {
    while (left > 0) {
      left--
      if (!request.write(piece)) return request.once('drain', next)
    }
    return request.end()
  }
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', async (response) => {
      let text = ''
      for await (const bytes of response.setEncoding('utf8')) text += bytes
      resolve(JSON.parse(text))
    })
    next()
  })
}

async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

test('[RESOURCE-02] each request for a resource has its line in the log', async () => {
  const heard = await get('/v1beta/files')
  const line = await gateway.logged(String(heard.headers['x-request-id']))
  assert.deepEqual([line.verb, line.status, line.method], ['resource', 200, 'GET'])
  const refused = await get('/v1beta/files/none')
  assert.equal((await gateway.logged(String(refused.headers['x-request-id']))).status, 403)
})

test('[RESOURCE-01] what no collection serves is a 404, a wrong method a 405 with Allow', async () => {
  for (const path of [
    '/v1beta/files/a/b',
    '/v1beta/files/a:explode',
    '/v1beta/auth_tokens',
    '/v1beta/operations/x',
  ])
    assert.equal((await get(path)).status, 404, path)
  const wrong = await client.send('/v1beta/files', { method: 'DELETE' })
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, POST'])
  assert.deepEqual((await get('/v1beta/tunedModels')).json, {})
})
