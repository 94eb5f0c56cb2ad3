/** Table A: framing and smuggling. Refused with 400 and a closed connection unless a row says otherwise. */
import { CLIENT_KEY } from '../servers/wasat-process.ts'
import {
  BODY,
  type Case,
  chunkedRequest,
  type Expectation,
  FORWARDED,
  GENERATE,
  KEY_LINE,
  oneChunk,
  REFUSED_CLOSE,
  request,
  row,
} from './case.ts'

const SMUGGLED = `GET /v1beta/models HTTP/1.1\r\nHost: gateway.test\r\n${KEY_LINE}\r\n\r\n`
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const NOT_CHUNKED: Expectation = { status: [400, 501], close: true }
const TOO_LARGE: Expectation = { status: 431, close: true }
const TOO_SLOW_OR_LARGE: Expectation = { status: [400, 408], close: true }
const FORWARDED_WHOLE: Expectation = { ...FORWARDED, arrives: Buffer.from(BODY) }

/** A POST of `body` whose length is told by these lines alone. */
const framed = (lines: readonly string[], body = BODY) =>
  request({ headers: lines, without: ['length'], body })
const bytes = (text: string) => Buffer.from(text, 'latin1')
const withHeader = (line: string) => request({ headers: [line] })

const lengths: Case[] = [
  ...row('A01', REFUSED_CLOSE, {
    'Content-Length, then Transfer-Encoding, a request smuggled behind': framed(
      ['Content-Length: 5', CHUNKED],
      `0\r\n\r\n${SMUGGLED}`,
    ),
  }),
  ...row('A02', REFUSED_CLOSE, {
    'Transfer-Encoding, then Content-Length': framed([CHUNKED, 'Content-Length: 5'], `0\r\n\r\n${SMUGGLED}`),
  }),
  ...row('A03', REFUSED_CLOSE, { 'two lengths, different': framed([LENGTH, 'Content-Length: 5']) }),
  ...row('A04', REFUSED_CLOSE, { 'two lengths, the same': framed([LENGTH, LENGTH]) }),
  ...row('A05', REFUSED_CLOSE, { 'a list of lengths': framed(['Content-Length: 2, 2'], '{}') }),
  ...row('A06', REFUSED_CLOSE, { 'a length with a plus': framed(['Content-Length: +2'], '{}') }),
  ...row('A07', REFUSED_CLOSE, { 'a negative length': framed(['Content-Length: -1'], '{}') }),
  ...row('A08', REFUSED_CLOSE, { 'a hexadecimal length': framed(['Content-Length: 0x2'], '{}') }),
  ...row('A09', REFUSED_CLOSE, {
    'a decimal length': framed(['Content-Length: 2.0'], '{}'),
    'a length with an exponent': framed(['Content-Length: 1e1'], '{}'),
  }),
  ...row('A10', REFUSED_CLOSE, {
    'a length of 20 digits': framed([`Content-Length: ${'9'.repeat(20)}`], '{}'),
  }),
  ...row('A11', REFUSED_CLOSE, { 'an empty length': framed(['Content-Length: '], '{}') }),
  ...row('A12', REFUSED_CLOSE, { 'a space before the colon': framed([`Content-Length : ${BODY.length}`]) }),
  ...row('A13', REFUSED_CLOSE, {
    'Content_Length beside the real one': withHeader('Content_Length: 2'),
    'Content_Length alone': framed(['Content_Length: 2'], '{}'),
    'Transfer_Encoding beside a length': withHeader('Transfer_Encoding: chunked'),
  }),
]

const codings: Case[] = [
  ...row('A14', REFUSED_CLOSE, {
    'an unknown coding': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: xchunked'),
  }),
  ...row('A15', REFUSED_CLOSE, {
    'chunked not last': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: chunked, identity'),
  }),
  ...row('A16', NOT_CHUNKED, {
    'identity before chunked': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: identity, chunked'),
  }),
  ...row('A17', NOT_CHUNKED, {
    'gzip before chunked': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: gzip, chunked'),
  }),
  ...row('A18', REFUSED_CLOSE, {
    'the header twice': chunkedRequest(oneChunk(BODY), `${CHUNKED}\r\n${CHUNKED}`),
    'the header twice, second unknown': chunkedRequest(oneChunk(BODY), `${CHUNKED}\r\nTransfer-Encoding: x`),
  }),
  ...row('A19', FORWARDED_WHOLE, {
    'a tab before the value': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: \tchunked'),
  }),
  ...row('A20', REFUSED_CLOSE, {
    'a vertical tab before the value': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: \x0bchunked'),
  }),
  ...row('A21', FORWARDED_WHOLE, {
    'the coding in capitals': chunkedRequest(oneChunk(BODY), 'Transfer-Encoding: CHUNKED'),
  }),
  ...row('A22', REFUSED_CLOSE, {
    'chunked on HTTP/1.0': chunkedRequest(oneChunk(BODY), CHUNKED, { version: 'HTTP/1.0' }),
  }),
]

/** A million one-byte chunks, each with an extension; generated piece by piece. */
function* extendedChunks(): Iterable<Buffer> {
  yield chunkedRequest('')
  const start = '{"contents":[{"parts":[{"text":"'
  yield bytes(`${start.length.toString(16)}\r\n${start}\r\n`)
  const thousand = bytes('1;x=y\r\na\r\n'.repeat(1000))
  for (let count = 0; count < 1000; count++) yield thousand
  yield bytes(oneChunk('"}]}]}'))
}

/** More than the body limit, and without an end. */
function* endlessChunks(): Iterable<Buffer> {
  yield chunkedRequest('')
  const chunk = bytes(`10000\r\n${' '.repeat(65_536)}\r\n`)
  for (let count = 0; count < 2000; count++) yield chunk
}

const chunks: Case[] = [
  ...row('A23', REFUSED_CLOSE, {
    'chunk size 0x2': chunkedRequest('0x2\r\n{}\r\n0\r\n\r\n'),
    'chunk size -1': chunkedRequest('-1\r\n{}\r\n0\r\n\r\n'),
    'chunk size of 17 F': chunkedRequest(`${'F'.repeat(17)}\r\n{}\r\n0\r\n\r\n`),
  }),
  ...row('A24', FORWARDED_WHOLE, {
    'chunk size with 14 leading zeros': chunkedRequest(
      oneChunk(BODY, `${'0'.repeat(14)}${BODY.length.toString(16)}`),
    ),
  }),
  ...row('A25', REFUSED_CLOSE, {
    'a chunk extension of 20 KB': chunkedRequest(`2;x=${'y'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  }),
  ...row(
    'A25',
    { status: [200, 400], dispatched: 'any' },
    { 'a million chunks with extensions': () => extendedChunks() },
  ),
  ...row('A26', REFUSED_CLOSE, {
    'a bare LF in a chunk extension': chunkedRequest('2;x\nX: y\r\n{}\r\n0\r\n\r\n'),
    'chunk lines that end in LF': chunkedRequest('2\n{}\n0\n\n'),
  }),
  ...row('A27', REFUSED_CLOSE, { 'chunk data without CRLF': chunkedRequest('2\r\n{}0\r\n\r\n') }),
  ...row('A28', REFUSED_CLOSE, {
    'a trailer content-length': chunkedRequest(trailed('Content-Length: 2')),
    'a trailer x-goog-api-key': chunkedRequest(trailed(KEY_LINE)),
    'a trailer authorization': chunkedRequest(trailed(`Authorization: Bearer ${CLIENT_KEY}`)),
  }),
  ...row(
    'A28',
    { status: [400, 403] },
    { 'the key in a trailer alone': chunkedRequest(trailed(KEY_LINE), CHUNKED, { without: ['key'] }) },
  ),
  ...row('A29', TOO_SLOW_OR_LARGE, { 'a body without end, fast': () => endlessChunks() }),
  ...row(
    'A29',
    { ...TOO_SLOW_OR_LARGE, status: 408 },
    { 'a body that stops coming': chunkedRequest('5\r\n{"con\r\n') },
    { gateway: 'tight' },
  ),
]

function trailed(line: string): string {
  return `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n${line}\r\n\r\n`
}

const lines: Case[] = [
  ...row('A30', REFUSED_CLOSE, { 'a folded header': withHeader('X-Fold: a\r\n b') }),
  ...row('A31', REFUSED_CLOSE, {
    'a space before the first header': bytes(`POST ${GENERATE} HTTP/1.1\r\n Host: x\r\n${KEY_LINE}\r\n\r\n`),
  }),
  ...row('A32', REFUSED_CLOSE, {
    'bare LF line endings': bytes(`GET /v1beta/models HTTP/1.1\nHost: x\n${KEY_LINE}\n\n`),
  }),
  ...row('A33', REFUSED_CLOSE, { 'a bare CR in a value': withHeader('X-Odd: a\rb') }),
  ...row('A34', REFUSED_CLOSE, {
    'NUL in a value': withHeader('X-Odd: a\x00b'),
    '0x01 in a value': withHeader('X-Odd: a\x01b'),
    'DEL in a value': withHeader('X-Odd: a\x7fb'),
  }),
  ...row('A35', REFUSED_CLOSE, {
    'a header without a name': withHeader(': value'),
    'a header without a colon': withHeader('X-Odd'),
    'a space in a name': withHeader('X Odd: a'),
  }),
  ...row('A36', [FORWARDED, REFUSED_CLOSE], {
    'a body with garbage behind': Buffer.concat([request(), bytes('GARBAGE\r\n\r\n')]),
  }),
  ...row(
    'A37',
    { status: [400, 'closed'], close: true },
    { 'a body shorter than its length': request().subarray(0, -10) },
    { fin: true },
  ),
]

const RANDOM = 'f39c01b77ee4528a0d9bd60271c3aa19805e4c33f0e2b6d75f1184a92cd36b70'

const protocols: Case[] = [
  ...row('A38', REFUSED_CLOSE, { 'the preface of HTTP/2': bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') }),
  ...row('A39', REFUSED_CLOSE, {
    'a TLS ClientHello': Buffer.from(`16030100f1010000ed0303${RANDOM}20${RANDOM}0022130113021303`, 'hex'),
    '64 random bytes': Buffer.from(RANDOM + RANDOM.split('').reverse().join(''), 'hex'),
  }),
  ...row(
    'A40',
    { status: [400, 408, 'closed'], close: true, withinMs: 10_000 },
    { 'HTTP/0.9': bytes('GET /\r\n') },
    { gateway: 'tight' },
  ),
  ...row(
    'A41',
    { status: [400, 505], close: true },
    { 'HTTP/2.0 in clear text': bytes('GET / HTTP/2.0\r\nHost: x\r\n\r\n') },
  ),
  ...row('A42', REFUSED_CLOSE, {
    'HTTP/1.2': request({ version: 'HTTP/1.2' }),
    'HTTP/9.9': request({ version: 'HTTP/9.9' }),
  }),
  // Node's parser skips any number; the time for the head bounds it.
  ...row('A43', FORWARDED, {
    'two leading line ends': Buffer.concat([bytes('\r\n\r\n'), request()]),
    '100 leading line ends': Buffer.concat([bytes('\r\n'.repeat(100)), request()]),
  }),
]

const tiny = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y`)
/** `count` headers in all, the key last. */
const keyLast = (count: number) =>
  request({
    method: 'GET',
    target: '/v1beta/models',
    without: ['key'],
    headers: [...tiny(count - 2), KEY_LINE],
  })

const sizes: Case[] = [
  ...row('A44', TOO_LARGE, {
    'a header of 17 KB': withHeader(`X-Large: ${'y'.repeat(17_000)}`),
    'an address of 17 KB': request({ target: `${GENERATE}?x=${'y'.repeat(17_000)}` }),
    '3 000 headers': request({ headers: tiny(3000) }),
  }),
  ...row('A45', TOO_LARGE, {
    '101 headers, the last one is the key': keyLast(101),
    '300 headers, the last one is the key': keyLast(300),
    '900 headers, the last one is the key': keyLast(900),
  }),
  ...row('A45', { status: 200, dispatched: 'any' }, { '99 headers, the last one is the key': keyLast(99) }),
]

const UPGRADE_KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13'
const NOT_UPGRADED: Expectation = {
  ...FORWARDED_WHOLE,
  arrivesHead: { not: /upgrade|websocket|http2-settings/i },
}

const connections: Case[] = [
  ...row('A46', NOT_UPGRADED, {
    'upgrade to h2c': withHeader(
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk',
    ),
    'upgrade to websocket': withHeader(`Connection: Upgrade\r\nUpgrade: websocket\r\n${UPGRADE_KEY}`),
  }),
  ...row(
    'A47',
    { ...FORWARDED_WHOLE, close: true, arrivesHead: { not: new RegExp(CLIENT_KEY) } },
    {
      'Connection names our key and the length': withHeader(
        'Connection: close, x-goog-api-key, content-length',
      ),
    },
  ),
  ...row(
    'A47',
    { ...FORWARDED_WHOLE, arrivesHead: { not: /x-goog-api-client/i } },
    {
      'Connection names a header that is forwarded otherwise': withHeader(
        'Connection: x-goog-api-client\r\nX-Goog-Api-Client: gl-node/24',
      ),
    },
  ),
  ...row('A48', { status: 417 }, { 'an unknown expectation': withHeader('Expect: 200-maybe') }),
  ...row(
    'A49',
    { status: [405, 'closed'], close: true },
    { CONNECT: bytes('CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n') },
    { method: 'CONNECT' },
  ),
  ...row('A50', [FORWARDED, FORWARDED, REFUSED_CLOSE], {
    '50 requests in one write, the third malformed': Buffer.concat([
      request(),
      request(),
      bytes(`POST ${GENERATE} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n`),
      ...Array.from({ length: 47 }, () => request()),
    ]),
  }),
]

export const rowsA: readonly Case[] = [
  ...lengths,
  ...codings,
  ...chunks,
  ...lines,
  ...protocols,
  ...sizes,
  ...connections,
]
