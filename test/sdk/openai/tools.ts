/** Functions: by hand, by the client to the end, within streams. */
import assert from 'node:assert/strict'
import type { OpenAI } from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import { z } from 'zod'
import { type Message, type OpenAiCase, type Rig, user } from './rig.ts'

export const TOOLS: readonly OpenAiCase[] = [
  { name: '[OSDK-02] parallel functions by hand; the message goes back as it came', run: byHand },
  { name: '[OSDK-02] functions within a stream, put together by the client', run: streamed },
  { name: '[OSDK-02] functions that the client runs to the end, whole and streamed', run: toTheEnd },
  { name: '[OSDK-02] arguments parsed into types', run: parsed },
  { name: '[OSDK-02] a function that must be called, and none that may', run: modes },
]

const ASKED = 'What is the weather in Oslo and Paris?'
const TOLD = /-3[\s\S]*11/
const DEGREES: Readonly<Record<string, number>> = { Oslo: -3, Paris: 11 }
const weatherOf = (city: string) => JSON.stringify({ city, temperature_celsius: DEGREES[city] ?? 21 })

const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const WEATHER: OpenAI.Chat.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'Current weather of a city', parameters: PARAMETERS },
}
const LIGHTS: OpenAI.Chat.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'set_light_values',
    description: 'Sets the brightness of the lights',
    parameters: { type: 'object', properties: { brightness: { type: 'integer', minimum: 0, maximum: 100 } } },
  },
}
const NOTHING: OpenAI.Chat.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'ring_bell', description: 'Rings', parameters: { type: 'object', properties: {} } },
}

type ToolCall = OpenAI.Chat.ChatCompletionMessageToolCall

function citiesOf(calls: readonly ToolCall[] | undefined): unknown[] {
  return (calls ?? []).map((call) => {
    assert.ok(call.type === 'function')
    assert.equal(call.function.name, 'get_weather')
    return JSON.parse(call.function.arguments).city
  })
}

function answersTo(calls: readonly ToolCall[] | undefined): Message[] {
  const cities = citiesOf(calls)
  return (calls ?? []).map(({ id }, index) => ({
    role: 'tool',
    tool_call_id: id,
    content: weatherOf(String(cities[index])),
  }))
}

async function byHand({ client, target: { model } }: Rig): Promise<void> {
  const tools = [WEATHER, LIGHTS, NOTHING]
  const messages = [user(ASKED)]
  const ask = async () => (await client.chat.completions.create({ model, messages, tools })).choices[0]!
  const first = await ask()
  assert.equal(first.finish_reason, 'tool_calls')
  assert.equal(first.message.content, null)
  const calls = first.message.tool_calls
  assert.deepEqual(citiesOf(calls), ['Oslo', 'Paris'])
  assert.equal(new Set(calls?.map(({ id }) => id)).size, 2)
  messages.push(first.message, ...answersTo(calls))
  const second = await ask()
  assert.equal(second.finish_reason, 'stop')
  assert.match(second.message.content ?? '', TOLD)
  messages.push(second.message, user('What is the weather in Rome?'))
  const third = await ask()
  assert.deepEqual(citiesOf(third.message.tool_calls), ['Rome'])
}

async function streamed({ client, target: { name, model } }: Rig): Promise<void> {
  const messages = [user(ASKED)]
  const ask = async () => {
    const asked = { model, messages, tools: [WEATHER] }
    return (await client.chat.completions.stream(asked).finalChatCompletion()).choices[0]!
  }
  const first = await ask()
  assert.equal(first.finish_reason, 'tool_calls')
  assert.equal(first.message.content, null)
  assert.deepEqual(citiesOf(first.message.tool_calls), ['Oslo', 'Paris'])
  // The stream's message has what was parsed beside it, which a target of OpenAI's wire would be sent as it is.
  const { parsed: _, ...message } = first.message
  messages.push(name === 'openai' ? message : first.message, ...answersTo(message.tool_calls))
  assert.match((await ask()).message.content ?? '', TOLD)
}

async function toTheEnd({ client, target: { model } }: Rig): Promise<void> {
  const called: string[] = []
  const tool = {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description: 'Current weather of a city',
      parameters: PARAMETERS,
      parse: (text: string) => JSON.parse(text) as { city: string },
      function: ({ city }: { city: string }) => {
        called.push(city)
        return weatherOf(city)
      },
    },
  }
  for (const stream of [false, true] as const) {
    const asked = { model, messages: [user(ASKED)], tools: [tool] }
    const runner = stream
      ? client.chat.completions.runTools({ ...asked, stream })
      : client.chat.completions.runTools({ ...asked, stream })
    assert.match((await runner.finalContent()) ?? '', TOLD)
    assert.deepEqual(called.splice(0), ['Oslo', 'Paris'])
  }
}

async function parsed({ client, target: { name, model } }: Rig): Promise<void> {
  const parameters = z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) })
  const tools = [zodFunction({ name: 'get_weather', parameters })]
  const messages = [user(ASKED)]
  const ask = async () =>
    (await client.chat.completions.parse({ model, messages, tools })).choices[0]!.message
  const first = await ask()
  const found = first.tool_calls?.map((call) => {
    assert.ok(call.type === 'function')
    return parameters.parse(call.function.parsed_arguments)
  })
  assert.deepEqual(
    found?.map(({ city }) => city),
    ['Oslo', 'Paris'],
  )
  // With what was parsed within it, which a target of OpenAI's wire would be sent as it is.
  if (name === 'openai') return
  messages.push(first, ...answersTo(first.tool_calls))
  assert.match((await ask()).content ?? '', TOLD)
}

async function modes({ client, target: { model } }: Rig): Promise<void> {
  const tools = [WEATHER, LIGHTS]
  const ask = async (content: string, choice: OpenAI.Chat.ChatCompletionToolChoiceOption) => {
    const asked = { model, messages: [user(content)], tools, tool_choice: choice }
    return (await client.chat.completions.create(asked)).choices[0]!.message
  }
  const named = await ask('Hello', { type: 'function', function: { name: 'set_light_values' } })
  const names = (message: OpenAI.Chat.ChatCompletionMessage) =>
    message.tool_calls?.map((call) => call.type === 'function' && call.function.name)
  assert.deepEqual(names(named), ['set_light_values'])
  const lights = { type: 'function', function: { name: 'set_light_values' } }
  const some = { mode: 'required' as const, tools: [lights] }
  assert.deepEqual(names(await ask('Hello', { type: 'allowed_tools', allowed_tools: some })), [
    'set_light_values',
  ])
  assert.equal((await ask('Hello', 'required')).tool_calls?.length, 1)
  const barred = await ask(ASKED, 'none')
  assert.equal(barred.tool_calls, undefined)
  assert.match(barred.content ?? '', /./)
}
