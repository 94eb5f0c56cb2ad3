/** Writes a streamed answer: Server-Sent Events in the one form that every client reads, or one JSON array. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Answer, HttpResponse } from '../../nouns.ts'
import { errorBody } from './errors.ts'
import { follow, type Writer } from './follow.ts'
import { JSON_TYPE } from './response.ts'

/** Between the two forms of an error and the cut: some clients look at each network read on its own. */
const ERROR_STEP_MS = 20

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

/** Blank lines between events, while none comes: they mean nothing to any client. */
const HEARTBEAT = '\n\n'
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

interface Heart {
  /** What was written last: only behind a whole event is a blank line nothing. */
  wrote(bytes: Buffer): void
  stop(): void
}

function beating(response: HttpResponse, everyMs: number): Heart {
  let timer: NodeJS.Timeout | undefined
  let isBetweenEvents = false
  const beat = () => {
    timer?.refresh()
    if (isBetweenEvents) response.write(HEARTBEAT)
  }
  return {
    wrote: (bytes) => {
      isBetweenEvents = endsWithBlankLine(bytes)
      if (everyMs === 0) return
      if (timer === undefined) timer = setTimeout(beat, everyMs)
      else timer.refresh()
    },
    stop: () => clearTimeout(timer),
  }
}

function endsWithBlankLine(bytes: Buffer): boolean {
  const last = bytes.length - 1
  if (bytes[last] !== LINE_FEED) return false
  return (
    bytes[last - 1] === LINE_FEED || (bytes[last - 1] === CARRIAGE_RETURN && bytes[last - 2] === LINE_FEED)
  )
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

/**
 * Writes the steps apart, then cuts the connection: a clean end would be taken for a whole answer. Each step sets the
 * timer of the next: timers of several lengths are not run in their order when the process is late.
 */
function breakOff(response: HttpResponse, [step, ...rest]: readonly string[], afterMs = 0): void {
  setTimeout(() => {
    if (step === undefined) return response.destroy()
    response.write(step)
    breakOff(response, rest, ERROR_STEP_MS)
  }, afterMs)
}
