import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../errors.ts'
import type { Verb } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import './code/kept-snapshots.fixture.ts'
import { SANDBOX_MODELS } from './models.ts'
import {
  asking,
  CALLER,
  callOf,
  drain,
  NOW,
  PIXEL_PNG,
  sandbox,
  send,
  stream,
  textOfCandidate,
  unary,
} from './testing.fixture.ts'

const FLASH = 'gemini-2.5-flash'

it('answers in the shape of the API, its keys in order', async () => {
  const body = asking('What is 2+2?', { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } })
  const response = await unary(FLASH, body)
  assert.deepEqual(Object.keys(response), [
    'candidates',
    'usageMetadata',
    'modelVersion',
    'responseId',
    'createTime',
  ])
  assert.match(response.responseId ?? '', /^[\w-]{22}$/)
  assert.deepEqual(
    { ...response, responseId: '' },
    {
      candidates: [
        {
          content: { parts: [{ text: '2 + 2 = 4.' }], role: 'model' },
          finishReason: 'STOP',
          index: 0,
          tokenCount: 6,
          avgLogprobs: response.candidates?.[0]?.avgLogprobs,
        },
      ],
      usageMetadata: {
        promptTokenCount: 6,
        candidatesTokenCount: 6,
        totalTokenCount: 12,
        trafficType: 'ON_DEMAND',
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 6 }],
        candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 6 }],
      },
      modelVersion: FLASH,
      responseId: '',
      createTime: '2026-11-20T10:11:12.345000Z',
    },
  )
  assert.equal(Date.parse(response.createTime ?? ''), NOW.getTime())
})

it('is an answer of objects, delivered as asked for', async () => {
  const answer = await send('generateContent', FLASH, asking('Hi'))
  assert.equal(answer.wire, 'objects')
  assert.equal(answer.status, 200)
  assert.equal(answer.delivery, 'unary')
  assert.equal((await send('streamGenerateContent', FLASH, asking('Hi'))).delivery, 'sse')
})

it('lists its models as resources', async () => {
  const models = await sandbox.listModels()
  assert.deepEqual(
    models.map((model) => model.name),
    [...SANDBOX_MODELS.keys()].map((id) => `models/${id}`),
  )
  for (const name of [
    'models/gemini-2.5-flash',
    'models/gemini-3.1-pro-preview',
    'models/gemini-embedding-001',
  ]) {
    const model = models.find((candidate) => candidate.name === name)
    assert.ok(model?.supportedGenerationMethods?.length)
    assert.ok((model?.inputTokenLimit ?? 0) > 0)
  }
})

it('every model answers every method that it lists', async () => {
  for (const [id, model] of SANDBOX_MODELS) {
    for (const verb of model.verbs) {
      const content = { parts: [{ text: 'Hi' }] }
      const body = {
        embedContent: { content },
        batchEmbedContents: { requests: [{ model: `models/${id}`, content }] },
        predict: { instances: [{ prompt: 'Hi' }] },
      }[verb as string] ?? { contents: [content] }
      assert.ok(drain(await send(verb, id, body)).length > 0, `${id} ${verb}`)
    }
  }
})

describe('determinism', () => {
  const base = asking('Tell me about granite')
  const text = async (body: unknown, model = FLASH): Promise<string> =>
    textOfCandidate([await unary(model, body)])

  it('the same request gives the same bytes, however its keys are ordered and spelled', async () => {
    const one = asking('Tell me about granite', {
      generationConfig: { topP: 0.5, temperature: 1, maxOutputTokens: 500 },
    })
    const two = {
      generation_config: { max_output_tokens: '500', temperature: 1.0, top_p: 0.5 },
      contents: one.contents,
    }
    assert.equal(JSON.stringify(await unary(FLASH, one)), JSON.stringify(await unary(FLASH, one)))
    assert.equal(JSON.stringify(await unary(FLASH, two)), JSON.stringify(await unary(FLASH, one)))
  })

  it('model, seed, temperature, history and system instruction matter', async () => {
    const variants = await Promise.all([
      text(base),
      text(base, 'gemini-2.5-pro'),
      text({ ...base, generationConfig: { seed: 1 } }),
      text({ ...base, generationConfig: { seed: 2 } }),
      text({ ...base, generationConfig: { temperature: 0.1 } }),
      text({ ...base, systemInstruction: { parts: [{ text: 'Be kind.' }] } }),
      text({
        contents: [
          { parts: [{ text: 'Hi' }] },
          { role: 'model', parts: [{ text: 'Hi' }] },
          ...(base.contents as []),
        ],
      }),
    ])
    assert.equal(new Set(variants).size, variants.length)
  })

  it('the response id is of the whole request', async () => {
    const id = async (others: object): Promise<unknown> =>
      (await unary(FLASH, { ...base, ...others })).responseId
    const ids = await Promise.all([
      id({}),
      id({ labels: { a: 'b' } }),
      id({ generationConfig: { maxOutputTokens: 500 } }),
    ])
    assert.equal(new Set(ids).size, 3)
  })

  it('a limited answer is the beginning of the unlimited one', async () => {
    const thinkingConfig = { thinkingBudget: 0 }
    const whole = await text({ ...base, generationConfig: { thinkingConfig } })
    for (const maxOutputTokens of [1, 7, 20]) {
      const body = { ...base, generationConfig: { thinkingConfig, maxOutputTokens } }
      const { candidates, usageMetadata } = await unary(FLASH, body)
      assert.equal(candidates?.[0]?.finishReason, 'MAX_TOKENS')
      assert.equal(usageMetadata?.candidatesTokenCount, maxOutputTokens)
      assert.ok(whole.startsWith(await text(body)))
    }
    const stopped = { ...base, generationConfig: { thinkingConfig, stopSequences: ['zzz', '. '] } }
    assert.equal(await text(stopped), whole.slice(0, whole.indexOf('. ')))
    assert.equal((await unary(FLASH, stopped)).candidates?.[0]?.finishReason, 'STOP')
  })
})

const VERBS: readonly Verb[] = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
]

const part = fc.oneof(
  fc.record({ text: fc.string({ unit: 'binary' }) }),
  fc.record({ text: fc.constantFrom('Tell me about bread', 'What is 3 x 4?', 'Write 200 words on 東京') }),
  fc.constant({ inlineData: { mimeType: 'image/png', data: PIXEL_PNG } }),
  fc.record({
    inlineData: fc.record({
      mimeType: fc.constant('text/plain'),
      data: fc.string({ minLength: 1 }).map((text) => Buffer.from(text).toString('base64')),
    }),
  }),
)
const request = fc.record(
  {
    contents: fc.array(
      fc.record({
        role: fc.constantFrom('user', 'model'),
        parts: fc.array(part, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    systemInstruction: fc.record({
      parts: fc.array(fc.record({ text: fc.string() }), { minLength: 1, maxLength: 2 }),
    }),
    generationConfig: fc.record(
      {
        temperature: fc.float({ min: 0, max: 2, noNaN: true }),
        topK: fc.integer({ min: 1, max: 100 }),
        seed: fc.integer(),
        candidateCount: fc.integer({ min: 1, max: 8 }),
        maxOutputTokens: fc.integer({ min: 1, max: 300 }),
        stopSequences: fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { maxLength: 5 }),
        thinkingConfig: fc.record({
          includeThoughts: fc.boolean(),
          thinkingBudget: fc.constantFrom(-1, 0, 1, 50),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['contents'] },
)

/** Sends it; true for an answer, false for a 4xx, and nothing else may happen. */
async function isAnswered(verb: Verb, model: string, body: unknown): Promise<boolean> {
  try {
    drain(await send(verb, model, body))
    return true
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.ok(error.http >= 400 && error.http < 500)
    return false
  }
}

it('any JSON as a body gives an answer or a 4xx', async () => {
  const models = fc.constantFrom(...SANDBOX_MODELS.keys())
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...VERBS), models, fc.jsonValue(), async (verb, model, body) => {
      await isAnswered(verb, model, body)
    }),
    { numRuns: 500 },
  )
})

/** Every place in a document where a value stands. */
function placesOf(
  node: unknown,
  places: { holder: Record<string, unknown>; key: string }[] = [],
): typeof places {
  if (typeof node !== 'object' || node === null) return places
  for (const [key, value] of Object.entries(node)) {
    places.push({ holder: node as Record<string, unknown>, key })
    placesOf(value, places)
  }
  return places
}

it('a valid request with one value replaced, renamed or removed gives an answer or a 4xx', async () => {
  const outcomes = new Set<boolean>()
  const replacement = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 0, 2 ** 31, '', 'abc', null, [], {}),
  )
  const verbs = fc.constantFrom<Verb>('generateContent', 'streamGenerateContent', 'countTokens')
  await fc.assert(
    fc.asyncProperty(verbs, request, fc.nat(), fc.nat(2), replacement, async (verb, body, at, how, value) => {
      const document = structuredClone(body)
      const places = placesOf(document)
      const { holder, key } = places[at % places.length]!
      if (how === 0) holder[key] = value
      else {
        if (how === 1) holder[`${key}x`] = holder[key]
        delete holder[key]
      }
      outcomes.add(await isAnswered(verb, FLASH, document))
    }),
    { numRuns: 1_000 },
  )
  assert.deepEqual([...outcomes].sort(), [false, true])
})

function checkUsage(response: GenerateContentResponse): void {
  const usage = response.usageMetadata ?? {}
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage
  assert.equal(usage.totalTokenCount, promptTokenCount + candidatesTokenCount + thoughtsTokenCount)
  const details = (usage.promptTokensDetails ?? []) as { tokenCount: number }[]
  assert.equal(
    details.reduce((sum, detail) => sum + detail.tokenCount, 0),
    promptTokenCount,
  )
}

it('a valid request gets the same text unary and streamed, and totals that add up', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (body) => {
      const [whole, chunks, again] = [
        await unary(FLASH, body),
        await stream(FLASH, body),
        await unary(FLASH, body),
      ]
      assert.equal(JSON.stringify(again), JSON.stringify(whole))
      const count = body.generationConfig?.candidateCount ?? 1
      assert.equal(whole.candidates?.length, count)
      for (let index = 0; index < count; index++) {
        const text = textOfCandidate([whole], index)
        assert.equal(textOfCandidate(chunks, index), text)
        assert.ok(text.isWellFormed())
        for (const stop of body.generationConfig?.stopSequences ?? []) assert.ok(!text.includes(stop))
      }
      for (const response of [whole, ...chunks]) checkUsage(response)
      assert.deepEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
      const max = (body.generationConfig?.maxOutputTokens ?? Infinity) * count
      const { candidatesTokenCount = 0, thoughtsTokenCount = 0 } = whole.usageMetadata ?? {}
      assert.ok(candidatesTokenCount + thoughtsTokenCount <= max)
    }),
    { numRuns: 200 },
  )
})

it('[SPEED-02] a small request costs less than 400 µs', async () => {
  const body = asking('Explain how AI works in a few words')
  const rounds = 5_000
  const run = async (): Promise<number> => {
    const before = process.cpuUsage()
    for (let round = 0; round < rounds; round++) drain(await send('generateContent', FLASH, body))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / rounds
  }
  await run()
  const microseconds = await run()
  assert.ok(microseconds < 400, `${microseconds} µs`)
})

it('work for a client that left is given up', { timeout: 60_000 }, async () => {
  const body = asking('Run this code: ```python\nwhile True: pass\n```', { tools: [{ codeExecution: {} }] })
  let isGone = false
  const call = { ...callOf('generateContent', FLASH, body), clientLeft: () => isGone }
  const answer = sandbox.send(
    call,
    { upstream: sandbox, model: FLASH, credential: 0, price: undefined, thinking: 'pass' },
    CALLER,
  )
  isGone = true
  await assert.rejects(answer, (error) => error instanceof GatewayError && error.code === 'deadline_exceeded')
})

it('[FCT-04] the reading tells of searches, of a stream as of one answer', async () => {
  const body = asking('Who won the euro 2024?', { tools: [{ googleSearch: {} }] })
  for (const verb of ['generateContent', 'streamGenerateContent'] as const) {
    const answer = await send(verb, 'gemini-2.5-flash', body)
    const queries = new Set(
      drain(answer).flatMap(({ candidates = [] }) =>
        candidates.flatMap(
          ({ groundingMetadata }) =>
            (groundingMetadata as { webSearchQueries?: string[] })?.webSearchQueries ?? [],
        ),
      ),
    )
    const { searchQueries, isGrounded } = answer.reading()
    assert.ok(queries.size > 0)
    assert.deepEqual([searchQueries, isGrounded], [queries.size, true])
  }
  const plain = await send('generateContent', 'gemini-2.5-flash', asking('Hi'))
  drain(plain)
  assert.deepEqual([plain.reading().searchQueries, plain.reading().isGrounded], [0, false])
})
