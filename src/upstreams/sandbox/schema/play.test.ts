import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { textOf } from '../../translation/checks/contents.ts'
import { readMessage } from '../../translation/checks/message.ts'
import { createRandom } from '../digest.ts'
import { SANDBOX_MODELS } from '../models.ts'
import type { Scene } from '../play.ts'
import type { Generation } from '../request.ts'
import type { Conversation } from '../text/write.ts'
import { checkStructuredOutput } from './check.ts'
import { structuredPlayer } from './play.ts'

const JSON_MODE = { responseMimeType: 'application/json' }
const GEMINI_25 = 'gemini-2.5-flash'
const GEMINI_3 = 'gemini-3-flash-preview'

function requestOf(prompt: string, generationConfig: object, tools: readonly object[] = []) {
  const contents = [{ role: 'user', parts: [{ text: prompt }] }]
  return readMessage('GenerateContentRequest', { contents, generationConfig, tools })
}

function sceneOf(prompt: string, config: object, others: Partial<Conversation> = {}, seed = 1): Scene {
  const request = requestOf(prompt, config)
  const generation: Partial<Generation> = { request, model: SANDBOX_MODELS.get(GEMINI_25)! }
  const conversation: Conversation = {
    ...{ modelId: GEMINI_25, prompt: textOf(request.contents?.at(-1)), earlier: [], systemText: '' },
    ...{ media: [], readings: [] },
    ...others,
  }
  return {
    generation: generation as Generation,
    conversation,
    ...{ index: 0, seed, random: createRandom(seed), signal: new AbortController().signal },
  }
}

async function play(
  prompt: string,
  config: object,
  others: Partial<Conversation> = {},
  seed = 1,
): Promise<string> {
  const parts = (await structuredPlayer(sceneOf(prompt, config, others, seed)))?.parts ?? []
  assert.equal(parts.length, 1)
  return parts[0]?.text ?? assert.fail('no text')
}

async function playJson(
  prompt: string,
  config: object,
  others: Partial<Conversation> = {},
): Promise<unknown> {
  return JSON.parse(await play(prompt, { ...JSON_MODE, ...config }, others))
}

function refusal(config: object, model = GEMINI_25, tools: readonly object[] = []): string | undefined {
  const request = requestOf('Hi', config, tools)
  try {
    checkStructuredOutput(SANDBOX_MODELS.get(model)!, request.generationConfig ?? {}, request.tools ?? [])
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.http === 400, String(error))
    return error.message
  }
  return undefined
}

describe('[SCHEMA-04] an answer has the form of its schema and the facts of its prompt', () => {
  it('a list of recipes, with its keys in the order that was asked for', async () => {
    const responseSchema = {
      type: 'ARRAY',
      items: {
        type: 'OBJECT',
        properties: {
          recipeName: { type: 'STRING' },
          ingredients: { type: 'ARRAY', items: { type: 'STRING' } },
        },
        propertyOrdering: ['ingredients', 'recipeName'],
      },
    }
    const text = await play('List 2 popular cookie recipes.', { ...JSON_MODE, responseSchema })
    const recipes = JSON.parse(text) as Record<string, unknown>[]
    assert.equal(recipes.length, 2)
    assert.equal(recipes[0]?.recipeName, 'Chocolate Chip Cookies')
    assert.deepEqual(Object.keys(recipes[1]!), ['ingredients', 'recipeName'])
    assert.ok(text.startsWith('[\n  {\n    "ingredients": ['))
  })

  it('what the prompt says of a person', async () => {
    const schema = (properties: object) => ({ responseSchema: { type: 'OBJECT', properties } })
    const prompt =
      'Extract the data: John Smith is 42 years old, born 5 March 1984, lives in Boston, writes from j.smith@mail.org. Title: "The Long Way"'
    const value = await playJson(
      prompt,
      schema({
        name: { type: 'STRING' },
        age: { type: 'INTEGER', maximum: 150 },
        birth_date: { type: 'STRING', format: 'date' },
        city: { type: 'STRING' },
        email: { type: 'STRING', format: 'email' },
        title: { type: 'STRING' },
      }),
    )
    assert.deepEqual(value, {
      name: 'John Smith',
      age: 42,
      birth_date: '1984-03-05',
      city: 'Boston',
      email: 'j.smith@mail.org',
      title: 'The Long Way',
    })
  })

  it('planets have their true distances', async () => {
    const responseJsonSchema = {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          planet: { type: 'string' },
          distance_km: { type: 'number' },
          moons: { type: 'integer' },
        },
        required: ['planet', 'distance_km', 'moons'],
      },
    }
    const value = await playJson('Name 4 planets', { responseJsonSchema })
    assert.deepEqual((value as unknown[])[3], { planet: 'Mars', distance_km: 227_900_000, moons: 2 })
    assert.deepEqual(await playJson('Name 4 planets', { _responseJsonSchema: responseJsonSchema }), value)
  })

  it('responseFormat asks for the same', async () => {
    const schema = { type: 'object', properties: { answer: { type: 'integer' } }, required: ['answer'] }
    const responseFormat = { text: { mimeType: 'APPLICATION_JSON', schema } }
    assert.equal(refusal({ responseFormat }), undefined)
    assert.equal(await play('What is 6*7?', { responseFormat }), '{\n  "answer": 42\n}')
    assert.equal(await play('What is 6*7?', { responseFormat: [responseFormat] }), '{\n  "answer": 42\n}')
  })

  it('numbers and texts look like what they are called', async () => {
    const properties = Object.fromEntries(
      ['name', 'email', 'phone', 'url', 'city', 'country', 'created_at', 'color'].map((name) => [
        name,
        { type: 'STRING' },
      ]),
    )
    const numbers = Object.fromEntries(
      ['age', 'year', 'price', 'rating', 'latitude'].map((name) => [name, { type: 'NUMBER' }]),
    )
    for (let seed = 0; seed < 20; seed++) {
      const config = {
        ...JSON_MODE,
        responseSchema: { type: 'OBJECT', properties: { ...properties, ...numbers } },
      }
      const value = JSON.parse(await play('Make something up', config, {}, seed)) as Record<string, string>
      assert.match(value.name!, /^\p{Lu}\p{L}+ \p{Lu}\p{L}+$/u)
      assert.match(value.email!, /^[a-z.]+@example\.com$/)
      assert.match(value.phone!, /^\+1 555 01\d\d$/)
      assert.match(value.url!, /^https:\/\/example\.com\//)
      assert.match(value.created_at!, /^2026-\d\d-\d\dT\d\d:\d\d:00Z$/)
      const { age, year, price, rating, latitude } = value as unknown as Record<string, number>
      assert.ok(age! >= 18 && age! <= 90 && Number.isInteger(age))
      assert.equal(year, 2026)
      assert.ok(price! > 0 && price! < 1_000 && rating! >= 1 && rating! <= 5 && Math.abs(latitude!) <= 90)
    }
  })

  it('the same seed gives the same, other seeds mostly others', async () => {
    const config = {
      ...JSON_MODE,
      responseSchema: { type: 'OBJECT', properties: { name: { type: 'STRING' } } },
    }
    const texts = await Promise.all(Array.from({ length: 20 }, (_, seed) => play('A user', config, {}, seed)))
    assert.equal(texts[3], await play('A user', config, {}, 3))
    assert.ok(new Set(texts).size > 5)
  })

  it('says what is seen', async () => {
    const media = ['a PNG image of 640 × 480 pixels, mostly red and white']
    const responseSchema = { type: 'OBJECT', properties: { description: { type: 'STRING' } } }
    assert.deepEqual(await playJson('Describe it', { responseSchema }, { media }), {
      description: 'A PNG image of 640 × 480 pixels, mostly red and white.',
    })
    const { answer } = (await playJson('Describe it', {}, { media })) as { answer: string }
    assert.match(answer, /mostly red and white/)
  })

  it('reads what is written in a document', async () => {
    const readings = ['Invoice number: INV-77, total 59.90']
    const responseSchema = {
      type: 'OBJECT',
      properties: { invoice_number: { type: 'STRING' }, total: { type: 'NUMBER' } },
    }
    assert.deepEqual(await playJson('Extract the fields', { responseSchema }, { readings }), {
      invoice_number: 'INV-77',
      total: 59.9,
    })
  })
})

describe('[SCHEMA-05] one value out of a list, without quotes', () => {
  const list = (...values: string[]) => ({
    responseMimeType: 'text/x.enum',
    responseSchema: { type: 'STRING', enum: values },
  })

  it('the one that the prompt is about', async () => {
    const instruments = list('Percussion', 'String', 'Woodwind', 'Brass', 'Keyboard')
    assert.equal(await play('What type of instrument is an oboe?', instruments), 'Woodwind')
    const moods = list('positive', 'negative', 'neutral')
    assert.equal(await play('Is it positive, negative or neutral: I love it', moods), 'positive')
    assert.equal(await play('Is it positive, negative or neutral: what a terrible film', moods), 'negative')
    assert.equal(await play('The traffic light is RED.', list('green', 'red')), 'red')
  })

  it('any of them otherwise, and each of them in turn', async () => {
    const texts = await Promise.all(
      Array.from({ length: 30 }, (_, seed) => play('Choose', list('a', 'b', 'c'), {}, seed)),
    )
    assert.deepEqual([...new Set(texts)].sort(), ['a', 'b', 'c'])
  })

  it('a JSON Schema can say which ones', async () => {
    const config = { responseMimeType: 'text/x.enum', responseJsonSchema: { enum: ['yes', 'no'] } }
    assert.equal(refusal(config), undefined)
    assert.match(await play('Hm', config), /^(?:yes|no)$/)
  })

  it('is JSON where JSON is asked for', async () => {
    const config = { ...JSON_MODE, responseSchema: { type: 'STRING', enum: ['x'] } }
    assert.equal(await play('Hm', config), '"x"')
  })
})

describe('[SCHEMA-06] JSON without a schema answers the prompt', () => {
  const cases: readonly (readonly [prompt: string, value: unknown])[] = [
    [
      'List 3 planets with their distances from the sun',
      [
        { planet: 'Mercury', distance_million_km: 57.9 },
        { planet: 'Venus', distance_million_km: 108.2 },
        { planet: 'Earth', distance_million_km: 149.6 },
      ],
    ],
    ['What is 2+2?', { answer: '2 + 2 = 4.' }],
    ['Jane Doe, age 34. Return JSON with keys name and age', { name: 'Jane Doe', age: 34 }],
    ['{"sum": number} What is 5+6?', { sum: 11 }],
  ]
  for (const [prompt, value] of cases) {
    it(prompt, async () => {
      const played = await playJson(prompt, {})
      if (prompt.includes('sum')) assert.equal(typeof (played as { sum: unknown }).sum, 'number')
      else assert.deepEqual(played, value)
    })
  }

  it('keys, and types written as people write them', async () => {
    assert.deepEqual(Object.keys((await playJson('return a JSON object with keys a and b', {})) as object), [
      'a',
      'b',
    ])
    const recipes = await playJson(
      "List a few popular cookie recipes using this JSON schema:\n\nRecipe = {'recipe_name': str, 'ingredients': list[str]}\nReturn: list[Recipe]",
      {},
    )
    assert.ok(Array.isArray(recipes) && recipes.length === 3)
    assert.deepEqual(Object.keys(recipes[0] as object), ['recipe_name', 'ingredients'])
    const nested = (await playJson('Fill {"a": {"b": [1]}, "c": "x|y", "ok": true}', {})) as Record<
      string,
      unknown
    >
    assert.deepEqual(Object.keys(nested), ['a', 'c', 'ok'])
    assert.ok(Number.isInteger((nested.a as { b: unknown[] }).b[0]))
    assert.match(String(nested.c), /^[xy]$/)
    assert.equal(typeof nested.ok, 'boolean')
  })

  it('the system instruction can say the keys', async () => {
    const systemText = 'Always reply with a JSON object with the keys "answer" and "confidence".'
    const value = (await playJson('What is the capital of France?', {}, { systemText })) as Record<
      string,
      unknown
    >
    assert.equal(value.answer, 'Paris.')
    assert.equal(typeof value.confidence, 'number')
  })

  it('any prompt gets JSON, in bounded time', async () => {
    for (const unit of [
      '{',
      '{"a":',
      '{"a":[',
      'keys ',
      'a,',
      '"',
      'list 3 ',
      'named A ',
      'in Rome ',
      '1 ',
      '\ud83d',
      '…',
    ]) {
      const startedAtMs = performance.now()
      await playJson(
        unit.repeat(100_000),
        {},
        { systemText: unit.repeat(100_000), readings: [unit.repeat(100_000)] },
      )
      assert.ok(performance.now() - startedAtMs < 500, unit)
    }
  })
})

describe('[SCHEMA-07] what does not go together is refused', () => {
  const schema = { type: 'STRING', enum: ['a'] }
  const tools = [{ functionDeclarations: [{ name: 'f' }] }]

  it('a schema without a mime type that has one', () => {
    const message = "A response schema requires the response mime type 'application/json' or 'text/x.enum'."
    assert.equal(refusal({ responseSchema: schema }), message)
    assert.equal(refusal({ responseSchema: schema, responseMimeType: 'text/plain' }), message)
    assert.equal(refusal({ responseJsonSchema: {} }), message)
    assert.equal(refusal({ ...JSON_MODE, responseSchema: schema }), undefined)
  })

  it('a choice without choices', () => {
    const responseMimeType = 'text/x.enum'
    const message =
      "The response mime type 'text/x.enum' requires a response schema of type STRING with enum values."
    assert.equal(refusal({ responseMimeType }), message)
    assert.equal(refusal({ responseMimeType, responseSchema: { type: 'STRING' } }), message)
    assert.equal(refusal({ responseMimeType, responseJsonSchema: { enum: [1] } }), message)
    assert.equal(refusal({ responseMimeType, responseSchema: schema }), undefined)
  })

  it('tools with JSON, before Gemini 3', () => {
    assert.equal(
      refusal(JSON_MODE, GEMINI_25, tools),
      "Function calling with a response mime type: 'application/json' is unsupported",
    )
    assert.equal(
      refusal(JSON_MODE, GEMINI_25, [{ googleSearch: {} }]),
      "Tool use with a response mime type: 'application/json' is unsupported",
    )
    assert.equal(refusal(JSON_MODE, GEMINI_25, [{}, { functionDeclarations: [] }]), undefined)
    assert.equal(refusal(JSON_MODE, GEMINI_3, [...tools, { googleSearch: {} }]), undefined)
    assert.equal(refusal({ responseMimeType: 'text/plain' }, GEMINI_25, tools), undefined)
  })

  it('JSON with pictures or speech', () => {
    assert.equal(
      refusal({ ...JSON_MODE, responseModalities: ['TEXT', 'IMAGE'] }),
      `JSON mode is not enabled for models/${GEMINI_25}`,
    )
    assert.equal(refusal({ ...JSON_MODE, responseModalities: ['TEXT'] }), undefined)
  })

  it('two ways of saying it', () => {
    const responseFormat = [{ text: { mimeType: 'APPLICATION_JSON', schema: {} } }]
    assert.match(
      refusal({ responseFormat, responseJsonSchema: {} }) ?? '',
      /^Only one of response_format and/,
    )
    assert.match(refusal({ responseFormat, responseMimeType: 'text/plain' }) ?? '', /contradict each other/)
    assert.match(
      refusal({ responseFormat: [...responseFormat, ...responseFormat] }) ?? '',
      /^Only one text format/,
    )
    assert.match(
      refusal({ responseFormat: { text: { mimeType: 'TEXT_PLAIN', schema: {} } } }) ?? '',
      /requires the mime/,
    )
    assert.equal(refusal({ responseFormat, ...JSON_MODE }), undefined)
  })

  it('formats that are not played', () => {
    assert.match(refusal({ responseMimeType: 'application/yaml' }) ?? '', /not supported by the sandbox yet/)
  })

  it('a wrong schema, where it stands', () => {
    const wrong = { type: 'array', items: { type: 'x' } }
    assert.match(
      refusal({ responseFormat: { text: { schema: wrong } } }) ?? '',
      /\.response_format\[0\]\.text\.schema\.items\.type: unknown type/,
    )
    assert.match(
      refusal({ ...JSON_MODE, responseJsonSchema: wrong }) ?? '',
      /\.response_json_schema\.items\.type/,
    )
  })
})
