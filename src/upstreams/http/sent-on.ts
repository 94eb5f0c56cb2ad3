/**
 * On which socket a request went out. A kept connection may be closed by the upstream in the very moment in which a
 * request is put on it: that request was never read, and may be sent again.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Published by the client library within the same turn in which it announces the start of a request. */
const CHANNEL = 'undici:client:sendHeaders'
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

export interface SentOn {
  /** Undefined until the head was written. */
  socket: Pick<Socket, 'bytesRead'> | undefined
  /** What the socket had brought before: nothing, when it is a new one. */
  bytesRead: number
}

let expected: SentOn | undefined

subscribe(CHANNEL, (message) => {
  if (expected === undefined) return
  const { socket } = message as { readonly socket: Socket }
  expected.socket = socket
  expected.bytesRead = socket.bytesRead
  expected = undefined
})

/** Call it when the start of a request is announced: it is filled when its head is written. */
export function expectSocket(): SentOn {
  expected = { socket: undefined, bytesRead: 0 }
  return expected
}

/** Whether a kept connection was closed before a byte of the answer came. */
export function wasStale({ socket, bytesRead }: SentOn, { code }: Error & { code?: string }): boolean {
  return bytesRead > 0 && socket?.bytesRead === bytesRead && code !== undefined && CLOSED.has(code)
}
