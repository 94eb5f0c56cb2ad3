/** Answers that are none, or not the one that was asked for, before anything of them was passed on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf } from '../../nouns.fixture.ts'
import type { Chunk, Delivery } from '../../nouns.ts'
import { RefusedInside } from '../http/errors.ts'
import { answerOf, play } from '../http/testing.fixture.ts'
import { nativeProtocol } from './protocol.ts'
import { SseReader } from './stream.ts'

const EVENT_BYTES_MAX = 32 * 1024 * 1024

const FACTS = { usesSearch: false, candidateCount: 1 }
const protocol = (delivery: Delivery) => nativeProtocol('up', callOf({ delivery }))
const said = (text: string, finishReason?: string) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: 3, totalTokenCount: 5 },
})
const sse = (...events: unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('')
const asJson = (body: string) => answerOf(body, ['content-type: application/json; charset=UTF-8'])
const asEvents = (body: string) => answerOf(body, ['content-type: text/event-stream'])
const print = (value: unknown) => JSON.stringify(value, undefined, 2)

const A = said('{"\\"a\n', undefined)
const B = said('b]}', 'STOP')

test('U26 an array in the place of events becomes events, however it is cut [NEV-31]', async () => {
  const { status, text, headers, reading, error } = await play({
    protocol: protocol('sse'),
    answer: asJson(`\r\n${print([A, B])}\n`),
  })
  assert.equal(status, 200)
  assert.equal(error, undefined)
  assert.deepEqual(eventsIn(text), [A, B])
  assert.equal(headers['content-type'], undefined, 'JSON is not what the client gets')
  assert.equal(reading?.finishReason, 'STOP')
  assert.deepEqual(reading?.usage, B.usageMetadata)
  const body = Buffer.from(print([A, B]))
  for (const pieceBytes of [1, 2, 7, 64]) assert.deepEqual(eventsIn(readInPieces(body, pieceBytes)), [A, B])
})

test('U26 one whole answer in the place of events is one event [NEV-31]', async () => {
  const { text, reading } = await play({ protocol: protocol('sse'), answer: asJson(print(B)) })
  assert.deepEqual(eventsIn(text), [B])
  assert.equal(reading?.finishReason, 'STOP')
})

test('U26 a chunk of megabytes passes without being held [NEV-31]', () => {
  const image = { inlineData: { mimeType: 'image/png', data: 'A'.repeat(3_000_000) } }
  const large = { candidates: [{ content: { parts: [image] }, finishReason: 'STOP' }] }
  let longest = 0
  const text = readInPieces(Buffer.from(print([A, large, B])), 65_536, (bytes) => {
    longest = Math.max(longest, bytes.length)
  })
  assert.deepEqual(eventsIn(text), [A, large, B])
  assert.ok(longest < 256 * 1024, `${longest}`)
})

test('U26 bare JSON that is cut at any byte never ends well [NEV-31]', () => {
  const body = Buffer.from(print([A, B]))
  for (let length = 0; length < body.length - 1; length++) {
    assert.throws(() => readInPieces(body.subarray(0, length), 64), /The upstream up/, `${length}`)
  }
  for (const body of ['[1]', '["a"]', '[]', '{}x', '[{}', '{"a":1}{', '[{"a":1}]]', 'null', ',{}'])
    assert.throws(() => readInPieces(Buffer.from(body), 1), /The upstream up/, body)
})

const OVERLOADED = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }
const LIMITED = {
  error: {
    code: 429,
    message: 'slow',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }],
  },
}
const WRONG = { error: { code: 400, message: 'wrong', status: 'INVALID_ARGUMENT' } }

const INSIDE: readonly [name: string, delivery: Delivery, write: (error: object) => Buffer][] = [
  ['U32 the first event', 'sse', (error) => asEvents(sse(error))],
  ['U31 bare JSON among no events', 'sse', (error) => asEvents(print(error))],
  ['U31 two of them back to back', 'sse', (error) => asEvents(`${print(error)}\n${print(error)}`)],
  ['U26 JSON in the place of events', 'sse', (error) => asJson(print(error))],
  ['U26 in an array', 'sse', (error) => asJson(print([error]))],
  ['U48 the whole answer', 'unary', (error) => asJson(print(error))],
  ['U48 the first element', 'array', (error) => asJson(print([error]))],
]
for (const [name, delivery, write] of INSIDE) {
  test(`${name}, an error in a 200, has the status that it names [NEV-31]`, async () => {
    const busy = await play({ protocol: protocol(delivery), answer: write(OVERLOADED) })
    assert.equal(busy.status, 503)
    assert.deepEqual([JSON.parse(busy.text)].flat()[0], OVERLOADED)
    assert.ok(busy.retryable)
    const slow = await play({ protocol: protocol(delivery), answer: write(LIMITED) })
    assert.equal(slow.status, 429)
    assert.deepEqual(slow.hint, { afterMs: 2_000, scope: undefined, isDaily: false })
    assert.equal(slow.headers['retry-after'], '2')
    const wrong = await play({ protocol: protocol(delivery), answer: write(WRONG) })
    assert.deepEqual([wrong.status, wrong.retryable], [400, false])
    const key = { error: { ...WRONG.error, message: 'the-key is wrong' } }
    assert.ok(!(await play({ protocol: protocol(delivery), answer: write(key) })).text.includes('the-key'))
  })
}

test('U48 an error without a status that means one is a failure [NEV-31]', async () => {
  for (const error of [
    { message: 'm' },
    { code: 200, message: 'm' },
    { code: '503', message: 'm' },
    'x',
    {},
    7,
  ]) {
    const { error: seen } = await play({ protocol: protocol('unary'), answer: asJson(print({ error })) })
    assert.equal(seen?.code, 'upstream_unavailable', JSON.stringify(error))
  }
})

test('U31 an error behind content is a break, and what came before it stays [NEV-31]', async () => {
  const { status, text, error } = await play({
    protocol: protocol('sse'),
    answer: (socket) => {
      socket.write(asEvents(sse(A) + sse(OVERLOADED)))
    },
  })
  assert.equal(status, 200)
  assert.deepEqual(eventsIn(text), [A])
  assert.deepEqual([error?.code, error?.message], ['upstream_broken', 'overloaded'])
})

const END = { finishReason: 'STOP', index: 0 }
const USAGE = { usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }
const EMPTY: readonly object[] = [
  { candidates: [END], ...USAGE },
  { candidates: [{ ...END, content: {} }], ...USAGE },
  { candidates: [{ ...END, content: { role: 'model' } }], ...USAGE },
  { candidates: [{ ...END, content: { parts: [] } }], ...USAGE },
  { candidates: [{ ...END, content: { parts: [{ text: '' }], role: 'model' } }], ...USAGE },
  { candidates: [{ ...END, content: { parts: [{ text: '', thought: true }] } }], ...USAGE },
  { candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'm' }], ...USAGE },
]
const NOT_EMPTY: readonly object[] = [
  said('a', 'STOP'),
  { candidates: [{ ...END, content: { parts: [{ text: '', thoughtSignature: 'c2ln' }] } }], ...USAGE },
  { candidates: [{ ...END, content: { parts: [{ functionCall: { name: 'f' } }] } }], ...USAGE },
  { candidates: [{ ...END, finishReason: 'MAX_TOKENS' }], ...USAGE },
  { candidates: [{ ...END, finishReason: 'SAFETY' }], ...USAGE },
  { candidates: [{ ...END, finishReason: 'RECITATION' }], ...USAGE },
  { ...said('a', 'MALFORMED_FUNCTION_CALL') },
  { promptFeedback: { blockReason: 'SAFETY' }, ...USAGE },
]
for (const [answers, isEmpty] of [
  [EMPTY, true],
  [NOT_EMPTY, false],
] as const) {
  for (const answer of answers) {
    const name = JSON.stringify(answer)
    const what = isEmpty ? 'may be bettered by another, and passes as it is' : 'is final'
    test(`U14 ${name.slice(0, 100)} ${what} [NEV-31]`, async () => {
      const whole = await play({ protocol: protocol('unary'), answer: asJson(name) })
      assert.deepEqual([whole.status, whole.retryable, whole.text], [200, isEmpty, name])
      const stream = await play({ protocol: protocol('sse'), answer: asEvents(sse(answer)) })
      assert.deepEqual([stream.status, stream.retryable, stream.text], [200, isEmpty, sse(answer)])
      assert.equal(stream.error, undefined)
      const array = JSON.stringify([answer])
      const { retryable, text } = await play({ protocol: protocol('sse'), answer: asJson(array) })
      assert.deepEqual([retryable, text.trim()], [isEmpty, sse(answer).trim()])
    })
  }
}

test('U14 an end without content is not empty when content comes behind it [NEV-31]', async () => {
  const { retryable, text } = await play({
    protocol: protocol('sse'),
    answer: asEvents(sse(EMPTY[0], said('late', 'STOP'))),
  })
  assert.equal(retryable, false)
  assert.equal(eventsIn(text).length, 2)
})

test('U41 no candidates, many, unknown reasons and parts pass once and unchanged [NEV-31]', async () => {
  const odd: readonly object[] = [
    { candidates: [], ...USAGE },
    {
      candidates: Array.from({ length: 8 }, () => ({ finishReason: 'STOP' })).with(
        3,
        said('a').candidates[0] as never,
      ),
    },
    { candidates: [{ finishReason: 'A_NEW_ONE' }] },
    { candidates: [{ finishReason: 'STOP', content: { parts: [{ hologram: {} }] } }] },
    { candidates: [null] },
    { candidates: 'x' },
    { candidates: [{ finishReason: 'STOP', content: { parts: [null] } }, { content: 7 }] },
  ]
  for (const answer of odd) {
    const played = await play({ protocol: protocol('unary'), answer: asJson(JSON.stringify(answer)) })
    assert.deepEqual([played.status, played.retryable, played.text], [200, false, JSON.stringify(answer)])
  }
})

test('U40 of a stream the last counts that are any count, whatever came before [NEV-31]', () => {
  const usages = (...given: unknown[]) => {
    const reader = new SseReader('up', () => undefined, FACTS, EVENT_BYTES_MAX)
    const events = given.map((usageMetadata) => ({ ...said('a'), usageMetadata }))
    reader.write(Buffer.from(sse(...events)))
    try {
      reader.end()
    } catch {
      // It has no finish reason: what was read counts all the same.
    }
    return reader.reading().usage
  }
  const count = (totalTokenCount: unknown) => ({ promptTokenCount: 3, totalTokenCount })
  assert.deepEqual(usages(count(9), count(5)), count(5), 'decreasing')
  assert.deepEqual(usages(undefined, undefined, count(5)), count(5), 'in the last one only')
  assert.deepEqual(usages(count(5), count(5)), count(5), 'twice')
  assert.deepEqual(usages(count(1e300)), count(1e300), 'absurd ones are for the books to refuse')
  for (const odd of [null, 'x', 7, [], {}]) assert.equal(usages(odd), undefined, JSON.stringify(odd))
})

/** The data of each event of a stream that is well formed throughout. */
function eventsIn(text: string): unknown[] {
  const events = text.split('\r\n\r\n')
  assert.equal(events.pop(), '')
  return events.map((event) => {
    assert.match(event, /^data: [^\r\n]*$/)
    return JSON.parse(event.slice('data: '.length))
  })
}

function readInPieces(body: Buffer, pieceBytes: number, look?: (bytes: Buffer) => void): string {
  const passed: Buffer[] = []
  const pass = ({ bytes = Buffer.alloc(0) }: Chunk) => {
    look?.(bytes)
    passed.push(bytes)
  }
  const reader = new SseReader('up', pass, FACTS, EVENT_BYTES_MAX)
  try {
    for (let at = 0; at < body.length; at += pieceBytes) reader.write(body.subarray(at, at + pieceBytes))
    reader.end()
  } catch (error) {
    assert.ok(!(error instanceof RefusedInside))
    throw error
  }
  return Buffer.concat(passed).toString()
}
