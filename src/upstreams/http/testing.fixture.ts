/** A raw upstream that answers with the bytes that it is told, and what an exchange makes of them. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { GatewayError } from '../../errors.ts'
import type { RetryHint } from '../../nouns/retry.ts'
import type { Answer } from '../../nouns.ts'
import { Exchange, type Protocol } from './exchange.ts'
import { openPool } from './pool.ts'

export interface Played {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  /** What was passed on, as text; objects as one line of JSON each. */
  readonly text: string
  readonly retryable: boolean
  readonly hint: RetryHint | undefined
  /** The answer never began, or broke later. */
  readonly error: GatewayError | undefined
  readonly reading: ReturnType<Answer['reading']> | undefined
  readonly requests: number
}

export interface PlayOptions {
  readonly protocol: Protocol
  /** Writes the answer; a text or bytes are written whole, and the socket stays open. */
  readonly answer: string | Buffer | ((socket: Socket) => void)
  readonly beginMs?: number
}

const PATIENCE_MS = 3_000

export async function play({ protocol, answer, beginMs = PATIENCE_MS }: PlayOptions): Promise<Played> {
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      requests++
      if (typeof answer === 'function') answer(socket)
      else socket.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const pool = openPool(origin, { timeouts: { connect: PATIENCE_MS }, connectionsMax: 1 })
  const exchange = new Exchange({
    name: 'up',
    protocol,
    timeouts: { begin: beginMs, idle: PATIENCE_MS, total: PATIENCE_MS },
    key: 'the-key',
  })
  try {
    pool.dispatch({ method: 'POST', path: '/', headers: {}, body: '{}' }, exchange)
    const heard = await hear(exchange)
    return { ...heard, requests }
  } finally {
    await pool.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

async function hear(exchange: Exchange): Promise<Omit<Played, 'requests'>> {
  let answer: Answer
  try {
    answer = await exchange.answer
  } catch (thrown) {
    const error = GatewayError.from(thrown)
    const nothing = {
      status: undefined,
      headers: {},
      text: '',
      retryable: error.retryable,
      hint: error.retry,
    }
    return { ...nothing, error, reading: undefined }
  }
  const pieces: string[] = []
  const add = (bytes: Buffer | undefined, response: object | undefined) => {
    if (bytes !== undefined) pieces.push(bytes.toString('latin1'))
    else if (response !== undefined)
      pieces.push(Buffer.from(`${JSON.stringify(response)}\n`).toString('latin1'))
  }
  const error = await new Promise<GatewayError | undefined>((resolve) => {
    answer.source.start({
      weigh: () => 0,
      chunk: ({ bytes, response }) => add(bytes, response),
      end: (last) => {
        add(last?.bytes, last?.response)
        resolve(undefined)
      },
      fail: (thrown) => resolve(GatewayError.from(thrown)),
    })
  })
  const { status, headers, retryable, hint } = answer
  const text = Buffer.from(pieces.join(''), 'latin1').toString('utf8')
  return { status, headers, retryable, hint, text, error, reading: answer.reading() }
}

/** One answer with its length. */
export function answerOf(
  body: string | Buffer,
  headers: readonly string[] = ['content-type: application/json'],
  status = 200,
): Buffer {
  const bytes = Buffer.from(body as string)
  const head = [`HTTP/1.1 ${status} Said`, ...headers, `content-length: ${bytes.length}`].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes])
}
