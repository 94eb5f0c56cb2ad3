/** U01 to U15, U39: nobody there, no answer, or none that is HTTP as it should be. */
import { gzipSync } from 'node:zlib'
import { good, head, JSON_TYPE, message, says, saysAnd } from '../../src/cli/faults/bytes.ts'
import { ATTEMPTS_MAX, type FaultRow, refused, unavailable, whole } from './row.ts'

/** Lowered in the gateway's configuration, in milliseconds. */
export const CONNECT_MS = 300
export const FIRST_BYTE_MS = 700
const SLACK_MS = 2_500
/** The client library looks at its clock so seldom. */
const CONNECT_TICK_MS = 1_000

const neverSent = () => unavailable({ requestsMax: 0, isExposed: false })
const noAnswer = () => unavailable({ isExposed: true })
/** On a socket that was used before, the first time may be repeated beyond the count: it looks like a stale one. */
const noWord = () => unavailable({ isExposed: true, requestsMax: ATTEMPTS_MAX + 1 })

const interim = (count: number) => head(103, [['link', '</x>; rel=preload']]).repeat(count)

export const SILENT_ROWS: readonly FaultRow[] = [
  { name: 'U01 refused', place: 'refused', sees: neverSent },
  { name: 'U02 no such host', place: 'unresolved', sees: neverSent },
  {
    name: 'U03 black hole',
    place: 'black-hole',
    sees: () => ({
      ...neverSent(),
      tookMs: [CONNECT_MS - 50, 3 * (CONNECT_MS + CONNECT_TICK_MS) + SLACK_MS],
    }),
  },
  {
    name: 'U04 plain text where TLS is',
    place: 'plain-as-tls',
    play: says(good),
    sees: () => ({ ...neverSent(), text: /^(?!.*(?:SSL|certificate))/is }),
  },
  {
    name: 'U04 self-signed',
    place: 'self-signed',
    play: says(good),
    sees: () => ({ ...neverSent(), text: /^(?!.*(?:SSL|certificate|CN=))/is }),
  },
  {
    name: 'U05 silence',
    play: () => () => undefined,
    sees: () =>
      refused(504, {
        rpc: ['DEADLINE_EXCEEDED'],
        requestsMax: 1,
        isExposed: true,
        tookMs: [FIRST_BYTE_MS - 250, FIRST_BYTE_MS + SLACK_MS],
      }),
  },
  { name: 'U06 reset before the head', play: () => (line) => line.reset(), sees: noWord },
  { name: 'U07 FIN before the head', play: () => (line) => line.fin(), sees: noWord },
  { name: 'U08 half a status line', play: saysAnd('fin', () => 'HTTP/1.1 20'), sees: noAnswer },
  { name: 'U09 not HTTP', play: saysAnd('fin', () => 'SSH-2.0-OpenSSH_9.9\r\n'), sees: noAnswer },
  ...['099', '600', '999'].map(
    (status): FaultRow => ({
      name: `U10 status ${status}`,
      play: says(() => message(status, '{}')),
      sees: () => unavailable(),
    }),
  ),
  {
    name: 'U11 a hundred early hints',
    play: says((cell) => Buffer.concat([Buffer.from(interim(100)), good(cell)])),
    sees: () => whole(),
  },
  {
    name: 'U11 too many early hints',
    play: says((cell) => Buffer.concat([Buffer.from(interim(1_001)), good(cell)])),
    sees: () => unavailable(),
  },
  {
    name: 'U12 headers of 20 KiB',
    play: says(() => message(200, '{}', [JSON_TYPE, ['x-long', 'x'.repeat(20 * 1024)]])),
    sees: noAnswer,
  },
  {
    name: 'U12 NUL in a header',
    play: says(() => message(200, '{}', [JSON_TYPE, ['x-nul', 'a\0b']])),
    sees: noAnswer,
  },
  {
    name: 'U13 length and chunks',
    play: says(() => message(200, '{}', [JSON_TYPE, ['transfer-encoding', 'chunked']])),
    sees: noAnswer,
  },
  {
    name: 'U13 two lengths',
    play: says(() => message(200, '{}', [JSON_TYPE, ['content-length', '7']])),
    sees: noAnswer,
  },
  { name: 'U14 204', play: saysAnd('fin', () => message(204, '{"a":1}')), sees: () => unavailable() },
  { name: 'U14 304', play: saysAnd('fin', () => message(304, '{"a":1}')), sees: () => unavailable() },
  { name: 'U14 empty 200', play: says(() => message(200, '')), sees: () => unavailable() },
  ...[301, 302, 307, 308].map(
    (status): FaultRow => ({
      name: `U15 redirect ${status}`,
      // The canary's address is put in by whoever knows it.
      play: says(() => message(status, '', [['location', CANARY_ADDRESS]])),
      sees: () => unavailable(),
    }),
  ),
  {
    name: 'U15 a redirect is not tried again',
    place: 'own',
    play: says(() => message(302, '', [['location', CANARY_ADDRESS]])),
    sees: () => unavailable({ requestsMax: 1 }),
  },
  {
    name: 'U39 a plain body said to be gzip',
    play: says(() => message(200, '{"not":"gzip"}', [JSON_TYPE, ['content-encoding', 'gzip']])),
    sees: () => unavailable(),
  },
  {
    name: 'U39 half of a gzip',
    play: says(({ words }) => {
      const zipped = gzipSync(words.whole('text'))
      return message(200, zipped.subarray(0, zipped.length >> 1), [JSON_TYPE, ['content-encoding', 'gzip']])
    }),
    modes: ['unary'],
    sees: () => unavailable(),
  },
  {
    name: 'U39 ten codings',
    play: says(() =>
      message(200, '{}', [JSON_TYPE, ['content-encoding', Array(10).fill('gzip').join(', ')]]),
    ),
    sees: () => unavailable(),
  },
  {
    name: 'U39 an unknown coding',
    play: says(() => message(200, '{}', [JSON_TYPE, ['content-encoding', 'snappy']])),
    sees: () => unavailable(),
  },
]

/** Set before the first request is played: where redirects lead. */
let CANARY_ADDRESS = 'http://127.0.0.1:9/'
export function redirectTo(address: string): void {
  CANARY_ADDRESS = address
}
