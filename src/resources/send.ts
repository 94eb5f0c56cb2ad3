import type { HttpResponse } from '../nouns.ts'
import type { Reply } from './collection.ts'

/** Writes the reply; resolves to its status when the last byte is handed over or the client left. */
export async function send(
  { status = 200, headers, json, stream }: Reply,
  response: HttpResponse,
): Promise<number> {
  if (stream !== undefined) {
    response.head(status, { ...headers })
    await stream(response)
    return status
  }
  const body = json === undefined ? Buffer.alloc(0) : Buffer.from(`${JSON.stringify(json, undefined, 2)}\n`)
  response.head(status, {
    ...(json !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
    'content-length': body.length,
    ...headers,
  })
  response.end(body)
  return status
}
