import type { HttpResponse } from '../nouns.ts'
import { printExactJson } from '../wire/exact-json.ts'
import type { Reply } from './endpoint.ts'

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** Writes the whole answer. Rejects with what broke a stream; then the head is out. */
export async function send(response: HttpResponse, { status, body, stream, headers }: Reply): Promise<void> {
  if (stream !== undefined) {
    response.head(status, { ...COMMON, ...headers })
    return pour(stream, response)
  }
  if (body === undefined) {
    response.head(status, { ...COMMON, ...headers })
    return response.end()
  }
  const bytes = Buffer.from(printExactJson(body))
  const content = { 'content-type': 'application/json', 'content-length': String(bytes.length) }
  response.head(status, { ...COMMON, ...content, ...headers })
  response.end(bytes)
}

/** As fast as the client takes it, and no further than it stays. */
async function pour(pieces: AsyncIterable<string>, response: HttpResponse): Promise<void> {
  let isGone = false
  let wake = (): void => {}
  response.onDrain(() => wake())
  response.onClientLeft(() => {
    isGone = true
    wake()
  })
  for await (const piece of pieces) {
    const room = new Promise<void>((resolve) => {
      wake = resolve
    })
    if (isGone) return
    if (!response.write(piece)) await room
    if (isGone) return
  }
  if (!isGone) response.end()
}
