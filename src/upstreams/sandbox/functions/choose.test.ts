import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bestOf, wishesOf } from './choose.ts'
import { readFunctions } from './functions.ts'
import { EMAIL, read, WEATHER } from './testing.fixture.ts'

const TEXT = { type: 'STRING' }

function declaration(name: string, description: string, properties: object = {}): object {
  return { name, description, parameters: { type: 'OBJECT', properties, required: Object.keys(properties) } }
}

const FUNCTIONS = readFunctions(
  read({
    tools: [
      {
        functionDeclarations: [
          WEATHER,
          EMAIL,
          declaration('setLightValues', 'Sets the brightness and color of a light', {
            brightness: { type: 'NUMBER' },
          }),
          declaration('schedule_meeting', 'Schedules a meeting', {
            attendees: { type: 'ARRAY', items: TEXT },
            topic: TEXT,
          }),
          declaration('search_flights', 'Searches flights', { origin: TEXT, destination: TEXT }),
          declaration('get_stock_price', 'Gets the price of a stock', { symbol: TEXT }),
          declaration('create_file', 'Creates a file', { path: TEXT }),
          declaration('search', 'Searches the web', { query: TEXT }),
          declaration('start_music', 'Plays some music', { loud: { type: 'BOOLEAN' } }),
          declaration('invite', 'Sends an invitation to a guest', { guest: TEXT }),
        ],
      },
    ],
  }).tools,
)

/** `stage:name(text)` for each wish. */
function wishes(prompt: string): readonly string[] {
  return wishesOf(prompt, FUNCTIONS).map(({ called, text, stage }) => `${stage}:${called.name}(${text})`)
}

function names(prompt: string): readonly string[] {
  return wishesOf(prompt, FUNCTIONS).map(({ called }) => called.name)
}

describe('which functions a prompt asks for', () => {
  const ONE: readonly (readonly [string, string])[] = [
    ["What's the weather in Paris?", 'get_current_weather'],
    ['Do I need an umbrella in Oslo?', 'get_current_weather'],
    ["What's the temperature in Chicago and do I need a coat?", 'get_current_weather'],
    ["I'm in Berlin. Should I take an umbrella?", 'get_current_weather'],
    ['Turn the lights down to a romantic level', 'setLightValues'],
    ['Schedule a meeting with Bob and Alice about the plan', 'schedule_meeting'],
    ['Find flights from Paris to London', 'search_flights'],
    ['How much is Apple stock worth?', 'get_stock_price'],
    ['Create a file called notes.txt', 'create_file'],
    ['Search for cats', 'search'],
    ['Please call get_stock_price', 'get_stock_price'],
    ['Use `start_music` now', 'start_music'],
    ['Please send an invitation to the guest John Smith', 'invite'],
  ]
  for (const [prompt, name] of ONE) {
    it(`[FUNC-05] ${prompt}`, () => {
      assert.deepEqual(names(prompt), [name])
    })
  }

  for (const prompt of [
    'Hi',
    'Explain how AI works in a few words',
    'What is the capital of France?',
    'What is 2+2?',
    'List 3 planets with their distances from the sun',
    'Write a poem about the weather',
    'Delete the file notes.txt',
    'Who won Euro 2024?',
    '',
  ]) {
    it(`[FUNC-05] none: ${prompt}`, () => {
      assert.deepEqual(names(prompt), [])
    })
  }

  const SEVERAL: readonly (readonly [string, readonly string[]])[] = [
    [
      'What is the weather in Paris and London?',
      [
        '0:get_current_weather(What is the weather in Paris)',
        '0:get_current_weather(What is the weather in London)',
      ],
    ],
    [
      'Compare the weather in Oslo and in Paris.',
      [
        '0:get_current_weather(Compare the weather in Oslo)',
        '0:get_current_weather(Compare the weather in Paris)',
      ],
    ],
    [
      'weather in oslo and in paris',
      ['0:get_current_weather(weather in oslo)', '0:get_current_weather(weather in paris)'],
    ],
    [
      'weather in paris, rome and london',
      [
        '0:get_current_weather(weather in paris)',
        '0:get_current_weather(weather in rome)',
        '0:get_current_weather(weather in london)',
      ],
    ],
    [
      'Weather in Boston, MA and San Francisco, CA',
      ['0:get_current_weather(Weather in Boston, MA)', '0:get_current_weather(Weather in San Francisco, CA)'],
    ],
    ['Play music and dim the lights', ['0:start_music(Play music)', '0:setLightValues(dim the lights)']],
    [
      'Get the weather in Oslo and then send an email to bob@example.com',
      ['0:get_current_weather(Get the weather in Oslo)', '1:send_email(send an email to bob@example.com)'],
    ],
  ]
  for (const [prompt, expected] of SEVERAL) {
    it(`[FUNC-05] several: ${prompt}`, () => {
      assert.deepEqual(wishes(prompt), expected)
    })
  }

  it('the best one is the first when none fits', () => {
    assert.equal(bestOf('Hi', FUNCTIONS)?.name, 'get_current_weather')
    assert.equal(bestOf('some music', FUNCTIONS)?.name, 'start_music')
    assert.equal(bestOf('Hi', []), undefined)
  })

  it('long prompts of any kind cost little', () => {
    const began = process.cpuUsage()
    for (const unit of ['A ', 'and ', 'Paris, ', '"', ', and ', 'in a and ', 'Aa Bb and ', '.', '`', "A'"]) {
      wishesOf(unit.repeat(50_000), FUNCTIONS)
    }
    const { user } = process.cpuUsage(began)
    assert.ok(user < 3_000_000, `${user} µs`)
  })
})
