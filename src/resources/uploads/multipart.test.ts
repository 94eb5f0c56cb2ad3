import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fails } from '../../nouns.fixture.ts'
import { boundaryOf, createMultipartReader } from './multipart.ts'

interface Read {
  json: string
  mimeType: string | undefined
  bytes: Buffer
}

/** Reads a body that arrives in these pieces. */
async function read(boundary: string, pieces: readonly Buffer[]): Promise<Read> {
  const found: Read = { json: '', mimeType: undefined, bytes: Buffer.alloc(0) }
  const bytes: Buffer[] = []
  const reader = createMultipartReader(boundary, {
    json: async (text) => {
      found.json = text.toString()
    },
    begin: async (mimeType) => {
      found.mimeType = mimeType
    },
    bytes: (piece) => void bytes.push(Buffer.from(piece)),
  })
  for (const piece of pieces) await reader.write(piece)
  reader.end()
  return { ...found, bytes: Buffer.concat(bytes) }
}

const body = (json: string, bytes: Buffer, boundary = 'b') =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Type: application/json\r\n\r\n${json}\r\n--${boundary}\r\nContent-Type: image/png\r\n\r\n`,
    ),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])

/** Bytes that look as much like delimiters as bytes can. */
const nearly = fc
  .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n-', 'b', 'x', '\u0000'), { maxLength: 40 })
  .map((parts) => parts.join(''))
  .filter((text) => !`\r\n${text}`.includes('\r\n--b'))

test('[FILES-03] however the body is cut, its two parts come out whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      nearly,
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 200 }),
      async (text, cuts) => {
        // The line end before a delimiter belongs to it, so this one could not be told from it.
        const bytes = Buffer.from(`${text}.`)
        const whole = body('{"a":1}', bytes)
        const pieces: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(whole.subarray(at, at + cut))
          at += cut
        }
        pieces.push(whole.subarray(at))
        assert.deepEqual(await read('b', pieces), { json: '{"a":1}', mimeType: 'image/png', bytes })
      },
    ),
    { numRuns: 300 },
  )
})

test('parts without a body or without a head, blanks behind a boundary, a preamble and an epilogue', async () => {
  const odd = 'preamble\r\n--b  \r\n\r\n{}\r\n--b\t\r\nContent-Type: a/b\r\n\r\n--b-- \r\nepilogue --b'
  assert.deepEqual(await read('b', [Buffer.from(odd)]), {
    json: '{}',
    mimeType: 'a/b',
    bytes: Buffer.alloc(0),
  })
  const empty = '--b\r\n\r\n{}\r\n--b\r\n\r\n\r\n--b--'
  const found = await read(
    'b',
    [...empty].map((letter) => Buffer.from(letter)),
  )
  assert.deepEqual(found, { json: '{}', mimeType: undefined, bytes: Buffer.alloc(0) })
})

test('what is no two parts is refused', async () => {
  for (const text of [
    '',
    '--b',
    '--b--',
    '--bad\r\n\r\n',
    '--b\r\n\r\n{}\r\n--b--',
    '--b\r\n\r\n{}\r\n--b\r\n\r\nx',
  ])
    await assert.rejects(
      read('b', [Buffer.from(text)]),
      fails('invalid_argument', /^Malformed multipart body/),
      text,
    )
})

test('a boundary is named by the content type, in form', () => {
  assert.equal(boundaryOf('multipart/related; boundary=abc'), 'abc')
  assert.equal(boundaryOf('Multipart/Related; type="a/b"; boundary="a b=c"; charset=x'), 'a b=c')
  for (const type of [
    undefined,
    'multipart/related',
    'multipart/related; boundary=',
    'multipart/related; boundary=""',
    `multipart/related; boundary=${'b'.repeat(71)}`,
    'multipart/related; boundary="a\\"b"',
    'multipart/related; boundary="trailing "',
    'multipart/related; boundary=b\u0000',
    'multipart/mixed; boundary=b',
    'text/plain; multipart/related; boundary=b',
  ])
    assert.throws(() => boundaryOf(type), fails('invalid_argument', /boundary/), String(type))
})
