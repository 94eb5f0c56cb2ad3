/** Which exchanges are under way on a socket, so that a parser's error reaches the one it belongs to, or follows them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { GatewayError } from '../errors.ts'

/**
 * One for each socket, kept as long as the socket. Nothing is kept by request: a weak map whose keys come and go by
 * the thousand costs the collector more than the requests themselves.
 */
interface Line {
  /** Exchanges whose answer is not over. */
  open: number
  after: (() => void) | undefined
  /** The request that came last: a fault in a body is a fault in this one's. */
  last: IncomingMessage | undefined
  fault: GatewayError | undefined
  onFault: ((fault: GatewayError) => void) | undefined
}

const LINES = new WeakMap<Socket, Line>()

function lineOf(socket: Socket): Line {
  let line = LINES.get(socket)
  if (line === undefined) {
    line = { open: 0, after: undefined, last: undefined, fault: undefined, onFault: undefined }
    LINES.set(socket, line)
  }
  return line
}

export function beginExchange(message: IncomingMessage, response: ServerResponse): void {
  const line = lineOf(message.socket)
  line.open++
  line.last = message
  line.fault = undefined
  line.onFault = undefined
  response.once('close', () => {
    line.open--
    if (line.open > 0) return
    line.last = undefined
    line.onFault = undefined
    line.after?.()
  })
}

/** Runs `action` as soon as no answer is under way on the socket; at once when there is none. */
export function afterExchanges(socket: Socket, action: () => void): void {
  const line = lineOf(socket)
  if (line.open === 0) action()
  else line.after = action
}

/**
 * Tells the request whose body was still coming that nothing more of it can be understood.
 * False when there is none: then the fault is in a request that has not begun.
 */
export function breakBody(socket: Socket, fault: GatewayError): boolean {
  const line = lineOf(socket)
  if (line.last === undefined || line.last.complete) return false
  line.fault = fault
  line.onFault?.(fault)
  return true
}

/** Calls `onFault` when the body of this request breaks, or has broken already. */
export function watchBody(message: IncomingMessage, onFault: (fault: GatewayError) => void): void {
  const line = lineOf(message.socket)
  if (line.last !== message) return
  if (line.fault !== undefined) onFault(line.fault)
  else line.onFault = onFault
}
