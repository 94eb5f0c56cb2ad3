/** Functions that the client runs: by itself to the end, or by hand with ids and signatures. */
import assert from 'node:assert/strict'
import type {
  CallableTool,
  Content,
  FunctionCall,
  FunctionDeclaration,
  GenerateContentResponse,
  Part,
} from 'genai-3'
import {
  checkStream,
  checkUsage,
  collect,
  contentOf,
  type FeatureCase,
  type FeatureRig,
  FLASH,
  joined,
  PRO,
  partsOf,
  refusedWith,
} from './rig.ts'

export const FUNCTIONS: readonly FeatureCase[] = [
  { name: '[SDKF-AFC-01] callable tools run to the end of the conversation', run: automatic },
  { name: '[SDKF-AFC-01] [SDKF-STREAM-01] callable tools run in a stream', run: automaticStream },
  { name: '[SDKF-AFC-01] the tools of an MCP client run to the end', run: automaticMcp },
  { name: '[SDKF-AFC-01] a limit of no calls hands the call over', run: automaticOff },
  { name: '[SDKF-CALL-01] parallel calls with ids and a signature, answered by hand', run: manual },
  { name: '[SDKF-CALL-01] [SDKF-STREAM-01] streamed calls, answered by hand', run: manualStream },
  { name: '[SDKF-CALL-01] a signature that is missing or foreign is refused', run: unsigned },
  { name: '[SDKF-CALL-01] ANY, NONE and allowed names', run: modes },
]

const WEATHER_ASKED = 'What is the weather in Oslo and Paris?'
const DEGREES: Readonly<Record<string, number>> = { Oslo: -3, Paris: 11 }

const WEATHER: FunctionDeclaration = {
  name: 'get_weather',
  description: 'Current weather of a city',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

/** With the typed schema of the SDK rather than with JSON Schema. */
function lightsOf({ sdk }: FeatureRig): FunctionDeclaration {
  const parameters = {
    type: sdk.Type.OBJECT,
    properties: {
      brightness: { type: sdk.Type.INTEGER, minimum: 0, maximum: 100 },
      color: { type: sdk.Type.STRING, enum: ['daylight', 'cool', 'warm'] },
    },
    required: ['brightness', 'color'],
  }
  return { name: 'set_light_values', description: 'Sets the brightness and colour of the lights', parameters }
}

const cityOf = ({ args }: FunctionCall) => String(args?.city)

interface CountingTool extends CallableTool {
  readonly called: string[]
}

function weatherTool(): CountingTool {
  const called: string[] = []
  return {
    called,
    tool: async () => ({ functionDeclarations: [WEATHER] }),
    callTool: async (calls) => {
      called.push(...calls.map(cityOf))
      return calls.map(answerTo)
    },
  }
}

function answerTo(call: FunctionCall): Part {
  const { id, name } = call
  const response = { temperature_celsius: DEGREES[cityOf(call)] }
  return {
    functionResponse: { ...(id !== undefined && { id }), ...(name !== undefined && { name }), response },
  }
}

async function automatic({ ai }: FeatureRig): Promise<void> {
  for (const model of [FLASH, PRO]) {
    const tool = weatherTool()
    const answer = await ai.models.generateContent({
      model,
      contents: WEATHER_ASKED,
      config: { tools: [tool] },
    })
    assert.deepEqual(tool.called, ['Oslo', 'Paris'])
    assert.match(answer.text ?? '', /-3/)
    assert.match(answer.text ?? '', /11/)
    assert.equal(answer.functionCalls, undefined)
    checkUsage(answer)
    const history = answer.automaticFunctionCallingHistory ?? []
    assert.deepEqual(
      history.map(({ role }) => role),
      ['user', 'model', 'user'],
    )
    assert.equal(history[1]?.parts?.filter(({ functionCall }) => functionCall).length, 2)
  }
}

async function automaticStream({ ai }: FeatureRig): Promise<void> {
  for (const model of [FLASH, PRO]) {
    const tool = weatherTool()
    const ask = { model, contents: WEATHER_ASKED, config: { tools: [tool] } }
    const chunks = await collect(await ai.models.generateContentStream(ask))
    assert.deepEqual(tool.called, ['Oslo', 'Paris'])
    assert.match(joined(chunks), /-3[\s\S]*11/)
    assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, 'STOP')
  }
}

/** What `mcpToTool` needs of an MCP client; the real one would bring a package that nothing else here needs. */
function mcpClient(called: unknown[]) {
  const inputSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  return {
    listTools: async () => ({
      tools: [{ name: 'get_weather', description: 'Weather of a city', inputSchema }],
    }),
    callTool: async (call: { name: string; arguments: Record<string, unknown> }) => {
      called.push([call.name, call.arguments])
      return { content: [{ type: 'text', text: 'It is 21 °C and sunny.' }] }
    },
  }
}

async function automaticMcp({ ai, sdk }: FeatureRig): Promise<void> {
  const called: unknown[] = []
  type McpClient = Parameters<typeof sdk.mcpToTool>[0]
  const tool = sdk.mcpToTool(mcpClient(called) as unknown as McpClient)
  const answer = await ai.models.generateContent({
    model: PRO,
    contents: 'What is the weather in Oslo?',
    config: { tools: [tool] },
  })
  assert.deepEqual(called, [['get_weather', { city: 'Oslo' }]])
  assert.match(answer.text ?? '', /It is 21 °C and sunny\./)
}

async function automaticOff({ ai }: FeatureRig): Promise<void> {
  const tool = weatherTool()
  const config = { tools: [tool], automaticFunctionCalling: { disable: true } }
  const answer = await ai.models.generateContent({ model: PRO, contents: WEATHER_ASKED, config })
  assert.deepEqual(tool.called, [])
  assert.deepEqual(answer.functionCalls?.map(cityOf), ['Oslo', 'Paris'])
}

function checkCalls(calls: readonly FunctionCall[] | undefined, parts: readonly Part[]): void {
  assert.deepEqual(
    calls?.map(({ name, args }) => [name, args]),
    [
      ['get_weather', { city: 'Oslo' }],
      ['get_weather', { city: 'Paris' }],
    ],
  )
  const ids = calls?.map(({ id }) => id) ?? []
  assert.ok(ids.every(Boolean) && new Set(ids).size === 2, `ids ${ids}`)
  const signed = parts
    .filter(({ functionCall }) => functionCall)
    .map(({ thoughtSignature }) => !!thoughtSignature)
  assert.deepEqual(signed, [true, false], 'the first of parallel calls is signed')
}

async function manual({ ai }: FeatureRig): Promise<void> {
  const config = { tools: [{ functionDeclarations: [WEATHER] }] }
  const asked: Content = { role: 'user', parts: [{ text: WEATHER_ASKED }] }
  const first = await ai.models.generateContent({ model: PRO, contents: [asked], config })
  checkCalls(first.functionCalls, partsOf(first))
  assert.equal(first.text, undefined)
  assert.equal(first.candidates?.[0]?.finishReason, 'STOP')
  const results: Content = { role: 'user', parts: (first.functionCalls ?? []).map(answerTo) }
  const called = first.candidates?.[0]?.content as Content
  const second = await ai.models.generateContent({ model: PRO, contents: [asked, called, results], config })
  assert.match(second.text ?? '', /Oslo[\s\S]*-3 °C[\s\S]*Paris[\s\S]*11 °C/)
  assert.equal(second.functionCalls, undefined)
}

async function manualStream({ ai }: FeatureRig): Promise<void> {
  const config = { tools: [{ functionDeclarations: [WEATHER] }] }
  const asked: Content = { role: 'user', parts: [{ text: WEATHER_ASKED }] }
  const first = await collect(
    await ai.models.generateContentStream({ model: PRO, contents: [asked], config }),
  )
  const calls = first.flatMap(({ functionCalls = [] }) => functionCalls)
  const called = contentOf(first)
  checkCalls(calls, called.parts ?? [])
  const contents = [asked, called, { role: 'user', parts: calls.map(answerTo) }]
  const second = await collect(await ai.models.generateContentStream({ model: PRO, contents, config }))
  checkStream(second)
  assert.match(joined(second), /Oslo[\s\S]*-3 °C[\s\S]*Paris[\s\S]*11 °C/)
}

async function unsigned({ ai, sdk }: FeatureRig): Promise<void> {
  const config = { tools: [{ functionDeclarations: [WEATHER] }] }
  const call = { functionCall: { name: 'get_weather', args: { city: 'Oslo' } } }
  const contentsWith = (part: Part): Content[] => [
    { role: 'user', parts: [{ text: 'What is the weather in Oslo?' }] },
    { role: 'model', parts: [part] },
    { role: 'user', parts: [answerTo(call.functionCall)] },
  ]
  const ask = (part: Part) => ai.models.generateContent({ model: PRO, contents: contentsWith(part), config })
  await assert.rejects(
    ask(call),
    refusedWith(sdk, /^Function call is missing a thought_signature in functionCall parts\./),
  )
  const foreign = { ...call, thoughtSignature: Buffer.from('not ours at all').toString('base64') }
  await assert.rejects(ask(foreign), refusedWith(sdk, /thought.signature/i))
  const excused = await ask({ ...call, thoughtSignature: 'skip_thought_signature_validator' })
  assert.match(excused.text ?? '', /-3 °C/, 'a history from elsewhere says so, and is taken')
}

async function modes(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const { FunctionCallingConfigMode: Mode } = sdk
  const tools = [{ functionDeclarations: [WEATHER, lightsOf(rig)] }]
  const ask = (contents: string, functionCallingConfig: object): Promise<GenerateContentResponse> =>
    ai.models.generateContent({
      model: PRO,
      contents,
      config: { tools, toolConfig: { functionCallingConfig } },
    })
  const any = await ask('Good morning!', { mode: Mode.ANY })
  assert.equal(any.functionCalls?.length, 1, 'ANY calls even when nothing asks for it')
  const allowed = await ask('What is the weather in Oslo?', {
    mode: Mode.ANY,
    allowedFunctionNames: ['set_light_values'],
  })
  const [call] = allowed.functionCalls ?? []
  assert.equal(call?.name, 'set_light_values')
  assert.ok(['daylight', 'cool', 'warm'].includes(String(call?.args?.color)), JSON.stringify(call))
  assert.ok(Number.isInteger(call?.args?.brightness))
  const none = await ask('What is the weather in Oslo?', { mode: Mode.NONE })
  assert.equal(none.functionCalls, undefined)
  assert.ok(none.text)
  await assert.rejects(
    ask('Hello', { mode: Mode.AUTO, allowedFunctionNames: ['get_weather'] }),
    refusedWith(sdk, /allowed_function_names|Allowed function names/i),
  )
}
