/** The smaller pieces of arbitrary requests: words, media, histories, settings. */
import fc from 'fast-check'
import { makeWav, samples16 } from '../../src/upstreams/sandbox/media/making.fixture.ts'
import type { SandboxModel } from '../../src/upstreams/sandbox/models.ts'
import { arbitraryPrompt, type JsonObject } from '../../src/upstreams/sandbox/schema/arbitrary.fixture.ts'
import { PIXEL_PNG } from '../../src/upstreams/sandbox/testing.fixture.ts'

/** What each family takes in place of a signature when another model wrote the history. */
const SIGNATURE_STAND_IN = 'skip_thought_signature_validator'

const PROMPTS = [
  ...['Hello', 'What is the capital of France?', 'What is 17 * 23?', 'Write a haiku about rain'],
  ...['How is the weather in Oslo and in Rome?', 'Send an email to jane@example.com about lunch'],
  ...['First turn the lights off, then look for flights to Rome', 'Do not call any function. Hi!'],
  ...['Who won the euro 2024?', 'How deep are the oceans? And who was Shakespeare?', 'Cafes near the Louvre'],
  ...[
    'Read https://en.wikipedia.org/wiki/Mars and https://nowhere.invalid/x',
    'Recite the Gettysburg address',
  ],
  ...['Say: the cake is sweet and the poison is bitter', 'Write an insulting poem about weapons'],
  ...['Explain tides sandbox:finish=RECITATION', 'Hi sandbox:block=OTHER', 'x sandbox:finish=STOP'],
  ...['sandbox:hop=7 Tell me about granite', '¿Qué es el ADN?', 'größe 😀 über\u2028alles', '???', ''],
  ...['sandbox:finish=MALFORMED_FUNCTION_CALL please', 'Tell me a long story of 200 words'],
]
const SYSTEM = [
  ...[
    'You are a pirate.',
    'Answer briefly.',
    'Answer in upper case.',
    'You are a math tutor. Show your work.',
  ],
  ...['Reply in JSON.', ''],
]

export function prompts(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...PROMPTS) },
    { weight: 2, arbitrary: arbitraryPrompt() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  )
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const WAV = makeWav({ sampleRate: 8_000, channels: 1, data: samples16(4_000, 100) }).toString('base64')

const MEDIA: readonly JsonObject[] = [
  { inlineData: { mimeType: 'image/png', data: PIXEL_PNG } },
  {
    inlineData: { mimeType: 'text/plain', data: base64('The invoice of Jane Doe: 42 euro, due 2026-12-01.') },
  },
  { inlineData: { mimeType: 'text/csv', data: base64('name,age\nJane,34\nJoe,35\n') } },
  { inlineData: { mimeType: 'application/json', data: base64('{"order": 17, "items": ["coffee"]}') } },
  { inlineData: { mimeType: 'audio/wav', data: WAV } },
]

const text = (words: string): JsonObject => ({ text: words })
const userTurn = fc
  .tuple(prompts(), fc.option(fc.constantFrom(...MEDIA), { freq: 6 }))
  .map(([words, medium]): JsonObject => {
    const parts = medium === null ? [text(words)] : [medium, text(words)]
    return { role: 'user', parts }
  })
const talk = fc
  .tuple(userTurn, fc.constantFrom('Hello there.', 'Yes.', ''))
  .map(([user, answer]) => [user, { role: 'model', parts: [text(answer)] }])

/** Calls that were made and their results, which the model still has to tell. */
const exchange = fc
  .tuple(prompts(), fc.nat(2), fc.boolean(), fc.constantFrom('user', 'function', 'tool'))
  .map(([words, more, hasIds, role]) => {
    const indices = Array.from({ length: more + 1 }, (_, index) => index)
    const id = (index: number): JsonObject => (hasIds ? { id: `call-${index}` } : {})
    const calls = indices.map((index) => ({
      functionCall: { ...id(index), name: 'get_weather', args: { city: `city ${index}` } },
      ...(index === 0 && { thoughtSignature: SIGNATURE_STAND_IN }),
    }))
    const results = indices.map((index) => ({
      functionResponse: { ...id(index), name: 'get_weather', response: { celsius: index, sky: 'clear' } },
    }))
    return [
      { role: 'user', parts: [text(words)] },
      { role: 'model', parts: calls },
      { role, parts: hasIds ? results.reverse() : results },
    ]
  })

/** A conversation that a model may answer. */
export function conversations(): fc.Arbitrary<readonly JsonObject[]> {
  const history = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: talk })
  const end = fc.oneof(
    { weight: 5, arbitrary: userTurn.map((turn) => [turn]) },
    { weight: 1, arbitrary: prompts().map((words) => [{ parts: [text(words)] }]) },
    { weight: 1, arbitrary: exchange },
  )
  return fc.tuple(history, end).map(([before, after]) => [...before, ...after])
}

/** Just words, for models that only speak or paint. */
export function plainConversations(): fc.Arbitrary<readonly JsonObject[]> {
  return fc
    .constantFrom('Say: hello', 'A red circle on a blue sky', 'Paint two cats', 'Joe: Hi! Jane: Hi.')
    .map((words) => [{ role: 'user', parts: [text(words)] }])
}

const STOPS = [' ', 'the', '.', '\n', '}', '"', '😀', 'zz', 'is', ',', 'A', 'e']

/** Sampling, limits and thinking that this model takes. */
export function settings(model: SandboxModel): fc.Arbitrary<JsonObject> {
  const limit = model.resource.outputTokenLimit
  const penalty = fc.double({ min: -2, max: 2, noNaN: true })
  return fc.record(
    {
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      topK: fc.integer({ min: 1, max: 100 }),
      seed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      maxOutputTokens: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(200, limit)),
      stopSequences: fc.array(fc.constantFrom(...STOPS), { maxLength: 5 }),
      candidateCount: fc.constantFrom(1, 1, 2, 3, 8),
      mediaResolution: fc.constantFrom('LOW', 'MEDIUM', 'HIGH').map((level) => `MEDIA_RESOLUTION_${level}`),
      ...(model.thinking && { thinkingConfig: thinking(model.thinking) }),
      ...(model.penalties && { presencePenalty: penalty, frequencyPenalty: penalty }),
    },
    { requiredKeys: [] },
  )
}

function thinking(control: NonNullable<SandboxModel['thinking']>): fc.Arbitrary<JsonObject> {
  const budgets = fc.oneof(
    fc.constantFrom(-1, control.budgetMin, control.budgetMax, ...(control.canBeOff ? [0] : [])),
    fc.integer({ min: Math.max(1, control.budgetMin), max: control.budgetMax }),
  )
  const budget = budgets.map((thinkingBudget): JsonObject => ({ thinkingBudget }))
  const levels = control.levels.map((thinkingLevel) => fc.constant<JsonObject>({ thinkingLevel }))
  const effort = fc.oneof(budget, ...levels)
  return fc
    .tuple(fc.option(effort), fc.boolean())
    .map(([config, includeThoughts]) => ({ ...config, includeThoughts }))
}

const logprobs = fc
  .option(fc.nat(20))
  .map((count) => ({ responseLogprobs: true, ...(count !== null && { logprobs: count }) }))

const CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY']
const THRESHOLDS = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF']
const safety = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...CATEGORIES), fc.constantFrom(...THRESHOLDS)), {
    selector: ([category]) => category,
    minLength: 1,
  })
  .map((rows) => rows.map(([category, threshold]) => ({ category: `HARM_CATEGORY_${category}`, threshold })))

/** Rarely used members, of the request and of its config. */
export function extras(): fc.Arbitrary<{ readonly request: JsonObject; readonly config: JsonObject }> {
  const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 5 })
  return fc
    .record({
      safetySettings: fc.option(safety, { freq: 3 }),
      system: some(fc.constantFrom(...SYSTEM)),
      serviceTier: some(fc.constantFrom('standard', 'flex', 'priority')),
      labels: some(fc.constant({ team: 'tests' })),
      logprobs: some(logprobs),
    })
    .map(({ safetySettings, system, serviceTier, labels, logprobs }) => ({
      request: {
        ...(safetySettings && { safetySettings }),
        ...(system !== null && { systemInstruction: { parts: [text(system)] } }),
        ...(serviceTier && { serviceTier }),
        ...(labels && { labels }),
      },
      config: logprobs ?? {},
    }))
}
