/** What a client of OpenAI's API gets of Gemini's answers, whole and streamed, however the bytes of a stream were cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chunk } from '../../../src/nouns.ts'
import { differences } from '../match.ts'
import { type AnswerCase, type AnswerFile, answerFiles, CHAT, type Json } from './case.ts'
import { answered, callOf, type Door, GOOGLES, OPENAIS } from './door.ts'
import { isChatCompletion, isChunk } from './shape.ts'

for (const file of answerFiles()) {
  for (const one of file.cases) {
    test(`[${file.requirement}] ${file.name}: ${one.it}`, async () => {
      for (const door of [OPENAIS, GOOGLES]) {
        const expected =
          door === GOOGLES ? (one.atGoogles ?? one.answer ?? one.events) : (one.answer ?? one.events)
        if (one.chunks === undefined) await isAnswered(file, one, door, expected)
        else await isStreamed(one, door, expected)
      }
    })
  }
}

async function isAnswered(file: AnswerFile, one: AnswerCase, door: Door, expected: unknown): Promise<void> {
  const { endpoint } = file
  const body = { ...CHAT.request, ...one.request }
  const call = await callOf({ door, ...(endpoint && { endpoint }), body })
  const bytes = Buffer.from(JSON.stringify(one.gemini))
  const forms: Chunk[][] = [[{ bytes, response: undefined }], cut(bytes, 5), [{ response: one.gemini! }]]
  for (const chunks of forms) {
    const { status, text, headers } = await answered(call, door, chunks)
    assert.equal(status, 200, text)
    assert.equal(headers['content-length'], Buffer.byteLength(text))
    const answer = JSON.parse(text)
    if (endpoint === undefined) isChatCompletion(answer)
    assert.deepEqual(differences(expected, endpoint === undefined ? unframed(answer) : answer, new Map()), [])
  }
}

async function isStreamed(one: AnswerCase, door: Door, expected: unknown): Promise<void> {
  const call = await callOf({ door, body: { ...CHAT.request, stream: true, ...one.request } })
  const events = one.chunks!.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`))
  const whole = Buffer.concat(events)
  const forms: Chunk[][] = [
    one.chunks!.map((response) => ({ response })),
    events.map((bytes) => ({ bytes, response: undefined })),
    [{ bytes: whole, response: undefined }],
    ...[1, 7, 64].map((length) => cut(whole, length)),
  ]
  const texts = new Set<string>()
  for (const chunks of forms) texts.add((await answered(call, door, chunks)).text)
  const [text = ''] = texts
  assert.equal(texts.size, 1, 'how the bytes were cut shows')
  const data = text.split('\n\n').slice(0, -1)
  for (const line of data) assert.match(line, /^data: [^\n]+$/)
  const told = data.map((line) => line.slice('data: '.length))
  assert.equal(told.pop(), '[DONE]')
  const parsed = told.map((line) => JSON.parse(line))
  for (const event of parsed) isChunk(event)
  assert.equal(new Set(parsed.map(({ id }) => id)).size, 1, 'one answer has one id')
  assert.deepEqual(differences(expected, parsed.map(unframed), new Map()), [])
}

const cut = (bytes: Buffer, length: number): Chunk[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => ({
    bytes: bytes.subarray(index * length, (index + 1) * length),
    response: undefined,
  }))

/** Looked at in `shape.ts`. */
function unframed({ id: _, object: __, created: ___, model: ____, ...rest }: Json): Json {
  return rest
}

test('[ODR-09] [ODR-10] [ODR-11] [ODR-12] each promise of an answer has cases', () => {
  const ids = new Set(answerFiles().map(({ requirement }) => requirement))
  for (const id of ['ODR-09', 'ODR-10', 'ODR-11', 'ODR-12']) assert.ok(ids.has(id), id)
})
