import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Chunk, Sink } from '../../nouns.ts'
import { asking, send, stream, textOfCandidate, unary } from './testing.fixture.ts'

const FLASH = 'gemini-2.5-flash'
const LONG = asking('Write 800 words about bread')

describe('chunks', () => {
  it('come as Google sends them', async () => {
    const chunks = await stream(FLASH, asking('Tell me about granite'))
    assert.ok(chunks.length > 5)
    const [first, last] = [chunks[0]!, chunks.at(-1)!]
    assert.deepEqual(Object.keys(first), [
      'candidates',
      'usageMetadata',
      'modelVersion',
      'responseId',
      'createTime',
    ])
    assert.equal(first.candidates?.[0]?.index, 0)
    assert.ok(first.candidates?.[0]?.content?.parts?.[0]?.text)
    for (const chunk of chunks) {
      assert.equal(chunk.responseId, first.responseId)
      assert.equal(chunk.modelVersion, FLASH)
      assert.equal(chunk.createTime, '2026-11-20T10:11:12.345000Z')
      assert.equal(chunk.candidates?.[0]?.finishReason, chunk === last ? 'STOP' : undefined)
      assert.equal('candidatesTokensDetails' in (chunk.usageMetadata ?? {}), chunk === last)
    }
    const totals = chunks.map((chunk) => chunk.usageMetadata?.totalTokenCount ?? 0)
    assert.deepEqual(
      totals,
      totals.toSorted((left, right) => left - right),
    )
  })

  it('add up to the unary answer, usage and all', async () => {
    const body = asking('Tell me about granite', {
      generationConfig: { candidateCount: 3, thinkingConfig: { includeThoughts: true } },
    })
    const [chunks, whole] = [await stream(FLASH, body), await unary(FLASH, body)]
    for (const index of [0, 1, 2])
      assert.equal(textOfCandidate(chunks, index), textOfCandidate([whole], index))
    assert.deepEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
    assert.equal(chunks[0]?.responseId, whole.responseId)
    const finished = chunks
      .flatMap((chunk) => chunk.candidates ?? [])
      .filter((candidate) => candidate.finishReason)
    assert.deepEqual(finished.map((candidate) => candidate.index).sort(), [0, 1, 2])
  })

  it('an answer of two tokens comes in two chunks, one of none in one', async () => {
    const two = await stream('gemini-2.5-flash-lite', asking('Say Hello world'))
    assert.deepEqual(
      two.map((chunk) => chunk.candidates?.[0]?.content?.parts?.[0]?.text),
      ['Hello', ' world'],
    )
    const none = await stream(FLASH, asking('Hi', { generationConfig: { maxOutputTokens: 1 } }))
    assert.equal(none.length, 1)
    assert.deepEqual(none[0]?.candidates, [
      { content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 },
    ])
  })
})

/** A sink that writes down what it hears, and does `onChunk` inside each chunk. */
function recorder(onChunk: (count: number) => void = () => {}): Sink & { heard: (Chunk | 'end')[] } {
  const heard: (Chunk | 'end')[] = []
  return {
    heard,
    weigh: () => 0,
    chunk(chunk) {
      heard.push(chunk)
      onChunk(heard.length)
    },
    end(last) {
      if (last) heard.push(last)
      heard.push('end')
    },
    fail: (error) => assert.fail(error),
  }
}

describe('the source', () => {
  it('stops inside a chunk when paused, and goes on where it stopped', async () => {
    const whole = recorder()
    ;(await send('streamGenerateContent', FLASH, LONG)).source.start(whole)
    const { source } = await send('streamGenerateContent', FLASH, LONG)
    const paused = recorder(() => source.pause())
    source.start(paused)
    for (let count = 1; count < whole.heard.length; count++) {
      assert.equal(paused.heard.length, count)
      source.resume()
    }
    assert.equal(paused.heard.at(-1), 'end')
    assert.deepEqual(paused.heard, whole.heard)
  })

  it('does not nest when a sink pauses and resumes inside every chunk', async () => {
    const { source } = await send('streamGenerateContent', FLASH, LONG)
    const depths = new Set<number>()
    const sink = recorder(() => {
      depths.add((new Error().stack ?? '').split('\n').length)
      source.pause()
      source.resume()
    })
    Error.stackTraceLimit = 200
    source.start(sink)
    Error.stackTraceLimit = 10
    assert.equal(sink.heard.at(-1), 'end')
    assert.equal(depths.size, 1)
  })

  it('says nothing more once cancelled', async () => {
    const { source } = await send('streamGenerateContent', FLASH, LONG)
    const sink = recorder((count) => {
      if (count === 2) source.cancel()
    })
    source.start(sink)
    source.resume()
    assert.equal(sink.heard.length, 2)
  })

  it('paused before its start, it waits', async () => {
    const { source } = await send('generateContent', FLASH, asking('Hi'))
    const sink = recorder()
    source.pause()
    source.start(sink)
    assert.equal(sink.heard.length, 0)
    source.resume()
    assert.equal(sink.heard.length, 2)
  })
})

describe('what has been read of an answer', () => {
  it('grows with the chunks and is whole at the end', async () => {
    const answer = await send('streamGenerateContent', FLASH, LONG)
    assert.deepEqual(answer.reading(), {
      usage: undefined,
      finishReason: undefined,
      modelVersion: undefined,
      begun: false,
    })
    const sink = recorder(() => answer.source.pause())
    answer.source.start(sink)
    assert.equal(answer.reading().begun, true)
    assert.equal(answer.reading().finishReason, undefined)
    const partial = answer.reading().usage?.totalTokenCount ?? 0
    while (sink.heard.at(-1) !== 'end') answer.source.resume()
    assert.equal(answer.reading().finishReason, 'STOP')
    assert.equal(answer.reading().modelVersion, FLASH)
    assert.ok((answer.reading().usage?.totalTokenCount ?? 0) > partial)
  })
})
