import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Chunk, Sink } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { paceFor } from './pace.ts'
import { createSource } from './source.ts'

interface Recorder extends Sink {
  readonly seen: GenerateContentResponse[]
  readonly done: Promise<void>
}

function recorder(onChunk: () => void = () => undefined): Recorder {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const seen: GenerateContentResponse[] = []
  const take = (chunk: Chunk | undefined): void => {
    if (chunk?.response) seen.push(chunk.response)
  }
  return {
    seen,
    done: promise,
    weigh: () => 0,
    chunk(chunk) {
      take(chunk)
      onChunk()
    },
    end(last) {
      take(last)
      resolve()
    },
    fail: reject,
  }
}

const responsesOf = (...tokens: number[]): Iterator<GenerateContentResponse> =>
  tokens.map((candidatesTokenCount) => ({ usageMetadata: { candidatesTokenCount } })).values()

const options = { single: false, observe: () => undefined, pace: undefined }

describe('[SPEED-01] a pace holds responses back', () => {
  it('for the first token and for each one after it', async () => {
    const pace = paceFor([{ model: 'gemini-*', firstTokenMs: 40, tokensPerSecond: 100 }], 'gemini-2.5-flash')
    const sink = recorder()
    const startedAt = performance.now()
    createSource(responsesOf(1, 3, 6), { ...options, pace }).start(sink)
    assert.equal(sink.seen.length, 0)
    await sink.done
    const tookMs = performance.now() - startedAt
    assert.equal(sink.seen.length, 3)
    // 40 ms, and six tokens at 10 ms each; a timer may be a millisecond early.
    assert.ok(tookMs >= 95, `${tookMs}`)
  })

  it('no entry for the model is at once', () => {
    assert.equal(
      paceFor([{ model: 'gemini-3*', firstTokenMs: 40, tokensPerSecond: 0 }], 'gemini-2.5-flash'),
      undefined,
    )
    assert.equal(
      paceFor([{ model: '*', firstTokenMs: 0, tokensPerSecond: 0 }], 'gemini-2.5-flash'),
      undefined,
    )
  })

  it('a pause during the wait is kept, nothing is lost, the order holds', async () => {
    const pace = paceFor([{ model: '*', firstTokenMs: 0, tokensPerSecond: 1_000 }], 'm')
    const source = createSource(responsesOf(5, 10, 15), { ...options, pace })
    const sink = recorder(() => {
      source.pause()
      setImmediate(() => source.resume())
    })
    source.start(sink)
    source.pause()
    source.resume()
    await sink.done
    assert.deepEqual(
      sink.seen.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount),
      [5, 10, 15],
    )
  })

  it('cancelling ends the wait', async () => {
    const pace = paceFor([{ model: '*', firstTokenMs: 30, tokensPerSecond: 0 }], 'm')
    const source = createSource(responsesOf(1), { ...options, pace })
    const sink = recorder()
    source.start(sink)
    source.cancel()
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.equal(sink.seen.length, 0)
  })
})
