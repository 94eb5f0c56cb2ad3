/** Places where no upstream answers: a deaf port, a name that nobody has, a door with the wrong lock. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { type FaultUpstream, startFaultUpstream } from '../../src/cli/faults/upstream.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './fault-certificate.ts'

/** A label may have 63 characters; no resolver looks for this one. */
export const UNRESOLVED_HOST = `${'a'.repeat(64)}.invalid`

export interface BlackHole {
  readonly port: number
  close(): Promise<void>
}

/** The queue of a listener takes one more than it is told. */
const BACKLOG = 1
const FILL = BACKLOG + 1

/** Listens, then never accepts: its thread sleeps, and once the queue is full, Linux drops every SYN. */
const DEAF = `
const { createServer } = require('node:net')
const { parentPort } = require('node:worker_threads')
const server = createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: ${BACKLOG} }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

export async function startBlackHole(): Promise<BlackHole> {
  const worker = new Worker(DEAF, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const sockets: Socket[] = []
  for (let filled = 0; filled < FILL; filled++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
  }
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await worker.terminate()
    },
  }
}

/** A port that was somebody's a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? address!.port : 0
}

export function startSelfSigned(): Promise<FaultUpstream> {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY })
  server.on('tlsClientError', () => undefined)
  return startFaultUpstream({ server, play: () => undefined })
}
