/** Every way to upload wrongly: a clear error, and nothing half-stored. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { type Asked, begin, command, type Heard, type Rig, rig, start } from '../testing.fixture.ts'

const BYTES = Buffer.from('The quick brown fox jumps over the lazy dog.')
const LENGTH = BYTES.length
const UPLOAD = '/upload/v1beta/files'

const post = (
  on: Rig,
  url: string,
  headers: Asked['headers'],
  body?: Asked['body'],
  rest: Partial<Asked> = {},
) => on.ask('POST', url, { headers: headers ?? {}, ...(body !== undefined && { body }), ...rest })
const sizeReceived = ({ headers }: Heard) => headers['x-goog-upload-size-received']
const statusOf = ({ headers }: Heard) => headers['x-goog-upload-status']

/** Each leaves the upload as it was, so that the right bytes can still come. */
const REFUSED_CHUNKS: readonly (readonly [
  string,
  Record<string, string | number>,
  string,
  RegExp,
  boolean?,
])[] = [
  ['a gap', command('upload', 11), 'xx', /offset 11 does not match the 10 bytes/],
  ['an overlap', command('upload', 0), 'xx', /offset 0 does not match the 10 bytes/],
  ['a negative offset', command('upload', -1), 'xx', /Invalid value of the header x-goog-upload-offset/],
  [
    'an offset that is no number',
    { ...command('upload'), 'x-goog-upload-offset': '1e1' },
    'xx',
    /Invalid value/,
  ],
  ['no offset', command('upload'), 'xx', /x-goog-upload-offset is missing/],
  ['too many bytes', command('upload', 10), 'x'.repeat(LENGTH), /longer than the 44 bytes/],
  ['too many bytes, untold', command('upload', 10), 'x'.repeat(LENGTH), /longer than the 44 bytes/, true],
  ['too few bytes', command('finalize'), '', /has 10 of the 44 bytes that were announced/],
  ['an unknown command', command('explode', 10), 'xx', /Invalid upload command: "explode"/],
  ['commands that do not go together', command('upload, cancel', 10), 'xx', /Invalid upload command/],
  ['three commands', command('upload, finalize, query', 10), 'xx', /Invalid upload command/],
  ['a second start', command('start'), '{}', /has been started already/],
  ['an upload_id given twice', command('query'), '', /more than one upload_id/],
]
for (const [title, headers, body, words, chunked = false] of REFUSED_CHUNKS) {
  test(`[FILES-05] ${title} is refused, and the upload goes on from where it was`, async (t) => {
    const on = await rig(t)
    const url = await begin(on, { length: LENGTH })
    await post(on, url, command('upload', 0), BYTES.subarray(0, 10))
    const target = title.includes('twice') ? `${url}&upload_id=other` : url
    const refused = await post(on, target, headers, body, { chunked })
    assert.equal(refused.status, 400)
    assert.match(refused.text, words)
    assert.equal(sizeReceived(await post(on, url, command('query'))), '10')
    const done = await post(on, url, command('upload, finalize', 10), BYTES.subarray(10))
    assert.equal(
      Buffer.from(done.json.file.sha256Hash, 'base64').toString(),
      createHash('sha256').update(BYTES).digest('hex'),
    )
  })
}

test('[FILES-05] a wrong offset and a wrong length tell how many bytes are there', async (t) => {
  const on = await rig(t)
  const url = await begin(on, { length: LENGTH })
  await post(on, url, command('upload', 0), BYTES.subarray(0, 10))
  for (const [headers, body] of [
    [command('upload', 3), 'xx'],
    [command('upload', 10), 'x'.repeat(LENGTH)],
    [command('finalize'), ''],
  ] as const) {
    const heard = await post(on, url, headers, body)
    assert.deepEqual([heard.status, sizeReceived(heard), statusOf(heard)], [400, '10', 'active'])
  }
  const short = await post(on, url, command('upload, finalize', 10), BYTES.subarray(10, 20))
  assert.deepEqual([short.status, sizeReceived(short)], [400, '20'])
})

const REFUSED_STARTS: readonly (readonly [string, Asked['headers'], Asked['body'], RegExp, string?])[] = [
  ['no protocol', {}, { file: {} }, /Invalid upload protocol/],
  ['an unknown protocol', { 'x-goog-upload-protocol': 'carrier-pigeon' }, {}, /Invalid upload protocol/],
  [
    'upload without start',
    { 'x-goog-upload-protocol': 'resumable', ...command('upload', 0) },
    {},
    /begins with the command start/,
  ],
  ['a length that is no number', start({ length: 'ten' }), {}, /Invalid value of the header/],
  ['a length beyond the limit', start({ length: 1_000_001 }), {}, /exceeds the limit: 1000000 bytes/],
  [
    'an unknown field',
    start(),
    { file: { colour: 'red' } },
    /Unknown name "colour" at 'file': Cannot find field/,
  ],
  [
    'a wrong type',
    start(),
    { file: { displayName: 5 } },
    /Invalid value at 'file.display_name' \(TYPE_STRING\), 5/,
  ],
  ['no JSON', start(), 'not json', /Invalid JSON payload received/],
  ['a list for a file', start(), { file: [] }, /Proto field is not repeating/],
  ['a bad mime type', start(), { file: { mimeType: 'text\r\nx: y' } }, /Invalid MIME type/],
  ['a bad mime type in the head', start({ mimeType: 'nothing' }), {}, /Invalid MIME type: "nothing"/],
  ['a display name that is too long', start(), { file: { displayName: 'x'.repeat(513) } }, /display name/],
  [
    'raw with a limit too small',
    { 'x-goog-upload-protocol': 'raw', 'content-length': 9_999_999 },
    'x',
    /exceeds the limit/,
  ],
  [
    'multipart without a boundary',
    { 'x-goog-upload-protocol': 'multipart', 'content-type': 'multipart/related' },
    'x',
    /boundary/,
  ],
  [
    'multipart of another kind',
    { 'x-goog-upload-protocol': 'multipart', 'content-type': 'multipart/form-data; boundary=b' },
    'x',
    /multipart\/related/,
  ],
]

for (const [title, headers, body, words] of REFUSED_STARTS) {
  test(`[FILES-05] ${title}: a 400 in plain words, and nothing is stored`, async (t) => {
    const on = await rig(t)
    const refused = await post(on, UPLOAD, headers, body)
    assert.equal(refused.status, 400, refused.text)
    assert.match(refused.text, words)
    assert.deepEqual(on.blobs(), [])
    assert.deepEqual(await on.store.resources.totals('alice'), { count: 0, sizeBytes: 0 })
  })
}

for (const name of [
  'files/../../etc/passwd',
  'files/..',
  'files/a/b',
  'files/a\u0000b',
  'files/UPPER',
  'files/-a',
  'files/a-',
  'files/',
  `files/${'a'.repeat(41)}`,
  'files/é',
  'files/a%2fb',
  'caches/a',
  'a',
  '/files/a',
  'files/a\n',
]) {
  test(`[FILES-07] the name ${JSON.stringify(name.slice(0, 30))} is refused and reaches no folder`, async (t) => {
    const on = await rig(t)
    const refused = await post(on, UPLOAD, start(), { file: { name } })
    assert.equal(refused.status, 400)
    assert.match(refused.text, /Invalid resource name/)
    assert.deepEqual(on.blobs(), [])
  })
}

test('[FILES-05] an upload of one request that breaks leaves nothing', async (t) => {
  const on = await rig(t)
  const leaving = {
    consume: async (write: (piece: Buffer) => Promise<void> | undefined) => {
      await write(BYTES)
      throw new GatewayError('invalid_argument', 'The request body ended early.')
    },
    clientLeft: () => true,
  }
  await post(on, UPLOAD, { 'x-goog-upload-protocol': 'raw' }, undefined, { rest: leaving })
  const multipart = { 'x-goog-upload-protocol': 'multipart', 'content-type': 'multipart/related; boundary=b' }
  for (const body of [
    '',
    'no delimiter',
    '--b--',
    '--b\r\n\r\n{}\r\n--b--',
    '--b\r\n\r\n{}\r\n--b\r\n\r\nbytes',
    '--b\r\n\r\nno json\r\n--b\r\n\r\nbytes\r\n--b--',
    '--b\r\n\r\n{}\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--',
    '--b\r\n\r\n{}\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\none\r\n--b--',
    '--b\r\n\r\n{"file":{"name":"files/.."}}\r\n--b\r\n\r\none\r\n--b--',
    `--b\r\n\r\n${' '.repeat(70_000)}{}\r\n--b\r\n\r\none\r\n--b--`,
    `--b\r\nx: ${'y'.repeat(9_000)}\r\n\r\n{}\r\n--b\r\n\r\none\r\n--b--`,
  ]) {
    assert.equal((await post(on, UPLOAD, multipart, body)).status, 400, body.slice(0, 60))
    assert.deepEqual(on.blobs(), [], body.slice(0, 60))
  }
  assert.equal((await on.store.resources.totals('alice')).count, 0)
})
