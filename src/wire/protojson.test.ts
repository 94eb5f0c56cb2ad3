import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type GeminiMessageName, readMessage } from './gemini-schema.ts'
import { createReader } from './protojson.ts'
import { ProtojsonError } from './protojson-problems.ts'

/** The error of a wrong message. */
function refusal(json: unknown, name: GeminiMessageName = 'GenerateContentRequest'): ProtojsonError {
  try {
    readMessage(name, json)
  } catch (error) {
    assert.ok(error instanceof ProtojsonError)
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was refused' })
}

function read(json: unknown): unknown {
  return readMessage('GenerateContentRequest', json)
}

const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1beta.'

describe('what protojson accepts', () => {
  it('takes both spellings of a name, mixed at every depth', () => {
    assert.deepEqual(
      read({
        system_instruction: { parts: [{ text: 'a' }] },
        generationConfig: { thinking_config: { includeThoughts: true, thinking_budget: 1 }, top_p: 0.5 },
      }),
      {
        systemInstruction: { parts: [{ text: 'a' }] },
        generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1 }, topP: 0.5 },
      },
    )
  })

  it('takes one value where a list is declared', () => {
    assert.deepEqual(read({ contents: { parts: { text: 'a' } }, generationConfig: { stopSequences: 'x' } }), {
      contents: [{ parts: [{ text: 'a' }] }],
      generationConfig: { stopSequences: ['x'] },
    })
  })

  it('takes enum names in any case, and numbers; the service tier stays lower-case', () => {
    assert.deepEqual(
      read({
        serviceTier: 'FLEX',
        safetySettings: [{ category: 7, threshold: 'block_none' }],
        generationConfig: { responseModalities: ['Text', 'Image'], thinkingConfig: { thinkingLevel: 'low' } },
      }),
      {
        serviceTier: 'flex',
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
        generationConfig: { responseModalities: ['TEXT', 'IMAGE'], thinkingConfig: { thinkingLevel: 'LOW' } },
      },
    )
  })

  it('takes numbers as strings, whole floats as integers, 64-bit integers as strings', () => {
    assert.deepEqual(
      read({
        generationConfig: {
          temperature: '0.5',
          maxOutputTokens: '8192',
          topK: 3.0,
          seed: '1e3',
          responseSchema: { minItems: 5, maxItems: '9223372036854775807' },
        },
      }),
      {
        generationConfig: {
          temperature: 0.5,
          maxOutputTokens: 8192,
          topK: 3,
          seed: 1000,
          responseSchema: { minItems: '5', maxItems: '9223372036854775807' },
        },
      },
    )
  })

  it('takes null for absent', () => {
    assert.deepEqual(
      read({ contents: null, generationConfig: { seed: null, maxOutputTokens: null, max_output_tokens: 5 } }),
      {
        generationConfig: { maxOutputTokens: 5 },
      },
    )
  })

  for (const data of ['', 'AAAA', 'AA==', 'AA', 'AAA', 'AAA=', '-_-_', '+/+/']) {
    it(`takes ${JSON.stringify(data)} as base64`, () => {
      assert.deepEqual(read({ contents: [{ parts: [{ inlineData: { data } }] }] }), {
        contents: [{ parts: [{ inlineData: { data } }] }],
      })
    })
  }

  it('takes durations as text and as the object of old SDKs', () => {
    const offsets = (startOffset: unknown): unknown =>
      read({ contents: [{ parts: [{ text: '', videoMetadata: { startOffset } }] }] })
    const expected = (startOffset: string): unknown => ({
      contents: [{ parts: [{ text: '', videoMetadata: { startOffset } }] }],
    })
    assert.deepEqual(offsets('3.5s'), expected('3.5s'))
    assert.deepEqual(offsets({ seconds: '3', nanos: 500_000_000 }), expected('3.5s'))
    assert.deepEqual(offsets({ seconds: 3 }), expected('3s'))
  })

  it('keeps free JSON as it came', () => {
    const args = { a: [1, null, { b: 'c' }], A: -0.5 }
    assert.deepEqual(read({ contents: [{ parts: [{ functionCall: { name: 'f', args } }] }] }), {
      contents: [{ parts: [{ functionCall: { name: 'f', args } }] }],
    })
  })
})

describe('what protojson refuses', () => {
  const TEXTS: readonly (readonly [string, unknown, string])[] = [
    [
      'an unknown name at the top',
      { foo: 1 },
      'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
    ],
    [
      'an unknown name below',
      { generationConfig: { foo: 1 } },
      `Invalid JSON payload received. Unknown name "foo" at 'generation_config': Cannot find field.`,
    ],
    [
      'an unknown name in a map',
      { tools: [{ functionDeclarations: [{}, { parameters: { properties: { a: {}, b: { foo: 1 } } } }] }] },
      `Invalid JSON payload received. Unknown name "foo" at 'tools[0].function_declarations[1].parameters.properties[1].value': Cannot find field.`,
    ],
    [
      'a wrong scalar',
      { generationConfig: { temperature: 'abc' } },
      `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "abc"`,
    ],
    [
      'a wrong enum',
      { safetySettings: [{ category: 'X' }] },
      `Invalid value at 'safety_settings[0].category' (${TYPES}HarmCategory), "X"`,
    ],
    [
      'an int32 that overflows',
      { generationConfig: { seed: 4294967295 } },
      "Invalid value at 'generation_config.seed' (TYPE_INT32), 4294967295",
    ],
    [
      'a fraction for an integer',
      { generationConfig: { topK: 3.5 } },
      "Invalid value at 'generation_config.top_k' (TYPE_INT32), 3.5",
    ],
    ['a text for a message', { contents: 'hi' }, `Invalid value at 'contents' (${TYPES}Content), "hi"`],
    ['null in a list', { contents: [null] }, `Invalid value at 'contents[0]' (${TYPES}Content), null`],
    [
      'a list for one value',
      { contents: [{ role: ['user'] }] },
      `Invalid JSON payload received. Unknown name "role" at 'contents[0]': Proto field is not repeating, cannot start list.`,
    ],
    [
      'a type union in a Schema',
      { generationConfig: { responseSchema: { type: ['STRING', 'NULL'] } } },
      `Invalid JSON payload received. Unknown name "type" at 'generation_config.response_schema': Proto field is not repeating, cannot start list.`,
    ],
    [
      'both names of one field',
      { generationConfig: { maxOutputTokens: 1, max_output_tokens: 65536 } },
      "Invalid value at 'generation_config' (oneof), oneof field '_max_output_tokens' is already set. Cannot set 'max_output_tokens'",
    ],
    [
      'two data members of a part',
      { contents: [{ parts: [{ text: 'a', inline_data: {} }] }] },
      "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inline_data'",
    ],
    [
      'bad base64',
      { contents: [{ parts: [{ inlineData: { data: '!!!' } }] }] },
      `Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for "!!!"`,
    ],
    [
      'a text for a struct',
      { contents: [{ parts: [{ functionCall: { name: 'f', args: 'x' } }] }] },
      `Invalid value at 'contents[0].parts[0].function_call.args' (type.googleapis.com/google.protobuf.Struct), "x"`,
    ],
    [
      'a root that is no object',
      [],
      'Invalid JSON payload received. Unknown name "": Root element must be a message.',
    ],
  ]
  for (const [what, json, message] of TEXTS) {
    it(`says of ${what} what Google says`, () => {
      assert.equal(refusal(json).message, message)
    })
  }

  for (const category of [{ toString: 1 }, { valueOf: null, toString: 'x' }, [['x']], true]) {
    it(`refuses ${JSON.stringify(category)} as a name of an enum, and throws nothing else`, () => {
      assert.match(refusal({ safetySettings: [{ category }] }).message, /safety_settings\[0\]/)
    })
  }

  for (const data of [
    'A',
    'AAAAA',
    '=',
    '==',
    '====',
    'A===',
    'AA=A',
    'A A=',
    'AA\n=',
    '+_+_',
    'AAA==',
    'Ä',
    'AAAA=',
  ]) {
    it(`F14: refuses ${JSON.stringify(data)} as base64`, () => {
      assert.match(
        refusal({ contents: [{ parts: [{ thoughtSignature: data }] }] }).message,
        /TYPE_BYTES.*Base64 decoding failed/s,
      )
    })
  }

  for (const number of [Infinity, 1e308, '1e999', '0x10', '', ' 1', 'NaN', true, {}]) {
    it(`refuses ${String(number)} as a float`, () => {
      assert.match(refusal({ generationConfig: { temperature: number } }).message, /TYPE_FLOAT/)
    })
  }

  it('lists every violation, one a line, with details for each', () => {
    const error = refusal({ foo: 1, generationConfig: { bar: 1, seed: 'x' } })
    assert.deepEqual(error.message.split('\n'), [
      'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
      `Invalid JSON payload received. Unknown name "bar" at 'generation_config': Cannot find field.`,
      `Invalid value at 'generation_config.seed' (TYPE_INT32), "x"`,
    ])
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ['', 'generation_config', 'generation_config.seed'],
    )
  })

  it('bounds what it repeats', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, 1]))
    assert.equal(refusal(many).message.split('\n').length, 100)
    const long = refusal({ serviceTier: '😀'.repeat(100_000) }).message
    assert.ok(long.length < 300, String(long.length))
    assert.ok(long.isWellFormed())
  })

  it('G01: names of Object.prototype are unknown names, and pollute nothing', () => {
    const error = refusal(
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}'),
    )
    assert.deepEqual(
      error.message.split('\n').map((line) => /"(\w+)"/.exec(line)?.[1]),
      ['__proto__', 'constructor', 'toString'],
    )
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })

  it('G03: maps keep such names as keys', () => {
    const { labels } = readMessage(
      'GenerateContentRequest',
      JSON.parse('{"labels":{"__proto__":"a","then":"b","0":"c"}}'),
    )
    assert.deepEqual(Object.entries(labels ?? {}).sort(), [
      ['0', 'c'],
      ['__proto__', 'a'],
      ['then', 'b'],
    ])
    assert.equal(Object.getPrototypeOf(labels), null)
  })

  it('refuses what nests too deep, without overflowing the stack', () => {
    let schema: unknown = {}
    let args: unknown = {}
    for (let depth = 0; depth < 5_000; depth++) {
      schema = { items: schema }
      args = { a: args }
    }
    assert.match(refusal({ generationConfig: { responseSchema: schema } }).message, /Message too deep/)
    assert.match(refusal({ contents: [{ parts: [{ functionCall: { args } }] }] }).message, /Message too deep/)
  })

  it('checks 20 MiB of base64 in one string quickly', () => {
    const data = 'A'.repeat(20 * 2 ** 20)
    const startedAtMs = performance.now()
    read({ contents: [{ parts: [{ inlineData: { data } }] }] })
    assert.match(refusal({ contents: [{ parts: [{ inlineData: { data: `${data}!` } }] }] }).message, /Base64/)
    assert.ok(performance.now() - startedAtMs < 2_000)
  })
})

describe('any JSON at all', () => {
  it('is read or refused with a 400', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<GeminiMessageName>(
          'GenerateContentRequest',
          'CountTokensRequest',
          'EmbedContentRequest',
          'BatchEmbedContentsRequest',
          'Tool',
        ),
        fc.jsonValue(),
        (name, json) => {
          try {
            readMessage(name, json)
          } catch (error) {
            assert.ok(error instanceof ProtojsonError)
          }
        },
      ),
    )
  })

  it('comes out the same when what was read is read again', () => {
    const part = fc.oneof(
      fc.record({ text: fc.string() }),
      fc.record({ inlineData: fc.record({ mimeType: fc.string() }) }),
    )
    const request = fc.record(
      {
        contents: fc.array(fc.record({ role: fc.string(), parts: fc.array(part) })),
        generationConfig: fc.record({
          temperature: fc.float({ noNaN: true, noDefaultInfinity: true }),
          topK: fc.nat(),
        }),
        labels: fc.dictionary(fc.string(), fc.string()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(request, (json) => {
        const once = readMessage('GenerateContentRequest', json)
        assert.deepEqual(readMessage('GenerateContentRequest', once), once)
      }),
    )
  })
})

it('a table that names a type that there is not fails at start-up', () => {
  assert.throws(
    () => createReader({ packageName: 'p', messages: { A: { b: 'Missing[]' } }, enums: {}, oneofs: {} }),
    /unknown type Missing/,
  )
})
