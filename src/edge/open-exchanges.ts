/** Which exchanges are under way on a socket, so that a parser's error reaches the one it belongs to, or follows them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { GatewayError } from '../errors.ts'

interface Line {
  /** Exchanges whose answer is not over. */
  open: number
  /** The request that came last: a fault in a body is a fault in this one's. */
  last: IncomingMessage
  after: (() => void) | undefined
}

const LINES = new WeakMap<Socket, Line>()
const FAULTS = new WeakMap<IncomingMessage, GatewayError>()
const READERS = new WeakMap<IncomingMessage, (fault: GatewayError) => void>()

export function beginExchange(message: IncomingMessage, response: ServerResponse): void {
  const { socket } = message
  const line: Line = LINES.get(socket) ?? { open: 0, last: message, after: undefined }
  line.open++
  line.last = message
  LINES.set(socket, line)
  response.once('close', () => {
    line.open--
    if (line.open === 0) line.after?.()
  })
}

/** Runs `action` as soon as no answer is under way on the socket; at once when there is none. */
export function afterExchanges(socket: Socket, action: () => void): void {
  const line = LINES.get(socket)
  if (line === undefined || line.open === 0) action()
  else line.after = action
}

/**
 * Tells the request whose body was still coming that nothing more of it can be understood.
 * False when there is none: then the fault is in a request that has not begun.
 */
export function breakBody(socket: Socket, fault: GatewayError): boolean {
  const line = LINES.get(socket)
  if (line === undefined || line.open === 0 || line.last.complete) return false
  FAULTS.set(line.last, fault)
  READERS.get(line.last)?.(fault)
  return true
}

/** Calls `onFault` when the body of this request breaks, or has broken already. */
export function watchBody(message: IncomingMessage, onFault: (fault: GatewayError) => void): void {
  const fault = FAULTS.get(message)
  if (fault !== undefined) onFault(fault)
  else READERS.set(message, onFault)
}
