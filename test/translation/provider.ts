/** A provider for one test: takes notes of what it is sent and answers as it was told, on a real socket. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Reply } from './case.ts'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Provider {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  readonly received: readonly Received[]
  /** What comes next is noted anew, and answered so. A function sees the request. */
  expect(replies: readonly Reply[] | ((received: Received) => Reply)): void
  close(): void
}

const NOTHING_LEFT: Reply = { status: 418, body: { error: { message: 'nobody said what to answer' } } }

export async function startProvider(): Promise<Provider> {
  let received: Received[] = []
  let replies: readonly Reply[] | ((received: Received) => Reply) = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString()
    const one = {
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    received.push(one)
    const reply = typeof replies === 'function' ? replies(one) : replies[received.length - 1]
    await answer(response, reply ?? NOTHING_LEFT)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received
    },
    expect(next) {
      received = []
      replies = next
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers, body, events, isBroken } = reply
  const type = events === undefined ? 'application/json' : 'text/event-stream'
  response.writeHead(status, { 'content-type': type, ...headers })
  const text = events === undefined ? JSON.stringify(body) : events.map(eventText).join('')
  for (const piece of pieces(Buffer.from(text), reply.pieceBytes)) await written(response, piece)
  if (isBroken) response.destroy()
  else response.end()
}

function eventText({ event, data }: NonNullable<Reply['events']>[number]): string {
  const line = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${line}\n\n`
}

function pieces(bytes: Buffer, length = bytes.length || 1): Buffer[] {
  const count = Math.ceil(bytes.length / length)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length))
}

/** Resolves when the bytes are with the operating system: what is cut off behind them does not take them along. */
function written(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve) => response.write(piece, () => resolve()))
}
