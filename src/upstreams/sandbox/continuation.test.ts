import assert from 'node:assert/strict'
import { it } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { asking, send, stream, textOfCandidate, unary } from './testing.fixture.ts'

const MODEL = 'gemini-4-argon'

it('[CONT-01] a long answer comes in hops that join to the whole, unary and streamed', async () => {
  const body = asking('Explain how tides work in detail sandbox:hop=40')
  const ask = {
    unary: async (more: object) => [await unary(MODEL, { ...body, ...more })],
    stream: (more: object) => stream(MODEL, { ...body, ...more }),
  }
  const wholes: string[] = []
  for (const send of Object.values(ask)) {
    const texts: string[] = []
    const reasons: (string | undefined)[] = []
    let continuationToken: unknown
    do {
      const chunks = await send(continuationToken === undefined ? {} : { continuationToken })
      const last = chunks.at(-1)?.candidates?.[0]
      texts.push(textOfCandidate(chunks))
      reasons.push(last?.finishReason)
      continuationToken = last?.continuationToken
      const { thoughtsTokenCount, candidatesTokenCount } = chunks.at(-1)?.usageMetadata ?? {}
      assert.equal(thoughtsTokenCount === undefined, texts.length > 1)
      assert.ok((candidatesTokenCount ?? 0) <= 40)
    } while (continuationToken !== undefined && texts.length < 50)
    assert.ok(texts.length > 2)
    assert.deepEqual(new Set(reasons.slice(0, -1)), new Set(['CONTINUATION']))
    assert.equal(reasons.at(-1), 'STOP')
    wholes.push(texts.join(''))
  }
  assert.ok(wholes[0]!.length > 200)
  assert.equal(wholes[0], wholes[1])
})

it('[CONT-02] maxOutputTokens bounds all hops together', async () => {
  const body = asking('Explain how tides work in detail sandbox:hop=40', {
    generationConfig: { maxOutputTokens: 400 },
  })
  let tokens = 0
  let continuationToken: unknown
  let reason: string | undefined
  do {
    const answer = await unary(MODEL, {
      ...body,
      ...(continuationToken !== undefined && { continuationToken }),
    })
    const { candidatesTokenCount = 0, thoughtsTokenCount = 0 } = answer.usageMetadata ?? {}
    tokens += candidatesTokenCount + thoughtsTokenCount
    continuationToken = answer.candidates?.[0]?.continuationToken
    reason = answer.candidates?.[0]?.finishReason
  } while (continuationToken !== undefined)
  assert.deepEqual([reason, tokens], ['MAX_TOKENS', 400])
})

it('[CONT-03] a token of another request, a broken one, and a model that has none are refused', async () => {
  const first = await unary(MODEL, asking('Explain how tides work in detail sandbox:hop=40'))
  const continuationToken = first.candidates?.[0]?.continuationToken
  for (const [model, body, message] of [
    [MODEL, asking('Another question', { continuationToken }), 'Invalid continuation token.'],
    [MODEL, asking('Hello', { continuationToken: 'AAAA' }), 'Invalid continuation token.'],
    [
      'gemini-2.5-flash',
      asking('Hello', { continuationToken: 'AAAA' }),
      'continuation_token is not supported for this model.',
    ],
  ] as const) {
    await assert.rejects(send('generateContent', model, body), (error) => {
      assert.ok(error instanceof GatewayError)
      assert.deepEqual([error.code, error.message], ['invalid_argument', message])
      return true
    })
  }
})
