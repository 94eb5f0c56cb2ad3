/** What an upstream may do to HTTP, written on a raw socket: nothing of it is taken for an answer. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { callOf } from '../../nouns.fixture.ts'
import { nativeProtocol } from '../native/protocol.ts'
import { answerOf, play } from './testing.fixture.ts'

const protocol = (delivery: 'unary' | 'sse' = 'unary') => nativeProtocol('up', callOf({ delivery }))
const BODY = '{"candidates":[{"content":{"parts":[{"text":"h\u00ef"}]},"finishReason":"STOP"}]}'
const OK = answerOf(BODY)
const JSON_HEADER = 'content-type: application/json'
const hints = (count: number) => Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(count))
const raw = (...lines: string[]) => Buffer.from([...lines].join('\r\n'))
const chunked = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`

const NO_ANSWERS: readonly [name: string, answer: Buffer | ((socket: Socket) => void)][] = [
  ['U08 half a status line', (socket) => socket.end('HTTP/1.1 2')],
  ['U09 not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
  ['U10 status 099', raw('HTTP/1.1 099 X', 'content-length: 2', '', '{}')],
  ['U10 status 600', answerOf('{}', [JSON_HEADER], 600)],
  ['U10 status 999', answerOf('{}', [JSON_HEADER], 999)],
  ['U11 more hints than anybody means', Buffer.concat([hints(1_500), OK])],
  ['U12 headers of 20 KiB', answerOf(BODY, [`x: ${'a'.repeat(20_480)}`])],
  ['U12 NUL in a header', answerOf(BODY, ['x: a\0b'])],
  ['U13 two different lengths', answerOf(BODY, ['content-length: 5'])],
  [
    'U13 a length and chunks that disagree',
    raw('HTTP/1.1 200 OK', 'content-length: 5', 'transfer-encoding: chunked', '', chunked(BODY)),
  ],
  [
    'U13 a length and chunks that agree',
    raw(
      'HTTP/1.1 200 OK',
      `content-length: ${Buffer.byteLength(BODY)}`,
      'transfer-encoding: chunked',
      '',
      chunked(BODY),
    ),
  ],
  [
    'U13 an unknown transfer encoding',
    raw('HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked', '', chunked(BODY)),
  ],
  ['U14 204', raw('HTTP/1.1 204 No Content', 'content-length: 2', '', '{}')],
  ['U14 304', raw('HTTP/1.1 304 Not Modified', '', '')],
  ['U14 200 and nothing in it', answerOf('')],
  ['U15 a redirect', answerOf('{}', ['location: http://127.0.0.1:1/'], 307)],
  ['U25 a page', answerOf('<html><p>busy</p></html>', ['content-type: text/html'])],
  ['U25 JSON that calls itself a page', answerOf(BODY, ['content-type: text/html; charset=utf-8'])],
  ['U25 a picture', answerOf(BODY, ['content-type: image/png'])],
  ['U39 an unknown coding', answerOf(BODY, ['content-encoding: snappy'])],
  ['U39 several codings', answerOf(gzipSync(gzipSync(BODY)), ['content-encoding: gzip, gzip'])],
  ['U39 ten codings', answerOf(BODY, [`content-encoding: ${Array(10).fill('gzip').join(', ')}`])],
]

for (const [name, answer] of NO_ANSWERS) {
  test(`${name} is no answer, in one piece or as a stream [NEV-31]`, async () => {
    for (const delivery of ['unary', 'sse'] as const) {
      const { error, requests, text } = await play({ protocol: protocol(delivery), answer })
      assert.equal(error?.code, 'upstream_unavailable', delivery)
      assert.ok(error.retryable)
      assert.equal(requests, 1)
      assert.equal(text, '')
    }
  })
}

test('U11 a hundred early hints are followed by the answer [NEV-31]', async () => {
  const { status, text } = await play({ protocol: protocol(), answer: Buffer.concat([hints(100), OK]) })
  assert.equal(status, 200)
  assert.equal(text, BODY)
})

const CODINGS: Readonly<Record<string, (bytes: Buffer | string) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  GZIP: gzipSync,
  deflate: deflateSync,
  'deflate ': deflateRawSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
}
const EVENTS = `data: ${BODY.replace(',"finishReason":"STOP"', '')}\r\n\r\ndata: ${BODY}\r\n\r\n`
const EVENT_HEADER = 'content-type: text/event-stream'

for (const [coding, encode] of Object.entries(CODINGS)) {
  test(`U39 ${coding}: decoded, and the client sees nothing of it [NEV-32]`, async () => {
    const header = `content-encoding: ${coding}`
    const whole = await play({
      protocol: protocol(),
      answer: answerOf(encode(BODY), [JSON_HEADER, header]),
    })
    assert.equal(whole.text, BODY)
    assert.deepEqual(Object.keys(whole.headers), ['content-type'])
    const stream = answerOf(encode(EVENTS), [EVENT_HEADER, header])
    const inBytes = await play({
      protocol: protocol('sse'),
      answer: (socket) => {
        socket.setNoDelay(true)
        for (const byte of stream) socket.write(Buffer.of(byte))
      },
    })
    assert.equal(inBytes.text, EVENTS)
    assert.equal(inBytes.error, undefined)
    const long = JSON.stringify({ candidates: [{ content: { parts: [{ text: noise(600_000) }] } }] })
    const large = await play({
      protocol: protocol(),
      answer: answerOf(encode(long), [JSON_HEADER, header]),
    })
    assert.equal(large.text, long)
    const refused = await play({
      protocol: protocol(),
      answer: answerOf(encode('{"error":{"code":404,"message":"m"}}'), [JSON_HEADER, header], 404),
    })
    assert.equal(refused.status, 404)
    assert.equal(refused.text, '{"error":{"code":404,"message":"m"}}')
  })

  test(`U39 ${coding}: cut anywhere, or no ${coding} at all, it is no answer [NEV-32]`, async () => {
    const header = `content-encoding: ${coding}`
    const bytes = encode(BODY)
    const plain = coding.startsWith('deflate') ? Buffer.from(`\xff${BODY}`, 'latin1') : BODY
    for (const part of [bytes.subarray(0, 5), bytes.subarray(0, bytes.length - 5), plain]) {
      const { error } = await play({
        protocol: protocol(),
        answer: answerOf(part, [JSON_HEADER, header]),
      })
      assert.equal(error?.code, 'upstream_unavailable')
    }
  })
}

test('U39 a compressed stream that breaks gives what it had, then the break [NEV-32]', async () => {
  const first = EVENTS.slice(0, EVENTS.indexOf('\r\n\r\n') + 4)
  // Its last block is the end of the stream, which never comes.
  const bytes = gzipSync(first + noise(2_000)).subarray(0, -300)
  const head = `HTTP/1.1 200 OK\r\n${EVENT_HEADER}\r\ncontent-encoding: gzip\r\ncontent-length: 99999\r\n\r\n`
  const { status, error, text } = await play({
    protocol: protocol('sse'),
    answer: (socket) => {
      socket.write(head)
      socket.end(bytes)
    },
  })
  assert.equal(status, 200)
  assert.equal(text, first)
  assert.equal(error?.code, 'upstream_broken')
})

test('U39 a bomb is cut long before it is large [NEV-32]', async () => {
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, 0x20), { level: 9 })
  assert.ok(bomb.length < 100_000)
  const before = process.memoryUsage().rss
  const { error } = await play({
    protocol: protocol(),
    answer: answerOf(bomb, [JSON_HEADER, 'content-encoding: gzip']),
  })
  assert.match(error?.message ?? '', /broken|too large/)
  assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
})

/** Text that no coding makes a hundred times shorter. */
function noise(characters: number): string {
  let state = 1
  const letters = Array.from({ length: characters }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return String.fromCharCode(97 + (state % 26))
  })
  return letters.join('')
}
