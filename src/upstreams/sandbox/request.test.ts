import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { Verb } from '../../nouns.ts'
import { asking, drain, PIXEL_PNG, send, unary } from './testing.fixture.ts'

const FLASH = 'gemini-2.5-flash'

async function refusal(body: unknown, model = FLASH, verb: Verb = 'generateContent'): Promise<GatewayError> {
  const error = await send(verb, model, body).then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof GatewayError, String(error))
  return error
}

function parts(...list: unknown[]): unknown {
  return { contents: [{ parts: list }] }
}

function config(generationConfig: unknown): unknown {
  return asking('Hi', { generationConfig })
}

const ROOT = '* GenerateContentRequest.'

describe('contents', () => {
  const CASES: readonly (readonly [string, unknown, string])[] = [
    ['H01: none', {}, `${ROOT}contents: contents is not specified\n`],
    ['H03: an empty list', { contents: [] }, `${ROOT}contents: contents is not specified\n`],
    [
      'H04: a turn without parts',
      { contents: [{ role: 'user' }] },
      `${ROOT}contents[0].parts: contents.parts must not be empty.\n`,
    ],
    [
      'H04: parts without data',
      { contents: [{ parts: [{ text: 'a' }, {}] }, { parts: [{ thought: true }] }] },
      `${ROOT}contents[0].parts[1].data: required oneof field 'data' must have one initialized field\n` +
        `${ROOT}contents[1].parts[0].data: required oneof field 'data' must have one initialized field\n`,
    ],
    [
      'H06: the role system',
      { contents: [{ role: 'system', parts: [{ text: 'a' }] }] },
      'Please use a valid role: user, model.',
    ],
    [
      'H06: an empty role',
      { contents: [{ role: '', parts: [{ text: 'a' }] }] },
      'Please use a valid role: user, model.',
    ],
    [
      'H15: an image without its type',
      parts({ inlineData: { data: 'AAAA' } }),
      `${ROOT}contents[0].parts[0].inline_data.mime_type: mime type is required\n`,
    ],
    [
      'H15: a type with a header in it',
      parts({ inlineData: { mimeType: 'text/html; charset=x\r\nX: 1', data: 'AAAA' } }),
      'Unsupported MIME type: text/html; charset=x\r\nX: 1',
    ],
    [
      'H15: a type that is not taken',
      parts({ inlineData: { mimeType: 'image/svg+xml', data: 'AAAA' } }),
      'Unsupported MIME type: image/svg+xml',
    ],
    [
      'H16: an image of no bytes',
      parts({ inlineData: { mimeType: 'image/png', data: '' } }),
      `${ROOT}contents[0].parts[0].inline_data.data: data must not be empty\n`,
    ],
    [
      'a function call without a name',
      parts({ functionCall: {} }),
      `${ROOT}contents[0].parts[0].function_call.name: name must not be empty\n`,
    ],
    [
      'an image as system instruction',
      asking('a', {
        systemInstruction: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
      }),
      'System instruction must be text.',
    ],
    [
      'more than the model reads',
      asking('東'.repeat(1_048_577)),
      'The input token count exceeds the maximum number of tokens allowed (1048576).',
    ],
  ]
  for (const [what, body, message] of CASES) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(body)
      assert.equal(error.message, message)
      assert.equal(error.http, 400)
    })
  }

  it('takes roles in any case, none, and those of legacy clients', async () => {
    for (const role of ['user', 'USER', 'Model', 'function', 'tool', null]) {
      assert.ok((await unary(FLASH, { contents: [{ role, parts: [{ text: 'a' }] }] })).candidates)
    }
  })

  it('counts what it is sent, by modality', async () => {
    const SECOND = Buffer.alloc(48_000).toString('base64')
    const image = { inlineData: { mimeType: 'image/png', data: PIXEL_PNG } }
    const audio = { inline_data: { mime_type: 'audio/L16;codec=pcm;rate=24000', data: SECOND } }
    const { usageMetadata } = await unary(FLASH, parts({ text: 'Hello world' }, image, image, audio))
    assert.deepEqual(usageMetadata?.promptTokensDetails, [
      { modality: 'TEXT', tokenCount: 2 },
      { modality: 'IMAGE', tokenCount: 516 },
      { modality: 'AUDIO', tokenCount: 32 },
    ])
    assert.equal(usageMetadata?.promptTokenCount, 550)
  })
})

describe('generationConfig', () => {
  const IN = `${ROOT}generation_config.`
  const CASES: readonly (readonly [string, unknown, string])[] = [
    ['temperature 3', { temperature: 3 }, `${IN}temperature: temperature must be in the range [0.0, 2.0].\n`],
    [
      'temperature -1',
      { temperature: -1 },
      `${IN}temperature: temperature must be in the range [0.0, 2.0].\n`,
    ],
    ['topP 2', { topP: 2 }, `${IN}top_p: top_p must be in the range [0.0, 1.0].\n`],
    ['topK 0', { topK: 0 }, `${IN}top_k: top_k must be positive.\n`],
    [
      'candidateCount 9',
      { candidateCount: 9 },
      `${IN}candidate_count: candidate_count must be in the range [1, 8].\n`,
    ],
    [
      'candidateCount 0',
      { candidateCount: 0 },
      `${IN}candidate_count: candidate_count must be in the range [1, 8].\n`,
    ],
    [
      '6 stop sequences',
      { stopSequences: [...'abcdef'] },
      `${IN}stop_sequences: the number of stop_sequences must not exceed 5\n`,
    ],
    [
      'an empty stop sequence',
      { stopSequences: ['a', ''] },
      `${IN}stop_sequences[1]: stop sequence must not be empty\n`,
    ],
    [
      'logprobs alone',
      { logprobs: 3 },
      `${IN}logprobs: logprobs is only allowed when response_logprobs is true.\n`,
    ],
    [
      'maxOutputTokens 0',
      { maxOutputTokens: 0 },
      'Unable to submit request because it has a maxOutputTokens value of 0 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.',
    ],
    [
      'maxOutputTokens 65537',
      { maxOutputTokens: 65537 },
      'Unable to submit request because it has a maxOutputTokens value of 65537 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.',
    ],
    ['a penalty on 2.5', { presencePenalty: 1 }, 'Penalty is not enabled for models/gemini-2.5-flash'],
    [
      'both schemas',
      { responseSchema: {}, responseJsonSchema: {} },
      'Only one of response_schema and response_json_schema may be set.',
    ],
    [
      'a schema 33 deep',
      { responseSchema: nested(33) },
      'A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.',
    ],
    [
      'a JSON schema 33 deep',
      { responseJsonSchema: nested(33) },
      'A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.',
    ],
    [
      'H14: an odd mime type',
      { responseMimeType: '../../x' },
      `${IN}response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.\n`,
    ],
  ]
  for (const [what, generationConfig, message] of CASES) {
    it(`refuses ${what}`, async () => {
      assert.equal((await refusal(config(generationConfig))).message, message)
    })
  }

  it('lists everything that is out of range at once', async () => {
    const error = await refusal(config({ temperature: 3, topP: 2 }))
    assert.equal(error.message.split('\n').length, 3)
  })

  it('takes what clients send without meaning anything', async () => {
    for (const body of [
      { generationConfig: {} },
      {
        generationConfig: { stopSequences: [], responseMimeType: 'text/plain', responseModalities: ['Text'] },
      },
      { tools: [], safetySettings: [], toolConfig: { functionCallingConfig: { mode: 'AUTO' } } },
      { tools: [{}] },
      { tools: [{ functionDeclarations: [] }] },
      { model: 'models/gemini-2.5-flash', store: true, labels: { team: 'a' }, serviceTier: 'standard' },
      { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] },
      { systemInstruction: { role: 'system', parts: [{ text: 'Be kind.' }] } },
    ]) {
      assert.ok((await unary(FLASH, asking('Hi', body))).candidates)
    }
  })
})

/** `levels` schemas, each the items of the one around it. */
function nested(levels: number): object {
  let schema: object = { type: 'STRING' }
  for (let level = 1; level < levels; level++) schema = { type: 'ARRAY', items: schema }
  return schema
}

describe('what the sandbox cannot do is refused, never ignored', () => {
  const CASES: readonly (readonly [string, Record<string, unknown>])[] = [
    ['The tool exaAiSearch', { tools: [{ exaAiSearch: { apiKey: 'a' } }] }],
    ['translationConfig', { generationConfig: { translationConfig: { targetLanguageCode: 'de' } } }],
    ['routingConfig', { generationConfig: { routingConfig: { autoMode: {} } } }],
    ['modelArmorConfig', { modelArmorConfig: { promptTemplateName: 'a' } }],
  ]
  for (const [what, others] of CASES) {
    it(what, async () => {
      const error = await refusal(asking('Hi', others))
      assert.equal(error.message, `${what} is not supported by the sandbox yet.`)
      assert.equal(error.http, 400)
    })
  }

  it('a film of another site, because there is no internet', async () => {
    const error = await refusal(
      parts({ fileData: { fileUri: 'https://www.youtube.com/watch?v=9hE5-98ZeCg' } }),
    )
    assert.equal(error.message, 'The sandbox has no internet: upload the file instead.')
  })

  it('tools are checked in form', async () => {
    const declare = (...functionDeclarations: unknown[]): unknown =>
      asking('Hi', { tools: [{ functionDeclarations }] })
    assert.match(
      (await refusal(declare({ name: '1' }))).message,
      /function_declarations\[0\]\.name: Invalid function name/,
    )
    assert.equal(
      (await refusal(declare({ name: 'f' }, { name: 'f' }))).message,
      'Duplicate function declaration found: f',
    )
    assert.equal(
      (await refusal(declare({ name: 'f', parameters: nested(33) }))).message,
      'A FunctionDeclaration in the request exceeds the maximum allowed nesting depth.',
    )
    assert.match(
      (await refusal(declare({ name: 'f', parameters: {}, parametersJsonSchema: {} }))).message,
      /only one of/,
    )
    assert.equal(
      (await refusal(asking('Hi', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }))).message,
      'Function calling config is set without function_declarations.',
    )
  })
})

describe('countTokens', () => {
  const count = async (body: unknown): Promise<unknown> => drain(await send('countTokens', FLASH, body))[0]

  it('counts contents, the wrapped request and the flat form of Vertex', async () => {
    const hello = { contents: [{ parts: [{ text: 'Hello world' }] }] }
    const two = { totalTokens: 2, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 2 }] }
    const four = { totalTokens: 4, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 4 }] }
    const systemInstruction = { parts: [{ text: 'Be brief' }] }
    assert.deepEqual(await count(hello), two)
    assert.deepEqual(
      await count({ generateContentRequest: { model: `models/${FLASH}`, ...hello, systemInstruction } }),
      four,
    )
    assert.deepEqual(await count({ ...hello, systemInstruction }), four)
  })

  it('counts what the answer to the same request is billed', async () => {
    const body = asking('Hello world', { systemInstruction: { parts: [{ text: 'Be kind.' }] } })
    const counted = (await count({ generateContentRequest: body })) as { totalTokens: number }
    assert.equal(counted.totalTokens, (await unary(FLASH, body)).usageMetadata?.promptTokenCount)
  })

  it('counts tools and calls, which are only text to read', async () => {
    const tools = [{ functionDeclarations: [{ name: 'weather' }] }]
    const contents = [{ parts: [{ functionCall: { name: 'weather', args: { city: 'Oslo' } } }] }]
    assert.ok(((await count({ contents, tools })) as { totalTokens: number }).totalTokens > 10)
  })

  it('refuses nothing to count, both forms at once, and unknown fields', async () => {
    const message = async (body: unknown): Promise<string> =>
      (await refusal(body, FLASH, 'countTokens')).message
    assert.equal(await message({}), '* CountTokensRequest.contents: contents is not specified\n')
    assert.match(
      await message({ ...asking('a'), generateContentRequest: asking('a') }),
      /only one of contents and/,
    )
    assert.match(
      await message({ generateContentRequest: {} }),
      /CountTokensRequest\.generate_content_request\.contents: contents is not/,
    )
    assert.match(await message({ ...asking('a'), safetySettings: [] }), /Unknown name "safetySettings"/)
  })
})

describe('models', () => {
  const notFound = (model: string, verb: string): string =>
    `models/${model} is not found for API version v1beta, or is not supported for ${verb}. ` +
    'Call ListModels to see the list of available models and their supported methods.'

  for (const [model, verb] of [
    ['nope', 'generateContent'],
    ['constructor', 'generateContent'],
    ['__proto__', 'streamGenerateContent'],
    ['GEMINI-2.5-FLASH', 'generateContent'],
    [FLASH, 'embedContent'],
    [FLASH, 'batchEmbedContents'],
    ['gemini-embedding-001', 'generateContent'],
    ['gemini-embedding-001', 'streamGenerateContent'],
  ] as const) {
    it(`H29: ${model} has no ${verb}`, async () => {
      const error = await refusal({}, model, verb)
      assert.equal(error.message, notFound(model, verb))
      assert.equal(error.code, 'not_found')
    })
  }
})
