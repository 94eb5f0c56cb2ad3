/** What money reads of an answer, by every way that an answer comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '../../nouns.ts'
import type { AnswerReader } from '../http/exchange.ts'
import { UnaryReader } from './response.ts'
import { ArrayReader, SseReader } from './stream.ts'

const EVENT_BYTES_MAX = 32 * 1024 * 1024

const USAGE = {
  promptTokenCount: 1_000,
  cachedContentTokenCount: 10,
  candidatesTokenCount: 1_290,
  thoughtsTokenCount: 5,
  toolUsePromptTokenCount: 7,
  totalTokenCount: 2_302,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 742 },
    { modality: 'IMAGE', tokenCount: 258 },
  ],
  candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }],
  cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 10 }],
  serviceTier: 'standard',
  unknownMember: { kept: ['as', 'it', 'is'] },
}
const FACTS = { usesSearch: true, candidateCount: 1 }
const IMAGE = { inlineData: { mimeType: 'image/png', data: 'A'.repeat(400_000) } }
const SOUND = { inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data: 'A'.repeat(8_000) } }

type Message = Record<string, unknown>
const chunk = (candidate: Message, rest: Message = {}): Message => ({ candidates: [candidate], ...rest })
const said = (...parts: Message[]): Message => chunk({ content: { role: 'model', parts } })
const END = chunk({ finishReason: 'STOP' }, { usageMetadata: USAGE })

interface Way {
  readonly make: () => AnswerReader
  readonly write: (messages: readonly Message[]) => string
}
const WAYS: Readonly<Record<string, Way>> = {
  sse: {
    make: () => new SseReader('up', () => undefined, FACTS, EVENT_BYTES_MAX),
    write: (messages) => messages.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join(''),
  },
  array: {
    make: () => new ArrayReader('up', () => undefined),
    write: (messages) => JSON.stringify(messages),
  },
  unary: {
    make: () => new UnaryReader('up', () => undefined),
    write: (messages) => JSON.stringify(merged(messages)),
  },
}

/** The unary answer that a stream is cut from. */
function merged(messages: readonly Message[]): Message {
  const first = (one: Message) => (one.candidates as Message[] | undefined)?.[0] ?? {}
  const candidate: Message = {}
  const parts: Message[] = []
  const metadata: Record<string, unknown[]> = {}
  for (const one of messages) {
    const { content, groundingMetadata = {}, ...rest } = first(one)
    Object.assign(candidate, rest)
    parts.push(...((content as { parts: Message[] } | undefined)?.parts ?? []))
    for (const [name, list] of Object.entries(groundingMetadata as Record<string, unknown[]>))
      metadata[name] = [...(metadata[name] ?? []), ...list]
  }
  const whole = { ...candidate, content: { role: 'model', parts }, groundingMetadata: metadata }
  return Object.assign({}, ...messages, { candidates: [whole] })
}

function readingOf(
  { make, write }: Way,
  messages: readonly Message[],
  pieceBytes: number,
  isCut = false,
): Reading {
  const reader = make()
  const text = Buffer.from(write(messages))
  const bytes = isCut ? text.subarray(0, -3) : text
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes))
  if (!isCut) reader.end()
  return reader.reading()
}

const SEARCHED = [
  chunk({ content: { parts: [{ text: 'a' }] }, groundingMetadata: { webSearchQueries: ['one', ''] } }),
  chunk({ groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a' } }] } }),
  said({ text: 'b' }),
  chunk({ groundingMetadata: { webSearchQueries: ['one', 'two\u00e9'] } }),
  END,
]

for (const [name, way] of Object.entries(WAYS)) {
  for (const size of ['short', 'long'] as const) {
    const pad = size === 'long' ? [said({ text: 'x'.repeat(300_000) })] : []
    const pieces = size === 'long' ? [4_097, 65_536, 1e9] : [1, 7, 100, 1e9]

    test(`[FCT-04] ${name}, ${size}: searches are counted once each, however the answer is cut`, () => {
      for (const pieceBytes of pieces) {
        const { searchQueries, isGrounded } = readingOf(
          way,
          [...SEARCHED.slice(0, 2), ...pad, ...SEARCHED.slice(2)],
          pieceBytes,
        )
        assert.deepEqual([searchQueries, isGrounded], [2, true], `${pieceBytes}`)
      }
      const plain = readingOf(way, [said({ text: '"groundingMetadata"' }), ...pad, END], 50_000)
      assert.deepEqual([plain.searchQueries, plain.isGrounded], [0, false])
    })

    test(`[FCT-01] ${name}, ${size}: the usage arrives as it was sent, details and all`, () => {
      for (const pieceBytes of pieces) {
        const reading = readingOf(way, [said({ text: 'a' }), ...pad, END], pieceBytes)
        assert.deepEqual(reading.usage, USAGE)
        assert.equal(reading.finishReason, 'STOP')
      }
    })
  }

  test(`[FCT-04] ${name}: searches inside one long message are seen`, () => {
    const long = chunk(
      {
        content: { parts: [IMAGE] },
        finishReason: 'STOP',
        groundingMetadata: { webSearchQueries: ['"a"', 'b'], groundingChunks: [{ maps: {} }] },
      },
      { usageMetadata: USAGE, modelVersion: 'm' },
    )
    const { searchQueries, isGrounded, usage, modelVersion } = readingOf(way, [long], 10_000)
    assert.deepEqual([searchQueries, isGrounded, modelVersion], [2, true, 'm'])
    assert.deepEqual(usage, USAGE)
    const maps = chunk({
      content: { parts: [IMAGE] },
      groundingMetadata: { groundingChunks: [{ maps: {} }] },
    })
    assert.equal(readingOf(way, [maps, END], 10_000).searchQueries, 1)
    const url = chunk({
      ...{ content: { parts: [IMAGE] }, urlContextMetadata: { urlMetadata: [{}] } },
      groundingMetadata: { groundingChunks: [{ web: {} }] },
    })
    assert.equal(readingOf(way, [url, END], 10_000).isGrounded, false)
  })

  test(`[FCT-05] ${name}: media that were made are counted apart from the text`, () => {
    for (const pieceBytes of [1_000, 65_536, 1e9]) {
      const whole = readingOf(way, [said({ text: 'a' }, IMAGE), said(SOUND), said(SOUND), END], pieceBytes)
      assert.deepEqual(whole.media, { bytes: 416_000, tokens: 1_290 + 2 * 4 }, `${pieceBytes}`)
    }
    assert.equal(readingOf(way, [said({ text: 'a'.repeat(5_000) }), END], 1e9).media?.tokens ?? 0, 0)
  })
}

test('[FCT-04] a stream that broke tells what it had searched', () => {
  for (const name of ['sse', 'array'] as const) {
    const { searchQueries, isGrounded } = readingOf(WAYS[name]!, SEARCHED.slice(0, 3), 40, true)
    assert.deepEqual([searchQueries, isGrounded], [1, true], name)
  }
})

test('[FCT-04] of a request that cannot search, events in the middle are not looked at', () => {
  const reader = new SseReader('up', () => undefined, { ...FACTS, usesSearch: false }, EVENT_BYTES_MAX)
  for (const one of SEARCHED) reader.write(Buffer.from(WAYS.sse!.write([one])))
  reader.end()
  assert.equal(reader.reading().searchQueries, 0)
})

test('[FCT-05] a broken event does not keep a broken stream from being settled, nor what else it told', () => {
  const broken = 'data: {"candidates": oops}\n\n'
  const torn = new SseReader('up', () => undefined, FACTS, EVENT_BYTES_MAX)
  torn.write(Buffer.from(WAYS.sse!.write([said({ text: 'a' })]) + broken))
  const { begun, usage } = torn.reading()
  assert.deepEqual([begun, usage], [true, undefined])
  const told = new SseReader('up', () => undefined, FACTS, EVENT_BYTES_MAX)
  const messages = [WAYS.sse!.write([said({ text: 'a' })]), 'data: {"groundingMetadata" oops}\n\n']
  messages.push(WAYS.sse!.write([chunk({}, { usageMetadata: USAGE })]))
  told.write(Buffer.from(messages.join('')))
  assert.deepEqual(told.reading().usage, USAGE)
})
