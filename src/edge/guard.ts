/**
 * The framing guard: what Node's parser lets through and two servers in a row could read differently.
 * One pass over the raw headers of each request, before anything trusts them.
 */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'

/** Headers of which a second one is never innocent: one reader takes the first, another the last. */
const ONCE = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'transfer-encoding',
  'x-goog-api-key',
  'x-server-timeout',
])

/** With an underscore these become framing or identity to the servers that turn `_` into `-`. */
const UNDERSCORE_TWINS = new Set([
  ...ONCE,
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'x-forwarded-for',
])

/** `host[:port]` and nothing else: no user info, path, query or fragment. */
export const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])

/** Throws `GatewayError` (400) when the head is ambiguous. The connection should be closed after that. */
export function guardFraming(message: IncomingMessage): void {
  if (message.httpVersionMajor !== 1) throw ambiguous('Only HTTP/1.0 and HTTP/1.1 are spoken here.')
  if (!METHODS.has(message.method ?? '')) throw ambiguous('The method is not known.')
  const raw = message.rawHeaders
  let seen = 0
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase()
    if (name.includes('_') && UNDERSCORE_TWINS.has(name.replaceAll('_', '-'))) {
      throw ambiguous('A header name with an underscore imitates another header.')
    }
    if (!ONCE.has(name)) continue
    const bit = ONCE_BITS.get(name) as number
    if (seen & bit) throw ambiguous(`The header ${name} must not be repeated.`)
    seen |= bit
  }
  guardHost(message)
  guardTransferEncoding(message)
}

const ONCE_BITS = new Map([...ONCE].map((name, index) => [name, 1 << index]))

function guardHost(message: IncomingMessage): void {
  const host = message.headers.host
  if (host === undefined ? message.httpVersionMinor > 0 : !HOST.test(host)) {
    throw ambiguous('The Host header is missing or malformed.')
  }
}

function guardTransferEncoding(message: IncomingMessage): void {
  const coding = message.headers['transfer-encoding']
  if (coding === undefined) return
  if (message.httpVersionMinor === 0) throw ambiguous('HTTP/1.0 has no transfer encoding.')
  if (coding.trim().toLowerCase() !== 'chunked')
    throw ambiguous('Only the transfer encoding "chunked" is taken.')
}

function ambiguous(message: string): GatewayError {
  return new GatewayError('invalid_argument', message)
}
