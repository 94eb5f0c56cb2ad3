import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fails } from '../../nouns.fixture.ts'
import { countLines, LINE_BYTES_MAX, LINES_MAX, type LineSource, readLines } from './lines.ts'

/** A source that gives at most so many bytes at a time. */
function sourceOf(text: string | Buffer, most = Number.MAX_SAFE_INTEGER): LineSource {
  const bytes = Buffer.from(text as string)
  return {
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.subarray(start, Math.min(end, start + most)),
  }
}

async function linesOf(source: LineSource): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = []
  for await (const { index, bytes } of readLines(source)) {
    assert.equal(index, found.length)
    found.push(bytes?.toString())
  }
  return found
}

test('[BATCH-02] lines are the same however the file is cut, and empty ones do not count', async () => {
  const text = fc
    .array(fc.constantFrom('{}', 'ä', '\n', '\r\n', ' ', '\t\n'), { maxLength: 40 })
    .map((all) => all.join(''))
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (lines, most) => {
      const wanted = lines.split('\n').filter((line) => line.trim() !== '')
      assert.deepEqual(await linesOf(sourceOf(lines, most)), wanted)
    }),
    { numRuns: 300 },
  )
})

test('[BATCH-03] a line that is too long is told from the others, and is not kept', async () => {
  const long = Buffer.alloc(LINE_BYTES_MAX + 1, 'x')
  const source = sourceOf(Buffer.concat([Buffer.from('{"a":1}\n'), long, Buffer.from('\n{"b":2}')]))
  assert.deepEqual(await linesOf(source), ['{"a":1}', undefined, '{"b":2}'])
})

test('[BATCH-03] what holds no line of JSON is no input, and one good line makes it one', async () => {
  for (const text of ['', ' \n\n', 'a,b\n1,2', '[\n{\n"a":1\n}\n]', '\x89PNG']) {
    await assert.rejects(countLines(sourceOf(text)), fails('invalid_argument', /no requests|JSONL/), text)
  }
  assert.equal(await countLines(sourceOf('\ufeff{"a":1}\r\nno')), 2)
})

test('[BATCH-09] a file has at most 100,000 requests', async () => {
  assert.equal(await countLines(sourceOf('{}\n'.repeat(LINES_MAX))), LINES_MAX)
  await assert.rejects(
    countLines(sourceOf('{}\n'.repeat(LINES_MAX + 1))),
    fails('invalid_argument', /100000/),
  )
})

test('a file that is shorter than its row says does not hang', async () => {
  const source = { sizeBytes: 10, read: async () => Buffer.alloc(0) }
  await assert.rejects(countLines(source), fails('failed_precondition'))
})
