/**
 * Which exchanges are under way on a socket: those that were sent behind another one wait for its end, and a parser's
 * error reaches the one it belongs to, or follows them.
 */
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
  /** Those of them that have not begun. */
  readonly waiting: (() => void)[]
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
    line = { open: 0, waiting: [], after: undefined, last: undefined, fault: undefined, onFault: undefined }
    LINES.set(socket, line)
  }
  return line
}

/** Requests that may wait on one connection. Nobody sends so many without reading an answer. */
const WAITING_MAX = 1_000

/** Calls `begin` at once, or when the answers to all that came before it on the same connection are over. */
export function beginExchange(message: IncomingMessage, response: ServerResponse, begin: () => void): void {
  const { socket } = message
  const line = lineOf(socket)
  line.open++
  line.last = message
  line.fault = undefined
  line.onFault = undefined
  response.once('close', () => {
    line.open--
    // Nobody could be told their answers: nothing is asked of anybody for them.
    if (socket.destroyed || socket.writableEnded) line.waiting.length = 0
    line.waiting.shift()?.()
    if (line.open > 0) return
    line.last = undefined
    line.onFault = undefined
    line.after?.()
  })
  if (line.open === 1) begin()
  else if (line.waiting.push(begin) > WAITING_MAX) socket.destroy()
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
