/** `fetch` for libraries that ask for tokens: by way of the egress, with no redirect followed and small answers only. */
import { Agent } from 'undici'
import type { Egress } from './egress.ts'

const ANSWER_BYTES_MAX = 1024 * 1024
const CONNECTIONS_PER_HOST_MAX = 8
/** Statuses whose answers have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** `waitMs`: for a connection, and then for each part of the answer. */
export function createEgressFetch(egress: Egress, waitMs: number): typeof globalThis.fetch {
  // Nothing is kept open: tokens are asked for once an hour.
  const agent = new Agent({
    ...{ connect: egress.connector(waitMs), connections: CONNECTIONS_PER_HOST_MAX, pipelining: 0 },
    ...{ headersTimeout: waitMs, bodyTimeout: waitMs },
  })
  return async (input, init) => {
    const request = new Request(input, init)
    const { origin, pathname, search } = new URL(request.url)
    const body = Buffer.from(await request.arrayBuffer())
    const answer = await agent.request({
      ...{ origin, path: pathname + search, method: request.method as 'GET', signal: request.signal },
      headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
      body: body.length > 0 ? body : null,
    })
    const bytes = await whole(answer.body)
    const { statusCode: status } = answer
    return new Response(BODILESS.has(status) ? null : bytes, { status, headers: headersOf(answer.headers) })
  }
}

async function whole(body: AsyncIterable<Buffer>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function headersOf(received: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(received)) {
    for (const one of [value ?? []].flat()) headers.append(name, one as string)
  }
  return headers
}
