/** An upstream that pours events as fast as they are taken, and counts what was taken. Tests of bounds need no more. */
import { createServer, type Socket } from 'node:net'
import { sseEvent } from './rig.ts'

export interface Flood {
  readonly url: string
  /** Bytes of the running answer that its socket got rid of. */
  readonly bytesTaken: number
  /** Connections that were closed. */
  readonly closed: number
  close(): Promise<void>
}

const EVENT = sseEvent({ text: `drop ${'x'.repeat(8_000)}`, total: 9 })
const EVENTS_A_PIECE = 16
const LAST = sseEvent({ text: 'over', total: 10, finish: 'STOP' })

/** Bytes of the body of an answer of so many pieces. */
export const bodyBytes = (pieces: number) => pieces * EVENT.length * EVENTS_A_PIECE + LAST.length

/** Without a number of pieces the answers never end. */
export async function startFlood(pieces = Number.POSITIVE_INFINITY): Promise<Flood> {
  const piece = chunk(EVENT.repeat(EVENTS_A_PIECE))
  let bytesTaken = 0
  let closed = 0
  const sockets = new Set<Socket>()

  function serve(socket: Socket): void {
    let left = pieces
    // The connection may have carried other answers before this one.
    let begunAtBytes = 0
    sockets.add(socket)
    const pour = () => {
      while (left > 0 && !socket.destroyed) {
        left--
        if (left === 0) socket.write(Buffer.concat([piece, chunk(LAST), Buffer.from('0\r\n\r\n')]))
        else if (!socket.write(piece)) break
      }
      bytesTaken = socket.bytesWritten - socket.writableLength - begunAtBytes
    }
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.includes('POST ')) return
      left = pieces
      begunAtBytes = socket.bytesWritten
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
      pour()
    })
    socket.on('drain', pour)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      closed++
    })
  }

  const server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    get bytesTaken() {
      return bytesTaken
    },
    get closed() {
      return closed
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function chunk(text: string): Buffer {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`)
}
