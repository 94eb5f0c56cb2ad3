/** Writes a streamed answer: Server-Sent Events in the one form that every client reads, or one JSON array. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Answer, HttpResponse } from '../../nouns.ts'
import { breakOff } from '../break-off.ts'
import { follow, type Writer } from '../follow.ts'
import { beating, type Heart } from '../heart.ts'
import { JSON_TYPE } from '../json.ts'
import { errorBody } from './errors.ts'

export function encodeStream(
  answer: Answer,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
  heartbeatMs: number,
): Promise<void> {
  const { 'content-length': _, ...shown } = answer.headers
  const isSse = answer.delivery === 'sse'
  const type = isSse ? 'text/event-stream' : JSON_TYPE
  const head = (whole?: Buffer) => {
    if (response.headSent) return
    // A stream that came as a whole needs no chunks.
    const length = whole === undefined ? undefined : { 'content-length': whole.length }
    response.head(answer.status, { 'content-type': type, ...shown, ...headers, ...length })
  }
  if (!isSse) return follow(answer.source, response, arrayWriter(response, head))
  const heart = beating(response, heartbeatMs)
  return follow(answer.source, response, sseWriter(response, head, heart)).finally(heart.stop)
}

function sseWriter(response: HttpResponse, head: (whole?: Buffer) => void, heart: Heart): Writer {
  return {
    render: (chunk) => chunk.bytes ?? Buffer.from(`data: ${JSON.stringify(chunk.response)}\r\n\r\n`),
    chunk: (bytes) => {
      head()
      heart.wrote(bytes)
      return response.write(bytes)
    },
    end: (last) => {
      head(last)
      response.end(last)
    },
    fail: (error) => {
      head()
      const body = errorBody(error)
      breakOff(response, [`data: ${JSON.stringify(body)}\r\n\r\n`, `${JSON.stringify(body, undefined, 2)}\n`])
    },
  }
}

function arrayWriter(response: HttpResponse, head: () => void): Writer {
  let elements = 0
  let isNative = false
  return {
    render: (chunk) => {
      if (chunk.bytes !== undefined) {
        isNative = true
        return chunk.bytes
      }
      return Buffer.from(`${elements++ === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk.response)}`)
    },
    chunk: (bytes) => {
      head()
      return response.write(bytes)
    },
    end: (last) => {
      head()
      if (last !== undefined) response.write(last)
      if (isNative) response.end()
      else response.end(elements === 0 ? '[]\n' : '\n]\n')
    },
    fail: (error) => {
      head()
      const opening = elements === 0 && !isNative ? '[' : ',\r\n'
      breakOff(response, [`${opening}${JSON.stringify(errorBody(error), undefined, 2)}`, '\n]\n'])
    },
  }
}
