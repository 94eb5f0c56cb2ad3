/** The answer to bytes that Node's parser refused: there is no request, so the socket itself is written to. */
import { randomUUIDv7 } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../errors.ts'
import { afterExchanges, breakBody } from './open-exchanges.ts'

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** How long a refused client may take to read its error before the socket is cut. */
const LINGER_MS = 500

/**
 * A listener for `clientError`: one JSON error in Google's shape, then close. A fault in a body belongs to the request
 * that is being read; any other fault is answered after every answer already under way.
 */
export function clientErrorAnswer(cause: NodeJS.ErrnoException, stream: Duplex): void {
  const socket = stream as Socket
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const error = describe(cause.code)
  if (breakBody(socket, error)) return
  afterExchanges(socket, () => {
    if (socket.writable) socket.end(render(error))
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  })
}

function describe(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError('header_too_large', 'The request head is too large.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new GatewayError('request_timeout', 'The request head came too slowly.')
  }
  return new GatewayError('invalid_argument', 'The request is not well-formed HTTP/1.1.')
}

function render(error: GatewayError): string {
  const body = JSON.stringify({ error: { code: error.http, message: error.message, status: error.status } })
  return [
    `HTTP/1.1 ${error.http} ${REASONS[error.http]}`,
    'content-type: application/json; charset=UTF-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${randomUUIDv7()}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
