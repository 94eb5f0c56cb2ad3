/** Functions in the script: called by hand, to the end by the client, within streams. */
import assert from 'node:assert/strict'
import type { CallableTool, Content, FunctionCall, Part } from 'genai-3'
import { checkStream, checkUsage, collect, contentOf, joined, partsOf, type Sdk } from '../features/rig.ts'
import type { ScriptCase, ScriptRig } from './script-rig.ts'

export const FUNCTIONS: readonly ScriptCase[] = [
  { name: 'parallel functions, called by hand', run: functionsByHand },
  { name: 'functions that the client calls to the end', run: functionsToTheEnd },
  { name: 'functions called within a stream', run: functionsInStream },
  { name: 'a function that must be called, and none that may', run: functionModes },
]

const WEATHER_ASKED = 'What is the weather in Oslo and Paris?'
const DEGREES: Readonly<Record<string, number>> = { Oslo: -3, Paris: 11 }

export const WEATHER = {
  name: 'get_weather',
  description: 'Current weather of a city',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

export function answerTo({ id, name, args }: FunctionCall): Part {
  const city = String(args?.city)
  const response = { city, temperature_celsius: DEGREES[city] ?? 21 }
  return {
    functionResponse: { ...(id !== undefined && { id }), ...(name !== undefined && { name }), response },
  }
}

const TOLD = /-3[\s\S]*11/

async function functionsByHand({ ai, sdk, model }: ScriptRig): Promise<void> {
  const config = { tools: [{ functionDeclarations: [WEATHER, lightsOf(sdk)] }] }
  const asked: Content = { role: 'user', parts: [{ text: WEATHER_ASKED }] }
  const first = await ai.models.generateContent({ model, contents: [asked], config })
  const calls = first.functionCalls ?? []
  assert.deepEqual(
    calls.map(({ name, args }) => [name, args]),
    [
      ['get_weather', { city: 'Oslo' }],
      ['get_weather', { city: 'Paris' }],
    ],
  )
  const ids = calls.map(({ id }) => id)
  assert.ok(ids.every(Boolean) && new Set(ids).size === 2, `ids ${ids}`)
  const signed = partsOf(first)
    .filter(({ functionCall }) => functionCall)
    .map((part) => !!part.thoughtSignature)
  assert.deepEqual(signed, [true, false], 'the first of parallel calls is signed')
  assert.equal(first.candidates?.[0]?.finishReason, 'STOP')
  const called = first.candidates?.[0]?.content as Content
  const results: Content = { role: 'user', parts: calls.map(answerTo) }
  const second = await ai.models.generateContent({ model, contents: [asked, called, results], config })
  assert.match(second.text ?? '', TOLD)
  checkUsage(second)
  const again: Content = { role: 'user', parts: [{ text: 'What is the weather in Rome?' }] }
  const answered = second.candidates?.[0]?.content as Content
  const contents = [asked, called, results, answered, again]
  const third = await ai.models.generateContent({ model, contents, config })
  assert.deepEqual(
    third.functionCalls?.map(({ args }) => args),
    [{ city: 'Rome' }],
  )
}

/** With the typed schema of the SDK rather than with JSON Schema. */
function lightsOf({ Type }: Sdk) {
  const parameters = {
    type: Type.OBJECT,
    properties: {
      brightness: { type: Type.INTEGER, minimum: 0, maximum: 100 },
      color: { type: Type.STRING, enum: ['daylight', 'cool', 'warm'], nullable: true },
    },
    required: ['brightness'],
  }
  return { name: 'set_light_values', description: 'Sets the brightness and colour of the lights', parameters }
}

function weatherTool(): CallableTool & { readonly called: string[] } {
  const called: string[] = []
  return {
    called,
    tool: async () => ({ functionDeclarations: [WEATHER] }),
    callTool: async (calls) => {
      called.push(...calls.map(({ args }) => String(args?.city)))
      return calls.map(answerTo)
    },
  }
}

async function functionsToTheEnd({ ai, model }: ScriptRig): Promise<void> {
  const tool = weatherTool()
  const answer = await ai.models.generateContent({
    model,
    contents: WEATHER_ASKED,
    config: { tools: [tool] },
  })
  assert.deepEqual(tool.called, ['Oslo', 'Paris'])
  assert.match(answer.text ?? '', TOLD)
  assert.equal(answer.functionCalls, undefined)
}

async function functionsInStream({ ai, model }: ScriptRig): Promise<void> {
  const config = { tools: [{ functionDeclarations: [WEATHER] }] }
  const asked: Content = { role: 'user', parts: [{ text: WEATHER_ASKED }] }
  const first = await collect(await ai.models.generateContentStream({ model, contents: [asked], config }))
  const calls = first.flatMap(({ functionCalls = [] }) => functionCalls)
  assert.deepEqual(
    calls.map(({ args }) => args),
    [{ city: 'Oslo' }, { city: 'Paris' }],
  )
  const contents = [asked, contentOf(first), { role: 'user', parts: calls.map(answerTo) }]
  const second = await collect(await ai.models.generateContentStream({ model, contents, config }))
  checkStream(second)
  assert.match(joined(second), TOLD)
}

async function functionModes({ ai, sdk, model }: ScriptRig): Promise<void> {
  const { FunctionCallingConfigMode: Mode } = sdk
  const tools = [{ functionDeclarations: [WEATHER, lightsOf(sdk)] }]
  const ask = (contents: string, functionCallingConfig: object) =>
    ai.models.generateContent({ model, contents, config: { tools, toolConfig: { functionCallingConfig } } })
  const forced = await ask('Hello', { mode: Mode.ANY, allowedFunctionNames: ['set_light_values'] })
  assert.deepEqual(
    forced.functionCalls?.map(({ name }) => name),
    ['set_light_values'],
  )
  const barred = await ask(WEATHER_ASKED, { mode: Mode.NONE })
  assert.equal(barred.functionCalls, undefined)
  assert.match(barred.text ?? '', /./)
}
