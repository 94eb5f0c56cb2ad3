/** Writes a streamed answer: an upstream's own events where it speaks this wire, else the same in its form. */
import { createParser } from 'eventsource-parser'
import type { Held } from '../../nouns/held.ts'
import type { Chunk } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { breakOff } from '../break-off.ts'
import { follow, type Writer } from '../follow.ts'
import { beating } from '../heart.ts'
import type { EventWriter } from './endpoint.ts'
import { errorIn, failureOf, sendError } from './errors.ts'
import type { Encoding } from './response.ts'

export function encodeStream(encoding: Encoding, heartbeatMs: number): Promise<void> {
  const { asked, endpoint, answer, response, headers, held } = encoding
  const { 'content-length': _, ...shown } = answer.headers
  const isNative = answer.wire === endpoint.wire
  const events = endpoint.events?.(asked) as EventWriter
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
  const writer: Writer = {
    render: isNative ? (chunk) => chunk.bytes as Buffer : translating(events),
    chunk: (bytes) => {
      head()
      if (bytes.length === 0) return true
      heart.wrote(bytes)
      holding.note()
      return response.write(bytes)
    },
    end: (last) => {
      head()
      if (last !== undefined && last.length > 0) response.write(last)
      if (isNative) return response.end()
      const ends = events.end()
      if (typeof ends === 'string') return response.end(ends)
      return ends.then((text) => response.end(text))
    },
    fail: (error) => {
      if (!response.headSent) return sendError(error, undefined, asked.isGoogles, response, headers)
      breakOff(response, [
        events.fail(errorIn(failureOf(error, undefined, asked.isGoogles), asked.isGoogles)),
      ])
    },
  }
  return follow(answer.source, response, writer).finally(() => {
    heart.stop()
    holding.stop()
  })
}

/** Each chunk once, in order: what it says depends on what came before. */
function translating(events: EventWriter): (chunk: Chunk) => Buffer {
  const decoder = new TextDecoder()
  let said = ''
  const parser = createParser({
    onEvent: ({ data }) => {
      said += events.chunk(JSON.parse(data) as GenerateContentResponse)
    },
  })
  return ({ bytes, response }) => {
    said = ''
    if (bytes === undefined) said = events.chunk(response)
    else parser.feed(decoder.decode(bytes, { stream: true }))
    return Buffer.from(said)
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
