import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callFrom } from '../dialects/gemini/request.ts'
import { callOf } from '../nouns.fixture.ts'
import type { RequestFacts } from '../nouns.ts'
import { makePng, makeWav } from '../upstreams/sandbox/media/making.fixture.ts'
import { CALLER, drain, sandbox } from '../upstreams/sandbox/testing.fixture.ts'
import {
  INPUT_TOKENS_MAX,
  mediaTokensMade,
  promptTokensEstimate,
  promptTokensMax,
  textTokensEstimate,
} from './estimate.ts'

const LIMITS = { depth: 50, nodes: 100_000, keysPerObject: 1_000 }
const ASKER = { id: 'i', receivedAtMs: 0, clientLeft: () => false }
const facts = (rest: Partial<RequestFacts>): RequestFacts => ({ ...callOf().facts, ...rest })

/** A grey picture of these sides; it takes next to no bytes. */
const png = (width: number, height: number) =>
  makePng({
    width,
    height,
    bitDepth: 1,
    colourType: 0,
    rows: Buffer.alloc(height * (1 + Math.ceil(width / 8))),
  })
const inline = (mimeType: string, bytes: Buffer) => ({
  inlineData: { mimeType, data: bytes.toString('base64') },
})

async function sandboxCount(model: string, body: object): Promise<{ counted: number; facts: RequestFacts }> {
  const opening = { ...callOf(), model, verb: 'generateContent' as const }
  const call = callFrom(Buffer.from(JSON.stringify(body)), opening, LIMITS, ASKER)
  const answer = await sandbox.send(
    call,
    { upstream: sandbox, model, credential: 0, price: undefined, thinking: 'pass' },
    CALLER,
  )
  drain(answer)
  const usage = answer.reading().usage as { promptTokenCount?: number; toolUsePromptTokenCount?: number }
  return {
    counted: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    facts: call.facts,
  }
}

const MODELS = ['gemini-2.5-flash', 'gemini-3.6-flash'] as const

test('[FCT-06] no form of image goes beyond the bound', async () => {
  const sides = [
    [1, 1],
    [384, 384],
    [385, 385],
    [257, 3072],
    [3072, 384],
    [3072, 3072],
    [20_000, 400],
    [768, 769],
  ]
  for (const model of MODELS) {
    for (const [width = 0, height = 0] of sides) {
      const body = { contents: [{ role: 'user', parts: [inline('image/png', png(width, height))] }] }
      const { counted, facts } = await sandboxCount(model, body)
      assert.equal(facts.imageParts, 1)
      assert.ok(counted > 0 && counted <= promptTokensMax(facts), `${model} ${width}x${height}: ${counted}`)
      assert.ok(promptTokensMax(facts) < 10_000, 'and the bound is no wild one')
    }
  }
})

test('[FCT-06] silence of hours is a few bytes, and within the bound', async () => {
  const silence = makeWav({ sampleRate: 1, channels: 1, sampleBits: 8, data: Buffer.alloc(30_000, 0x80) })
  const body = { contents: [{ role: 'user', parts: [inline('audio/wav', silence)] }] }
  const { counted, facts } = await sandboxCount('gemini-2.5-flash', body)
  assert.ok(counted > facts.bodyBytes, `${counted} tokens in ${facts.bodyBytes} bytes`)
  assert.ok(counted <= promptTokensMax(facts))
})

test('[FCT-06] what a search brings in is within the bound', async () => {
  const body = { contents: [{ role: 'user', parts: [{ text: 'dna' }] }], tools: [{ googleSearch: {} }] }
  for (const model of MODELS) {
    const { counted, facts } = await sandboxCount(model, body)
    assert.ok(counted <= promptTokensMax(facts))
  }
})

test('[FCT-06] no text goes beyond the bound: not of single letters, of marks, of scripts, or in many turns', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.constantFrom('语', '🙂', '.', '\n', ' a', '1', '\u0000', 'ก'), { maxLength: 300 })
      .map((one) => one.join('')),
  )
  const parts = fc.array(fc.record({ text }), { minLength: 1, maxLength: 3 })
  const body = fc.record({
    contents: fc
      .array(parts, { minLength: 1, maxLength: 4 })
      .map((turns) => [...turns, [{ text: 'x' }]].map((one) => ({ role: 'user', parts: one }))),
    systemInstruction: fc.option(fc.record({ parts }), { nil: undefined }),
    tools: fc.constantFrom(undefined, [{ functionDeclarations: [{ name: 'f', description: 'd' }] }]),
  })
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom(...MODELS), async (request, model) => {
      const { counted, facts } = await sandboxCount(model, request)
      assert.ok(counted <= promptTokensMax(facts), `${counted} > ${promptTokensMax(facts)}`)
    }),
    { numRuns: 100 },
  )
})

test('[FCT-06] the bound: a byte of text, the largest form of an image, and all that a model reads for the rest', () => {
  assert.equal(promptTokensMax(facts({ bodyBytes: 500 })), 500)
  const image = {
    bodyBytes: 1_000_100,
    mediaBytes: 1_000_000,
    mediaParts: 1,
    imageBytes: 1_000_000,
    imageParts: 1,
  }
  assert.equal(promptTokensMax(facts(image)), 100 + 6_192)
  for (const rest of [
    { usesStored: true },
    { usesSearch: true },
    { mediaParts: 1, mediaBytes: 100 },
    { ...image, mediaParts: 2, mediaBytes: 1_000_008 },
  ])
    assert.equal(promptTokensMax(facts({ bodyBytes: 1_000_100, ...rest })), INPUT_TOKENS_MAX)
  assert.equal(promptTokensMax(facts({ bodyBytes: 5_000_000, usesStored: true })), 5_000_000)
  assert.equal(promptTokensMax(facts({ mediaParts: 1, items: 1_000 })), 8_192_000)
})

test('[FCT-05] the estimate of a prompt is never zero, never beyond its bound, and base64 is no text', () => {
  assert.equal(promptTokensEstimate(facts({ bodyBytes: 0 })), 1)
  assert.equal(promptTokensEstimate(facts({ bodyBytes: 41 })), 11)
  const image = {
    bodyBytes: 8_000_400,
    mediaBytes: 8_000_000,
    mediaParts: 2,
    imageBytes: 8_000_000,
    imageParts: 2,
  }
  assert.equal(promptTokensEstimate(facts(image)), 100 + 2 * 258)
  // A minute of MP3 at 128 kbit/s: 1,920 by Google's count.
  const minute = { bodyBytes: 1_280_400, mediaBytes: 1_280_000, mediaParts: 1 }
  const estimate = promptTokensEstimate(facts(minute))
  assert.ok(estimate > 1_920 && estimate < 2 * 1_920 + 100, `${estimate}`)
  const natural = fc.nat({ max: 50_000_000 })
  const kinds = fc.record({
    text: natural,
    image: natural,
    other: natural,
    images: fc.nat({ max: 50 }),
    others: fc.nat({ max: 50 }),
  })
  fc.assert(
    fc.property(kinds, ({ text, image, other, images, others }) => {
      const imageBytes = images === 0 ? 0 : image
      const mediaBytes = imageBytes + (others === 0 ? 0 : other)
      const some = facts({
        ...{ bodyBytes: text + 2 + mediaBytes, mediaBytes, imageBytes },
        ...{ mediaParts: images + others, imageParts: images },
      })
      const tokens = promptTokensEstimate(some)
      assert.ok(Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= promptTokensMax(some))
    }),
  )
})

test('[FCT-05] what a model makes: a picture is 1,290 however large, sound goes by its length', () => {
  assert.equal(mediaTokensMade('image', 3, 9_000_000), 3 * 1_290)
  // Ten seconds of 24,000 samples of two bytes.
  assert.equal(mediaTokensMade('audio', 40, 640_000), 320)
  assert.equal(mediaTokensMade('audio', 2, 0), 2)
  assert.equal(mediaTokensMade('other', 1, 4_096), 12)
  assert.deepEqual([textTokensEstimate(-5), textTokensEstimate(0), textTokensEstimate(9)], [0, 0, 3])
})
