/** One request to an admin API in this very process: what stands for the edge when no gateway runs. */
import { randomUUID } from 'node:crypto'
import type { Admin } from '../admin/admin.ts'
import type { HttpRequest, HttpResponse } from '../nouns.ts'
import type { Received, Sink } from './admin-client.ts'

export interface LocalRequest {
  readonly method: string
  /** Below `/admin/v1`, percent-encoded, with the query. */
  readonly path: string
  readonly body?: object | undefined
}

/** Resolves to the whole answer; with `sink`, the body of a success goes there piece by piece instead. */
export function exchange(admin: Admin, asked: LocalRequest, sink?: Sink): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const response = responseInto(sink, resolve, reject)
  // Trusted: whoever may open the data may do everything with it.
  admin(requestOf(asked), response, true).catch(reject)
  return promise
}

function requestOf({ method, path, body }: LocalRequest): HttpRequest {
  const [pathname = '', query = ''] = path.split('?')
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  return {
    id: randomUUID(),
    clientRequestId: undefined,
    method,
    path: ['admin', 'v1', ...pathname.split('/').slice(1).map(decodeURIComponent)],
    query: new URLSearchParams(query),
    headers: { 'content-type': 'application/json', 'content-length': String(bytes.length) },
    remoteAddress: '127.0.0.1',
    receivedAtMs: performance.now(),
    origin: () => 'http://localhost',
    clientLeft: () => false,
    body: async (visit) => {
      visit?.(bytes)
      return bytes
    },
    consume: () => Promise.reject(new Error('nothing is uploaded to the admin API')),
  }
}

function responseInto(
  sink: Sink | undefined,
  resolve: (received: Received) => void,
  reject: (error: unknown) => void,
): HttpResponse {
  let status = 0
  const texts: string[] = []
  let drained = (): void => {}
  let left = (): void => {}
  const fail = (error: unknown): void => {
    reject(error)
    left()
  }
  const take = (piece: Buffer | string): boolean => {
    if (sink === undefined || status !== 200) return texts.push(piece.toString()) > 0
    const waiting = sink(piece)
    waiting?.then(() => drained(), fail)
    return waiting === undefined
  }
  return {
    get headSent() {
      return status > 0
    },
    bodyBytes: 0,
    head: (given) => {
      status = given
    },
    write: take,
    end: (piece) => {
      if (piece !== undefined) texts.push(piece.toString())
      resolve({ status, text: texts.join('') })
    },
    destroy: () => fail(new Error('the answer broke off')),
    onDrain: (listener) => {
      drained = listener
    },
    onClientLeft: (listener) => {
      left = listener
    },
    onHalfClosed: () => undefined,
  }
}
