import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventFraming, type Fate } from './framing.ts'

const EVENTS = [
  ': a comment\r\n\r\n',
  'event: x\ndata: {"a":"é"}\n\n',
  '\n',
  'data:{"b":2}\r\nid: 7\r\n\r\n',
  'data: {"out":1}\n\n',
  'data: {"c":\ndata: 3}\n\n',
  'retry: 5\n\n',
  'data: {"last":1}\n\n',
  ': after\n\ndata: {"d":4}\n\n',
]
const DATA = ['{"a":"é"}', '{"b":2}', '{"out":1}', '{"c":\n 3}', '{"last":1}']

/** What is heard of these pieces: data, bytes, and the end. */
function heard(pieces: readonly Buffer[], eventBytesMax = 1_000_000) {
  const events: string[] = []
  const passed: Buffer[] = []
  let long = ''
  const framing = new EventFraming(
    {
      event: (buffer, start, end): Fate => {
        const data = buffer.toString('utf8', start, end)
        events.push(data)
        return data.includes('out') ? 'out' : data.includes('last') ? 'last' : 'pass'
      },
      bytes: (bytes) => passed.push(bytes),
      longEvent: (part) => {
        long += part
      },
      stray: (bytes) => events.push(`stray ${bytes}`),
      tooLong: () => {
        throw new RangeError('too long')
      },
    },
    eventBytesMax,
  )
  for (const piece of pieces) framing.write(piece)
  const last = framing.end()
  return {
    events,
    text: Buffer.concat(passed).toString(),
    last: last?.toString(),
    long,
    isCut: framing.isCut,
  }
}

test('[ONW-STREAM-01] wherever it is cut, the same bytes pass and the same events are seen', () => {
  const bytes = Buffer.from(EVENTS.join(''))
  const passes = EVENTS.slice(0, 7)
    .filter((event) => !event.includes('out'))
    .join('')
  const last = EVENTS.slice(7).join('')
  const wanted = { events: DATA, text: passes, last, long: '', isCut: false }
  for (let at = 0; at <= bytes.length; at++)
    assert.deepEqual(heard([bytes.subarray(0, at), bytes.subarray(at)]), wanted, `cut at ${at}`)
  for (const size of [1, 2, 3, 11]) {
    const pieces = []
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
    assert.deepEqual(heard(pieces), wanted, `pieces of ${size}`)
  }
})

test('[ONW-STREAM-02] an event without its blank line counts when it is whole', () => {
  for (const event of [
    'data: {"a":1}',
    'data: {"a":1}\n',
    'event: x\r\ndata: {"a":1}\r',
    'data: [DONE]',
    ': c',
  ])
    assert.deepEqual(
      [heard([Buffer.from(event)]).text, heard([Buffer.from(event)]).isCut],
      [event, false],
      event,
    )
  for (const event of ['data: {"a":', 'data: [DO', 'da', 'event: x\n'])
    assert.deepEqual([heard([Buffer.from(event)]).text, heard([Buffer.from(event)]).isCut], ['', true], event)
  assert.deepEqual(heard([Buffer.from('data: {"last":1}')]).last, 'data: {"last":1}')
})

test('[ONW-STREAM-01] a long event passes as it comes, and is shown in parts', () => {
  const json = `{"a":"${'x'.repeat(400_000)}"}`
  const all = Buffer.from(`data: {"b":2}\n\nevent: big\ndata: ${json}\n\ndata: {"c":3}\n\n`)
  for (const size of [1_000, 100_000, 400_021, 400_043]) {
    const pieces = []
    for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size))
    const { events, text, long } = heard(pieces)
    assert.ok(text === all.toString(), `pieces of ${size}`)
    assert.deepEqual(
      events.filter((event) => event !== json),
      ['{"b":2}', '{"c":3}'],
    )
    assert.ok(long === json || events.includes(json))
  }
})

test('[ONW-STREAM-02] what never ends is refused: an event, its lines, what follows the end', () => {
  const chunk = Buffer.from('x'.repeat(10_000))
  const many = (first: string, piece: Buffer) => [
    Buffer.from(first),
    ...Array.from({ length: 60 }, () => piece),
  ]
  assert.throws(() => heard(many('data: {"a":"', chunk), 300_000), RangeError)
  assert.throws(() => heard(many('', chunk)), RangeError)
  assert.throws(() => heard(many('data: {"last":1}\n\n', chunk)), RangeError)
  assert.throws(() => heard(many('', Buffer.from('a: b\n'.repeat(50)))), RangeError)
})
