/** Table I: compressed requests. None is accepted, so nothing is ever decompressed for a stranger. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { BODY, type Case, type Expectation, FORWARDED, REFUSED, request, row } from './case.ts'

const COMPRESSED: Expectation = { status: 400, message: /^Request bodies must not be compressed/ }
const MIB = 1024 * 1024

const coded = (coding: string, body: Buffer | string, ...more: string[]) =>
  request({ body, headers: [`Content-Encoding: ${coding}`, ...more] })

const GZIP = gzipSync(BODY)
const BOMB = gzipSync(Buffer.alloc(20 * MIB + 1, ' '), { level: 9 })
const EMPTY_MEMBER = gzipSync('')

export const rowsI: readonly Case[] = [
  ...row('I01', COMPRESSED, { gzip: coded('gzip', GZIP), 'x-gzip': coded('x-gzip', GZIP) }),
  ...row('I02', COMPRESSED, { 'a plain body that is called gzip': coded('gzip', BODY) }),
  ...row('I03', COMPRESSED, { 'gzip that was cut': coded('gzip', GZIP.subarray(0, -9)) }),
  ...row('I04', COMPRESSED, { 'a bomb of 20 MiB': coded('gzip', BOMB) }, { measured: true }),
  ...row('I05', COMPRESSED, {
    'gzip twice': coded('gzip, gzip', gzipSync(GZIP)),
    'gzip 100 times': coded(Array(100).fill('gzip').join(', '), GZIP),
  }),
  ...row('I05', REFUSED, { 'two headers': coded('gzip', gzipSync(GZIP), 'Content-Encoding: gzip') }),
  ...row('I06', COMPRESSED, {
    br: coded('br', brotliCompressSync(BODY)),
    zstd: coded('zstd', zstdCompressSync(BODY)),
    deflate: coded('deflate', deflateSync(BODY)),
    compress: coded('compress', BODY),
    foo: coded('foo', BODY),
    'nothing and gzip': coded(', gzip', GZIP),
  }),
  ...row(
    'I06',
    { ...FORWARDED, arrives: Buffer.from(BODY) },
    {
      identity: coded('identity', BODY),
      'identity in capitals': coded('IDENTITY', BODY),
    },
  ),
  ...row('I07', COMPRESSED, {
    'many empty members': coded('gzip', Buffer.concat(Array(10_000).fill(EMPTY_MEMBER))),
    'garbage behind the end': coded('gzip', Buffer.concat([GZIP, Buffer.alloc(1_000, 'x')])),
  }),
  ...row('I08', COMPRESSED, { 'gzip inside of gzip': coded('gzip', gzipSync(gzipSync(BOMB))) }),
  ...row(
    'I09',
    COMPRESSED,
    {
      'the length of what comes out': request({
        body: GZIP,
        headers: ['Content-Encoding: gzip', `Content-Length: ${BODY.length}`],
        without: ['length'],
      }),
    },
    { fin: true },
  ),
]
