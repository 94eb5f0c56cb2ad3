import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { fails } from '../nouns.fixture.ts'
import { guardFraming } from './guard.ts'

/** A head as Node's parser hands it over. */
function messageOf(lines: readonly string[], rest: Partial<IncomingMessage> = {}): IncomingMessage {
  const pairs = lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])
  const headers: Record<string, string> = {}
  for (const [name, value] of pairs) headers[name.toLowerCase()] ??= value
  const message = {
    method: 'POST',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    rawHeaders: pairs.flat(),
    headers,
    ...rest,
  }
  return message as IncomingMessage
}

const HOST = 'Host: gateway.example:4080'
const PASS: readonly [string, IncomingMessage][] = [
  ['an ordinary head', messageOf([HOST, 'Content-Length: 3', 'X-Other: 1', 'x-other: 2'])],
  ['an IPv6 host', messageOf(['Host: [::1]:4080'])],
  ['HTTP/1.0 without a host', messageOf(['X: y'], { httpVersionMinor: 0 })],
  ['chunked in any case', messageOf([HOST, 'Transfer-Encoding:  Chunked'])],
  ['underscores that imitate nothing', messageOf([HOST, 'x_request_id: 1', 'content_md5: 2'])],
]
for (const [name, message] of PASS) test(`[EDGE-FRAMING-01] passes ${name}`, () => guardFraming(message))

const REFUSED: readonly [string, IncomingMessage][] = [
  ['A02 two lengths, even when they are equal', messageOf([HOST, 'Content-Length: 3', 'content-length: 3'])],
  ['two hosts', messageOf([HOST, 'host: gateway.example:4080'])],
  ['two keys', messageOf([HOST, 'x-goog-api-key: a', 'X-Goog-Api-Key: a'])],
  ['two authorizations', messageOf([HOST, 'authorization: a', 'Authorization: b'])],
  ['content_length', messageOf([HOST, 'content_length: 3'])],
  ['Transfer_Encoding', messageOf([HOST, 'Transfer_Encoding: chunked'])],
  ['x_goog_api_key', messageOf([HOST, 'x_goog_api_key: a'])],
  ['x_forwarded_for', messageOf([HOST, 'x_forwarded_for: 1.1.1.1'])],
  ['no host', messageOf(['X: y'])],
  ['an empty host', messageOf(['Host: '])],
  ['a host with user info', messageOf(['Host: a@b'])],
  ['a host with a path', messageOf(['Host: a/b'])],
  ['a host with a wild port', messageOf(['Host: a:123456'])],
  ['two codings', messageOf([HOST, 'Transfer-Encoding: gzip, chunked'])],
  ['identity', messageOf([HOST, 'Transfer-Encoding: identity'])],
  ['a coding in HTTP/1.0', messageOf([HOST, 'Transfer-Encoding: chunked'], { httpVersionMinor: 0 })],
  ['an unknown method', messageOf([HOST], { method: 'PROPFIND' })],
  ['another protocol', messageOf([HOST], { httpVersionMajor: 2 })],
]
for (const [name, message] of REFUSED) {
  test(`[EDGE-FRAMING-01] refuses ${name}`, () =>
    assert.throws(() => guardFraming(message), fails('invalid_argument')))
}
