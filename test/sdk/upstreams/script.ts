/**
 * What `@google/genai` does in an application, written once: the model's name is all that tells one kind of upstream
 * from another.
 */
import assert from 'node:assert/strict'
import type { Part } from 'genai-3'
import { checkStream, checkUsage, collect, joined, partsOf } from '../features/rig.ts'
import { pngOf } from '../features/samples.ts'
import { answerTo, FUNCTIONS, WEATHER } from './script-functions.ts'
import type { ScriptCase, ScriptRig } from './script-rig.ts'

export const SCRIPT: readonly ScriptCase[] = [
  { name: 'a chat of three turns', run: chat },
  { name: 'a stream', run: stream },
  { name: 'settings of the sampler, and stop sequences', run: settings },
  ...FUNCTIONS,
  { name: 'structured output by a typed schema', run: typedSchema },
  { name: 'structured output by a JSON schema, and by none', run: jsonSchema },
  { name: 'thinking that is shown, and goes back with the history', run: thinking },
  { name: 'a picture', run: picture },
  { name: 'a count of tokens', run: count },
  { name: 'errors', run: errors },
  { name: '[TRN-17] a stream that breaks', run: brokenStream },
]

async function chat({ ai, model }: ScriptRig): Promise<void> {
  const talk = ai.chats.create({ model, config: { systemInstruction: 'Be a friendly host.' } })
  const first = await talk.sendMessage({ message: 'Hello. My name is Zora.' })
  assert.equal(first.candidates?.[0]?.finishReason, 'STOP')
  checkUsage(first)
  await talk.sendMessage({ message: 'I live in Oslo.' })
  const last = await collect(await talk.sendMessageStream({ message: 'What is my name?' }))
  assert.match(joined(last), /Your name is Zora\./)
  const roles = talk
    .getHistory()
    .filter(({ parts }) => parts?.length)
    .map(({ role }) => role)
  assert.deepEqual(roles.slice(0, 5), ['user', 'model', 'user', 'model', 'user'])
}

const SKY = 'Why is the sky blue?'

async function stream({ ai, model }: ScriptRig): Promise<void> {
  const chunks = await collect(await ai.models.generateContentStream({ model, contents: SKY }))
  checkStream(chunks)
  const whole = await ai.models.generateContent({ model, contents: SKY })
  assert.match(whole.text ?? '', /sky is blue because/)
  assert.equal(joined(chunks), whole.text, 'streamed or not, it is the same answer')
  assert.match(whole.responseId ?? '', /./)
  assert.match(whole.modelVersion ?? '', /./)
}

async function settings({ ai, model }: ScriptRig): Promise<void> {
  const config = { temperature: 0.5, topP: 0.9, topK: 20, seed: 7, maxOutputTokens: 4_000 }
  const answer = await ai.models.generateContent({ model, contents: SKY, config })
  assert.match(answer.text ?? '', /sky is blue because/)
  const stopped = await ai.models.generateContent({
    model,
    contents: SKY,
    config: { stopSequences: ['because'] },
  })
  assert.match(stopped.text ?? '', /sky is blue/)
  assert.doesNotMatch(stopped.text ?? '', /because/)
  assert.equal(stopped.candidates?.[0]?.finishReason, 'STOP')
}

function checkBooks(text: string): void {
  const books = JSON.parse(text) as Record<string, unknown>[]
  assert.equal(books.length, 2)
  for (const { title, pages, genre } of books) {
    assert.equal(typeof title, 'string')
    assert.ok(Number.isInteger(pages) && Number(pages) >= 5 && Number(pages) <= 90, String(pages))
    assert.ok(genre === 'novel' || genre === 'essay', String(genre))
  }
}

const JSON_TYPE = 'application/json'

async function typedSchema({ ai, sdk: { Type }, model }: ScriptRig): Promise<void> {
  const responseSchema = {
    type: Type.ARRAY,
    minItems: '2',
    maxItems: '2',
    items: {
      type: Type.OBJECT,
      properties: {
        title: { type: Type.STRING },
        pages: { type: Type.INTEGER, minimum: 5, maximum: 90 },
        genre: { type: Type.STRING, enum: ['novel', 'essay'] },
        note: { type: Type.STRING, nullable: true },
      },
      required: ['title', 'pages', 'genre'],
      propertyOrdering: ['title', 'pages', 'genre', 'note'],
    },
  }
  const config = { responseMimeType: JSON_TYPE, responseSchema }
  // Where nothing holds the model to the schema, it gets it wrong the first time.
  const contents = 'List two books about the sea. At first you may be sloppy.'
  checkBooks((await ai.models.generateContent({ model, contents, config })).text ?? '')
  checkBooks(joined(await collect(await ai.models.generateContentStream({ model, contents, config }))))
}

async function jsonSchema({ ai, model }: ScriptRig): Promise<void> {
  const responseJsonSchema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }
  const ask = (contents: string, config: object) =>
    ai.models.generateContent({ model, contents, config: { responseMimeType: JSON_TYPE, ...config } })
  const answer = await ask('A city in France, as JSON', { responseJsonSchema })
  assert.deepEqual(Object.keys(JSON.parse(answer.text ?? '')), ['city'])
  const any = await ask('Three colours, as JSON', {})
  assert.equal(typeof JSON.parse(any.text ?? ''), 'object')
}

async function thinking({ ai, sdk: { ThinkingLevel }, thinker: model }: ScriptRig): Promise<void> {
  const thinkingConfig = { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW }
  const tools = [{ functionDeclarations: [WEATHER] }]
  const talk = ai.chats.create({ model, config: { thinkingConfig, tools } })
  const first = await talk.sendMessage({ message: 'What is the weather in Oslo?' })
  const isThought = ({ thought }: Part) => thought === true
  assert.ok(partsOf(first).some(isThought), 'thoughts are shown')
  assert.ok((first.usageMetadata?.thoughtsTokenCount ?? 0) > 0, 'and counted')
  checkUsage(first)
  const results = (first.functionCalls ?? []).map(answerTo)
  assert.equal(results.length, 1)
  const second = await talk.sendMessage({ message: results })
  assert.match(second.text ?? '', /-3/)
  const third = await collect(await talk.sendMessageStream({ message: SKY }))
  checkStream(third)
  const thoughts = third.flatMap(partsOf).filter(isThought)
  assert.ok(thoughts.length > 0, 'also in a stream')
  assert.doesNotMatch(joined(third), new RegExp(String(thoughts[0]?.text).slice(0, 8).replaceAll(/\W/g, '.')))
  const silent = await ai.models.generateContent({
    model,
    contents: SKY,
    config: { thinkingConfig: { thinkingLevel: ThinkingLevel.LOW } },
  })
  assert.ok(!partsOf(silent).some(isThought), 'thoughts that nobody asked for are not shown')
}

async function picture({ ai, sdk, model }: ScriptRig): Promise<void> {
  const red = pngOf(32, 20, [230, 20, 20])
  const contents = sdk.createUserContent([
    'What is in this picture?',
    sdk.createPartFromBase64(red.toString('base64'), 'image/png'),
  ])
  const answer = await ai.models.generateContent({ model, contents })
  // What one tells by its pixels, the others tell by its bytes.
  assert.match(answer.text ?? '', new RegExp(`PNG image of 32 × 20|image/png of ${red.length} bytes`))
}

async function count({ ai, model }: ScriptRig): Promise<void> {
  const few = await ai.models.countTokens({ model, contents: 'Hello' })
  const many = await ai.models.countTokens({ model, contents: 'Hello '.repeat(200) })
  assert.ok(
    (few.totalTokens ?? 0) > 0 && (many.totalTokens ?? 0) > 50,
    `${few.totalTokens} ${many.totalTokens}`,
  )
}

async function errors({ ai, sdk, model }: ScriptRig): Promise<void> {
  const refused = (status: number, word: string) => (error: unknown) => {
    assert.ok(error instanceof sdk.ApiError, String(error))
    assert.equal(error.status, status)
    const body = JSON.parse(error.message) as { error: { code: number; status: string; message: string } }
    assert.deepEqual([body.error.code, body.error.status], [status, word])
    assert.notEqual(body.error.message, '')
    return true
  }
  const ask = (contents: string, config = {}) => ai.models.generateContent({ model, contents, config })
  const temperature = 'hot' as unknown as number
  await assert.rejects(ask('Wrong, so fail:now', { temperature }), refused(400, 'INVALID_ARGUMENT'))
  const config = { tools: [{ functionDeclarations: [WEATHER, WEATHER] }] }
  await assert.rejects(ask('Wrong, so fail:now', config), refused(400, 'INVALID_ARGUMENT'))
  await assert.rejects(ask('Please fail:429'), refused(429, 'RESOURCE_EXHAUSTED'))
  await assert.rejects(ask('Please fail:500'), refused(500, 'INTERNAL'))
  const streamed = ai.models.generateContentStream({ model, contents: 'Please fail:429' })
  await assert.rejects(streamed, (error: unknown) => {
    assert.ok(error instanceof sdk.ApiError, String(error))
    return error.status === 429
  })
}

async function brokenStream({ ai, model }: ScriptRig): Promise<void> {
  const ask = async () =>
    collect(await ai.models.generateContentStream({ model, contents: 'Now break:stream, please.' }))
  await assert.rejects(ask())
}
