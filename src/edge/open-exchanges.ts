/** Which sockets have answers under way, so that a parser's error is written after them and not among them. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const OPEN = new WeakMap<Socket, number>()
const AFTER = new WeakMap<Socket, () => void>()

export function beginExchange(socket: Socket, response: ServerResponse): void {
  OPEN.set(socket, (OPEN.get(socket) ?? 0) + 1)
  response.once('close', () => {
    const left = (OPEN.get(socket) ?? 1) - 1
    OPEN.set(socket, left)
    if (left === 0) AFTER.get(socket)?.()
  })
}

/** Runs `action` as soon as no answer is under way on the socket; at once when there is none. */
export function afterExchanges(socket: Socket, action: () => void): void {
  if ((OPEN.get(socket) ?? 0) === 0) action()
  else AFTER.set(socket, action)
}
