import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeOutcome } from './outcome.ts'

function told(response: object, parts: readonly object[] = []): string {
  const call = { name: 'get_weather', args: { city: 'Oslo' } }
  return writeOutcome([
    { call, response: { name: 'get_weather', response: { ...response }, parts: [...parts] } },
  ])
}

const LEAD = 'Here is the weather for Oslo'

describe('what is said about results', () => {
  const ROWS: readonly (readonly [string, object, string])[] = [
    ['output', { output: 'sunny' }, `${LEAD}: sunny.`],
    ['a result with a unit in its name', { result: { tempC: -3 } }, `${LEAD}: temp -3 °C.`],
    [
      'a unit beside its number',
      { temperature: 21, unit: 'celsius', sky: 'clear' },
      `${LEAD}: temperature 21 °C, sky clear.`,
    ],
    ['nested objects', { now: { wind_speed: 5, rain: false } }, `${LEAD}: now wind speed 5, now rain false.`],
    ['lists', { result: ['a', 1, null] }, `${LEAD}: a, 1, null.`],
    ['JSON in a text', { result: '{"sky":"grey"}' }, `${LEAD}: sky grey.`],
    ['text that only looks like JSON', { result: '{sky' }, `${LEAD}: {sky.`],
    ['a wrapper with name and content', { name: 'get_weather', content: 'snow' }, `${LEAD}: snow.`],
    ['content of a tool server', { content: [{ type: 'text', text: 'Fog.' }] }, `${LEAD}: Fog.`],
    ['a reference to a part', { image: { $ref: 'map.png' } }, `${LEAD}: image map.png (attached).`],
    ['nothing', {}, `${LEAD}.`],
    ['an error', { error: 'no such city' }, 'I could not get the weather for Oslo. No such city.'],
    ['an error object', { error: { code: 5 } }, 'I could not get the weather for Oslo. Code 5.'],
    [
      'a flagged error',
      { isError: true, content: [{ type: 'text', text: 'down' }] },
      'I could not get the weather for Oslo. Down.',
    ],
    ['no error', { error: null, output: 'dry' }, `${LEAD}: dry.`],
  ]
  for (const [what, response, expected] of ROWS) {
    it(`[FUNC-07] ${what}`, () => {
      assert.equal(told(response), expected)
    })
  }

  it('[FUNC-07] media in the result are mentioned', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }]
    assert.equal(told({ output: 'a map' }, parts), `${LEAD}: a map, with 1 attached file (image/png).`)
  })

  it('[FUNC-07] a deed is told as done', () => {
    const call = { name: 'setLightValues', args: { brightness: 30, color: 'warm' } }
    assert.equal(writeOutcome([{ call, response: {} }]), 'Done: set light values (30, warm).')
    assert.equal(
      writeOutcome([{ call, response: { response: { error: 'no light' } } }]),
      'I could not do this: set light values (30, warm). No light.',
    )
  })

  it('[FUNC-07] all results are told, many of them counted', () => {
    const exchange = (city: string): Parameters<typeof writeOutcome>[0][number] => ({
      call: { name: 'get_weather', args: { city } },
      response: { response: { output: `sun over ${city}` } },
    })
    const two = writeOutcome([exchange('Oslo'), exchange('Rome')])
    assert.match(two, /sun over Oslo.*sun over Rome/)
    const many = writeOutcome(Array.from({ length: 500 }, (_, index) => exchange(`C${index}`)))
    assert.match(many, /^488 earlier calls/)
    assert.match(many, /sun over C499/)
  })

  it('a result of any size and depth is told in few words', () => {
    let deep: unknown = 1
    for (let level = 0; level < 90; level++) deep = { a: deep }
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]))
    for (const response of [
      { output: deep },
      wide,
      { output: 'x'.repeat(2_000_000) },
      { a: '"'.repeat(30_000) },
    ]) {
      assert.ok(told(response).length < 2_000)
    }
  })
})
