import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { SseFraming } from './sse-framing.ts'

function run(pieces: readonly Buffer[]) {
  const out: Buffer[] = []
  const events: string[] = []
  const strays: Buffer[] = []
  let long = ''
  const framing = new SseFraming(
    {
      bytes: (bytes) => void out.push(Buffer.from(bytes)),
      event: (buffer, start, end) => void events.push(buffer.toString('utf8', start, end).trimEnd()),
      longEvent: (part, isLast) => {
        long += part.toString('latin1')
        if (isLast) {
          events.push(Buffer.from(long, 'latin1').toString().trimEnd())
          long = ''
        }
      },
      stray: (bytes) => void strays.push(Buffer.from(bytes)),
      tooLong: () => assert.fail('too long'),
    },
    32 * 1024 * 1024,
  )
  for (const piece of pieces) framing.write(piece)
  framing.end()
  return { bytes: Buffer.concat(out), writes: out, events, stray: Buffer.concat(strays).toString() }
}

function splitAt(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

const JSONS = [
  '{"a":"é🙂"}',
  '{"candidates": [{"content": {"parts": [{"text": "x"}]}}]}',
  '{"n":9007199254740993}',
]

for (const [name, blank] of [
  ['CRLF', '\r\n\r\n'],
  ['LF', '\n\n'],
] as const) {
  test(`[NATIVE-STREAM-01] plain events pass byte for byte, split at every position (${name})`, () => {
    const stream = Buffer.from(JSONS.map((json) => `data: ${json}${blank}`).join(''))
    for (let at = 0; at <= stream.length; at++) {
      const { bytes, events } = run(splitAt(stream, at))
      assert.deepEqual(bytes, stream, `split at ${at}`)
      assert.deepEqual(events, JSONS)
    }
    const single = run([...stream].map((byte) => Buffer.from([byte])))
    assert.deepEqual(single.bytes, stream)
    assert.deepEqual(single.events, JSONS)
  })
}

test('[WIRE-SSE-03] every write ends with a whole event', () => {
  const stream = Buffer.from(JSONS.map((json) => `data: ${json}\r\n\r\n`).join(''))
  for (let at = 1; at < stream.length; at++) {
    for (const write of run(splitAt(stream, at)).writes)
      assert.ok(write.toString('latin1').endsWith('\r\n\r\n'))
  }
})

test('U29 other dialects of SSE come out as plain events', () => {
  const cases: [string, string[]][] = [
    ['data:{"a":1}\n\n', ['{"a":1}']],
    [': ping\n\ndata: {"a":1}\n\n', ['{"a":1}']],
    ['event: message\nid: 7\nretry: 5\ndata: {"a":1}\n\n', ['{"a":1}']],
    ['data: {"a":\ndata: 1}\n\n', ['{"a":1}']],
    ['\uFEFFdata: {"a":1}\n\n', ['{"a":1}']],
    ['data: {"a":1}\r\rdata: {"a":2}\r\r', ['{"a":1}', '{"a":2}']],
    ['data: {"a":1}\n\n\n\n\r\ndata: {"a":2}\n\n', ['{"a":1}', '{"a":2}']],
    ['data: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}']],
    ['data: {"a":1}\n\ndata: {"a":2}', ['{"a":1}', '{"a":2}']],
  ]
  for (const [text, expected] of cases) {
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at++) {
      const out = run(splitAt(bytes, at))
      assert.deepEqual(out.events, expected, `${JSON.stringify(text)} at ${at}`)
      assert.match(out.bytes.toString(), /^(data: [^\r\n]+(\n\n|\r\n\r\n))+$/)
    }
  }
})

test('U31 bare JSON after events is told apart from them', () => {
  const stream = Buffer.from('data: {"a":1}\r\n\r\n{\n  "error": {"code": 499}\n}\n')
  for (let at = 0; at <= stream.length; at++) {
    const { events, stray } = run(splitAt(stream, at))
    assert.deepEqual(events, ['{"a":1}'])
    assert.deepEqual(JSON.parse(stray), { error: { code: 499 } })
  }
})

test('U30 an event too long to hold passes in parts, and is still read', () => {
  const json = JSON.stringify({ data: 'A'.repeat(700_000), end: 'é' })
  const stream = Buffer.from(`data: {"a":1}\r\n\r\ndata: ${json}\r\n\r\ndata: {"b":2}\r\n\r\n`)
  for (const step of [1_000, 65_536, 131_073, 400_000]) {
    const pieces = Array.from({ length: Math.ceil(stream.length / step) }, (_, index) =>
      stream.subarray(index * step, (index + 1) * step),
    )
    const { bytes, events, writes } = run(pieces)
    assert.ok(bytes.equals(stream))
    assert.deepEqual(events, ['{"a":1}', json, '{"b":2}'])
    assert.ok(writes.every((write) => write.length <= Math.max(step, 131_072) + step))
  }
})

test('reads what an independent parser reads, whatever the framing', () => {
  const line = fc.constantFrom(
    'data: {"a":1}',
    'data: {"b":"x y"}',
    'data:{"c":3}',
    ': comment',
    'event: e',
    'id: 1',
    '',
  )
  const newline = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      newline,
      fc.integer({ min: 1, max: 9 }),
      (lines, end, step) => {
        const bytes = Buffer.from(`${lines.join(end)}${end}${end}`)
        const expected: string[] = []
        const parser = createParser({ onEvent: ({ data }) => void expected.push(data.replaceAll('\n', '')) })
        parser.feed(bytes.toString())
        const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
          bytes.subarray(index * step, (index + 1) * step),
        )
        assert.deepEqual(
          run(pieces).events,
          expected.filter((data) => data !== ''),
        )
      },
    ),
    { numRuns: 2_000 },
  )
})
