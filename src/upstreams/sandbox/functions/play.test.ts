import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Play } from '../play.ts'
import { validate } from '../schema/validate.ts'
import { readFunctions } from './functions.ts'
import {
  answering,
  asking,
  type Called,
  calling,
  callsOf,
  declare,
  EMAIL,
  GEMINI_2,
  GEMINI_3,
  GEMINI_25,
  LIGHTS,
  play,
  read,
  WEATHER,
} from './testing.fixture.ts'

const TOOLS = declare(WEATHER, EMAIL, LIGHTS)

function prompting(text: string, functionCallingConfig?: object, tools = TOOLS): object {
  return {
    contents: [asking(text)],
    tools,
    ...(functionCallingConfig && { toolConfig: { functionCallingConfig } }),
  }
}

async function namesFor(text: string, functionCallingConfig?: object): Promise<readonly string[]> {
  return callsOf(await play(prompting(text, functionCallingConfig))).map(({ name }) => name)
}

function checkArguments(calls: readonly Called[], tools: readonly object[]): void {
  const functions = readFunctions(read({ tools }).tools)
  for (const { name, args } of calls) {
    const shape = functions.find((declared) => declared.name === name)?.shape
    assert.deepEqual(shape === undefined ? Object.keys(args) : validate(shape, args), [], name)
  }
}

describe('calls', () => {
  it('[FUNC-05] one call, with the place out of the prompt', async () => {
    const played = await play(prompting("What's the weather in Oslo?"))
    const [call] = callsOf(played)
    assert.equal(call?.name, 'get_current_weather')
    assert.match(String(call?.args.location), /Oslo/)
    assert.equal(played?.finishReason, 'STOP')
    assert.equal(played?.finishMessage, 'Model generated function call(s).')
    assert.equal(played?.parts.length, 1)
  })

  it('[FUNC-05] parallel calls of one function, each with its own place', async () => {
    const calls = callsOf(await play(prompting("What's the weather in Paris and London?")))
    assert.deepEqual(
      calls.map(({ name }) => name),
      ['get_current_weather', 'get_current_weather'],
    )
    assert.match(String(calls[0]?.args.location), /Paris/)
    assert.match(String(calls[1]?.args.location), /London/)
    checkArguments(calls, TOOLS)
  })

  it('[FUNC-05] what hangs on a condition waits for it', async () => {
    const integer = { type: 'integer' }
    const place = { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] }
    const degrees = { type: 'object', properties: { temperature: integer }, required: ['temperature'] }
    const tools = declare(
      { name: 'get_weather_forecast', parametersJsonSchema: place },
      { name: 'set_thermostat_temperature', parametersJsonSchema: degrees },
    )
    const prompt = "If it's warmer than 20°C in London, set the thermostat to 20°C, otherwise set it to 18°C."
    const calls = callsOf(await play(prompting(prompt, undefined, tools)))
    assert.deepEqual(
      calls.map(({ name, args }) => [name, args]),
      [['get_weather_forecast', { location: 'London' }]],
    )
  })

  it('[FUNC-05] a meeting with its people, its day and its topic', async () => {
    const text = { type: 'string' }
    const attendees = { type: 'array', items: text }
    const properties = { attendees, date: text, time: text, topic: text }
    const schema = { type: 'object', properties, required: Object.keys(properties) }
    const tools = declare({ name: 'schedule_meeting', parametersJsonSchema: schema })
    const prompt = 'Schedule a meeting with Bob and Alice for 03/27/2025 at 10:00 AM about the Q3 planning.'
    const [call] = callsOf(await play(prompting(prompt, undefined, tools)))
    assert.deepEqual(call?.args, {
      attendees: ['Bob', 'Alice'],
      date: '2025-03-27',
      time: '10:00',
      topic: 'Q3 planning',
    })
  })

  it('[FUNC-05] an optional choice is left out until somebody names it', async () => {
    const unit = { type: 'string', enum: ['celsius', 'fahrenheit'] }
    const schema = { type: 'object', properties: { city: { type: 'string' }, unit }, required: ['city'] }
    const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: schema }] }]
    const argsFor = async (text: string) => callsOf(await play(prompting(text, undefined, tools)))[0]?.args
    assert.deepEqual(await argsFor('What is the weather in Oslo?'), { city: 'Oslo' })
    assert.deepEqual(await argsFor('What is the weather in Oslo in fahrenheit?'), {
      city: 'Oslo',
      unit: 'fahrenheit',
    })
  })

  it('[FUNC-05] parallel calls of different functions', async () => {
    assert.deepEqual(await namesFor("What's the weather in Oslo, and switch all lights off."), [
      'get_current_weather',
      'lights_off',
    ])
  })

  it('[FUNC-05] both kinds of schema get valid arguments', async () => {
    const prompt = 'Send an email to bob@example.com with the subject "Hello" and tell me the weather in Oslo'
    const calls = callsOf(await play(prompting(prompt)))
    assert.deepEqual(
      calls.map(({ name }) => name),
      ['send_email', 'get_current_weather'],
    )
    checkArguments(calls, TOOLS)
    assert.equal(calls[0]?.args.to, 'bob@example.com')
  })

  it('[FUNC-05] a function without parameters gets {}', async () => {
    const [call] = callsOf(await play(prompting('All lights off!')))
    assert.deepEqual(call?.args, {})
  })

  it('[FUNC-06] ids are there from family 3 on, unique, the same each time', async () => {
    const body = prompting("What's the weather in Paris and London?")
    const ids = callsOf(await play(body)).map(({ id }) => id ?? '')
    assert.equal(new Set(ids).size, 2)
    for (const id of ids) assert.match(id, /^[0-9a-z]{8,16}$/)
    assert.deepEqual(
      callsOf(await play(body)).map(({ id }) => id),
      ids,
    )
    for (const model of [GEMINI_25, GEMINI_2]) {
      for (const call of callsOf(await play(body, model))) assert.ok(!('id' in call), model)
    }
  })
})

describe('modes', () => {
  it('[FUNC-08] AUTO, unspecified and VALIDATED call when asked, and leave other prompts alone', async () => {
    for (const mode of [undefined, 'AUTO', 'MODE_UNSPECIFIED', 'VALIDATED']) {
      const config = mode === undefined ? undefined : { mode }
      assert.deepEqual(await namesFor('Weather in Oslo?', config), ['get_current_weather'], `mode ${mode}`)
      assert.equal(await play(prompting('Explain how AI works', config)), undefined, `mode ${mode}`)
    }
  })

  it('[FUNC-08] VALIDATED keeps to the allowed functions', async () => {
    const config = { mode: 'VALIDATED', allowedFunctionNames: ['send_email'] }
    assert.deepEqual(await namesFor('Weather in Oslo?', config), [])
  })

  it('[FUNC-08] NONE never calls', async () => {
    assert.equal(await play(prompting('Weather in Oslo?', { mode: 'NONE' })), undefined)
  })

  it('[FUNC-08] ANY always calls: what fits, or else the first allowed one', async () => {
    assert.deepEqual(await namesFor('Weather in Oslo?', { mode: 'ANY' }), ['get_current_weather'])
    assert.deepEqual(await namesFor('Hi', { mode: 'ANY' }), ['get_current_weather'])
    const allowedFunctionNames = ['lights_off', 'send_email']
    assert.deepEqual(await namesFor('Hi', { mode: 'ANY', allowedFunctionNames }), ['lights_off'])
    assert.deepEqual(await namesFor('Weather in Oslo?', { mode: 'ANY', allowedFunctionNames }), [
      'lights_off',
    ])
  })

  it('[FUNC-08] AUTO respects that no tool is wanted', async () => {
    assert.deepEqual(await namesFor('Weather in Oslo, but without any tools please'), [])
  })
})

/** Runs functions as a client would, until there is a text; gives the names called and the text. */
async function converse(
  body: { contents: readonly object[]; tools?: readonly object[]; toolConfig?: object },
  run: (call: Called) => object,
  model = GEMINI_3,
): Promise<{ names: readonly string[]; text: string | undefined }> {
  const names: string[] = []
  const contents = [...body.contents]
  for (let step = 0; step < 20; step++) {
    const played: Play | undefined = await play({ ...body, contents }, model)
    const calls = callsOf(played)
    if (calls.length === 0) return { names, text: played?.parts.map(({ text }) => text).join('') }
    names.push(...calls.map(({ name }) => name))
    contents.push(calling(...played!.parts))
    const responses = calls.map((call) => ({
      ...(call.id !== undefined && { id: call.id }),
      name: call.name,
      response: run(call),
    }))
    contents.push(answering(...responses))
  }
  throw new assert.AssertionError({ message: `no end: ${names.join()}` })
}

describe('conversations with functions', () => {
  for (const model of [GEMINI_3, GEMINI_25, GEMINI_2]) {
    it(`[FUNC-07] ${model}: a call, its result, a text with what is in it`, async () => {
      const body = { contents: [asking('Weather in Oslo?')], tools: TOOLS }
      const { names, text } = await converse(body, () => ({ result: { tempC: -3, sky: 'clear' } }), model)
      assert.deepEqual(names, ['get_current_weather'])
      assert.match(text ?? '', /weather.*Oslo.*-3 °C.*clear/)
    })
  }

  it('[FUNC-07] parallel results are all told', async () => {
    const body = { contents: [asking("What's the weather in Paris and London?")], tools: TOOLS }
    const { names, text } = await converse(body, ({ args }) => ({ output: `fine in ${args.location}` }))
    assert.equal(names.length, 2)
    assert.match(text ?? '', /fine in Paris.*fine in London/s)
  })

  it('[FUNC-09] what comes "then" is called after the first result', async () => {
    const prompt = 'Get the weather in Oslo and then send an email to bob@example.com about it'
    const first = await play(prompting(prompt))
    assert.deepEqual(
      callsOf(first).map(({ name }) => name),
      ['get_current_weather'],
    )
    const { names, text } = await converse({ contents: [asking(prompt)], tools: TOOLS }, ({ name }) => ({
      output: `${name} ok`,
    }))
    assert.deepEqual(names, ['get_current_weather', 'send_email'])
    assert.match(text ?? '', /get_current_weather ok.*send_email ok/s)
  })

  it('[FUNC-09] of two calls of one function, only the one that is still open is made', async () => {
    const contents = [
      asking("What's the weather in Paris and London?"),
      calling({ functionCall: { name: 'get_current_weather', args: { location: 'Paris' } } }),
      answering({ name: 'get_current_weather', response: { output: 'sun' } }),
    ]
    const calls = callsOf(await play({ contents, tools: TOOLS }, GEMINI_25))
    assert.equal(calls.length, 1)
    assert.match(String(calls[0]?.args.location), /London/)
  })

  it('[FUNC-09] a failed call is not tried again', async () => {
    const body = { contents: [asking('Weather in Oslo?')], tools: TOOLS }
    const { names, text } = await converse(body, () => ({ error: 'service down' }))
    assert.deepEqual(names, ['get_current_weather'])
    assert.match(text ?? '', /could not.*service down/i)
  })

  it('[FUNC-09] ANY comes to an end after each allowed function', async () => {
    const toolConfig = { functionCallingConfig: { mode: 'ANY' } }
    const body = { contents: [asking('Turn this place into a party')], tools: TOOLS, toolConfig }
    const { names, text } = await converse(body, () => ({ ok: true }))
    assert.deepEqual([...names].sort(), ['get_current_weather', 'lights_off', 'send_email'])
    assert.match(text ?? '', /ok true/)
  })

  it('a second question begins anew', async () => {
    const history = [asking('Weather in Oslo?'), calling({ functionCall: { name: 'get_current_weather' } })]
    history.push(
      answering({ name: 'get_current_weather', response: { output: 'sun' } }),
      calling({ text: 'Sun.' }),
    )
    const again = { contents: [...history, asking('And the weather in Rome?')], tools: TOOLS }
    assert.match(String(callsOf(await play(again))[0]?.args.location), /Rome/)
    assert.equal(await play({ ...again, contents: [...history, asking('Thanks!')] }), undefined)
  })

  it('results are told without declarations, and in mode NONE', async () => {
    const skip = 'skip_thought_signature_validator'
    const contents = [
      asking('Weather in Oslo?'),
      calling({ functionCall: { name: 'forgotten', args: {} }, thoughtSignature: skip }),
      answering({ name: 'forgotten', response: { output: 'sun' } }),
    ]
    for (const body of [
      { contents },
      { contents, tools: TOOLS, toolConfig: { functionCallingConfig: { mode: 'NONE' } } },
    ]) {
      assert.match(String((await play(body))?.parts[0]?.text), /sun/)
    }
  })

  it('results that are wanted as JSON are left to who writes JSON', async () => {
    const contents = [
      asking('Weather in Oslo?'),
      calling({ functionCall: { name: 'f' } }),
      answering({ name: 'f', response: { output: 'sun' } }),
    ]
    const body = { contents, generationConfig: { responseMimeType: 'application/json' } }
    assert.equal(await play(body, GEMINI_25), undefined)
  })

  it('a prefilled answer is not for functions', async () => {
    const contents = [asking('Weather in Oslo?'), calling({ text: 'The weather' })]
    assert.equal(await play({ contents, tools: TOOLS }), undefined)
  })
})

describe('the computer', () => {
  const tools = [{ computerUse: { environment: 'ENVIRONMENT_BROWSER' } }]
  const prompt = 'Go to example.com, type "red shoes" and click the first result'

  it('[FUNC-10] does one action after another', async () => {
    const { names, text } = await converse({ contents: [asking(prompt)], tools }, () => ({
      url: 'https://example.com',
    }))
    assert.deepEqual(names, ['open_web_browser', 'navigate', 'type_text_at', 'click_at'])
    assert.match(text ?? '', /https:\/\/example\.com/)
  })

  it('[FUNC-10] leaves out what is excluded', async () => {
    const computerUse = {
      ...tools[0]?.computerUse,
      excludedPredefinedFunctions: ['open_web_browser', 'click_at'],
    }
    const { names } = await converse({ contents: [asking(prompt)], tools: [{ computerUse }] }, () => ({}))
    assert.deepEqual(names, ['navigate', 'type_text_at'])
  })
})
