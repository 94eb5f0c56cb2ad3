/** Writes an answer of one body, as it came. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Answer, Chunk, HttpResponse } from '../nouns.ts'
import { follow } from './follow.ts'
import { JSON_TYPE } from './json.ts'

/** `fail`: what the client is told while nothing of the answer is out. */
export function writeWhole(
  answer: Answer,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
  fail: (error: Error) => void,
): Promise<void> {
  const { 'content-length': declared, ...shown } = answer.headers
  // Put together when the head goes out: the price of a whole answer is known by then.
  const head = (length: number | string | undefined) =>
    response.head(answer.status, {
      'content-type': JSON_TYPE,
      ...shown,
      ...headers,
      ...(length !== undefined && { 'content-length': length }),
    })
  return follow(answer.source, response, {
    render: bytesOf,
    chunk: (bytes) => {
      // Only a long answer comes in more than one piece; its length is the upstream's to say.
      if (!response.headSent) head(declared)
      return response.write(bytes)
    },
    end: (bytes) => {
      if (!response.headSent) head(bytes?.length ?? 0)
      response.end(bytes)
    },
    outlivesHalfClose: true,
    fail: (error) => {
      if (response.headSent) response.destroy()
      else fail(error)
    },
  })
}

export function bytesOf(chunk: Chunk): Buffer {
  return chunk.bytes ?? Buffer.from(JSON.stringify(chunk.response))
}
