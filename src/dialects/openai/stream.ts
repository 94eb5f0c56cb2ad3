/** Writes a streamed answer: an upstream's own events where it speaks this wire, else the same in its form. */
import { createParser } from 'eventsource-parser'
import type { GatewayError } from '../../errors.ts'
import type { Held } from '../../nouns/held.ts'
import type { Chunk } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { breakOff } from '../break-off.ts'
import { follow, type Writer } from '../follow.ts'
import { beating } from '../heart.ts'
import type { EventWriter } from './endpoint.ts'
import { errorIn, failureOf, sendError } from './errors.ts'
import { type Encoding, notItsApi } from './response.ts'
import { isObject } from './values.ts'

export function encodeStream(encoding: Encoding, heartbeatMs: number): Promise<void> {
  const { asked, endpoint, answer, response, headers, held } = encoding
  const { 'content-length': _, ...shown } = answer.headers
  const isNative = answer.wire === endpoint.wire
  const events = endpoint.events?.(asked) as EventWriter
  const translation = isNative ? undefined : translating(events)
  const heart = beating(response, heartbeatMs)
  const holding = holdingOf(events, held)
  const head = () => {
    if (response.headSent) return
    response.head(answer.status, {
      ...(isNative ? { 'content-type': 'text/event-stream', ...shown } : shown),
      ...(!isNative && { 'content-type': 'text/event-stream; charset=utf-8' }),
      'cache-control': 'no-cache',
      ...headers,
    })
  }
  const fail = (error: Error) => {
    if (!response.headSent) return sendError(error, undefined, asked.isGoogles, response, headers)
    const told = errorIn(failureOf(error, undefined, asked.isGoogles), asked.isGoogles)
    breakOff(response, [events.fail(told)])
  }
  const writer: Writer = {
    render: translation?.render ?? ((chunk) => chunk.bytes as Buffer),
    chunk: (bytes) => {
      if (translation?.failure() === undefined || bytes.length > 0) head()
      if (bytes.length === 0) return true
      heart.wrote(bytes)
      holding.note()
      return response.write(bytes)
    },
    end: (last) => {
      const failure = translation?.failure()
      if (failure === undefined || (last !== undefined && last.length > 0)) head()
      if (last !== undefined && last.length > 0) response.write(last)
      if (failure !== undefined) return fail(failure)
      if (isNative) return response.end()
      const ends = events.end()
      if (typeof ends === 'string') return response.end(ends)
      return ends.then((text) => response.end(text))
    },
    fail,
  }
  return follow(answer.source, response, writer).finally(() => {
    heart.stop()
    holding.stop()
  })
}

interface Translating {
  render(chunk: Chunk): Buffer
  /** What came that is no chunk of Gemini's: nothing is said after it, and the stream must not end well. */
  failure(): GatewayError | undefined
}

/** Each chunk once, in order: what it says depends on what came before. */
function translating(events: EventWriter): Translating {
  const decoder = new TextDecoder()
  let said = ''
  let failure: GatewayError | undefined
  const say = (read: () => GenerateContentResponse) => {
    if (failure !== undefined) return
    try {
      const response = read()
      if (!isObject(response)) throw new TypeError('no JSON object')
      said += events.chunk(response)
    } catch (cause) {
      failure = notItsApi(cause)
    }
  }
  const parser = createParser({ onEvent: ({ data }) => say(() => JSON.parse(data)) })
  return {
    render({ bytes, response }) {
      said = ''
      if (bytes === undefined) say(() => response)
      else parser.feed(decoder.decode(bytes, { stream: true }))
      return Buffer.from(said)
    },
    failure: () => failure,
  }
}

/** What the events keep for their end is counted with all that waits here. */
function holdingOf(events: EventWriter, held: Held): { note(): void; stop(): void } {
  let counted = 0
  const count = (bytes: number) => {
    if (bytes > counted) held.add(bytes - counted)
    else held.give(counted - bytes)
    counted = bytes
  }
  return { note: () => count(events.heldBytes ?? 0), stop: () => count(0) }
}
