/** Arbitrary requests within what the sandbox documents: each of them is answered with a 200. */
import fc from 'fast-check'
import { SANDBOX_MODELS, type SandboxModel } from '../../src/upstreams/sandbox/models.ts'
import {
  arbitraryGeminiSchema,
  arbitraryJsonSchema,
  type JsonObject,
} from '../../src/upstreams/sandbox/schema/arbitrary.fixture.ts'
import { conversations, extras, plainConversations, settings } from './parts.ts'

export interface Sample {
  readonly model: string
  /** As it comes over the wire. */
  readonly body: JsonObject
}

/** What a request asks for beside words. */
interface Feature {
  readonly config?: JsonObject
  readonly tools?: readonly JsonObject[]
  readonly toolConfig?: JsonObject
}

const geminiSchema = arbitraryGeminiSchema()
const jsonSchema = arbitraryJsonSchema()
const JSON_TYPE = 'application/json'

const structured: fc.Arbitrary<Feature> = fc
  .oneof(
    geminiSchema.map((responseSchema): JsonObject => ({ responseMimeType: JSON_TYPE, responseSchema })),
    jsonSchema.map((responseJsonSchema): JsonObject => ({ responseMimeType: JSON_TYPE, responseJsonSchema })),
    jsonSchema.map(
      (schema): JsonObject => ({
        responseFormat: { text: { mimeType: 'APPLICATION_JSON', schema } },
      }),
    ),
    fc.constant<JsonObject>({ responseMimeType: JSON_TYPE }),
    fc
      .uniqueArray(fc.constantFrom('red', 'green', 'in_progress', 'a b', 'größe'), { minLength: 1 })
      .map((values) => ({
        responseMimeType: 'text/x.enum',
        responseSchema: { type: 'STRING', enum: values },
      })),
  )
  .map((config) => ({ config }))

const NAMES = ['get_weather', 'send_email', 'lights_off', 'search_flights', 'a.b:c-d']
const PARAMETERS = ['location', 'city', 'to', 'subject', 'date', 'toString']

/** References of an inner schema are meant from the root. */
function asParameters(rows: readonly (readonly [string, JsonObject, boolean])[]): JsonObject {
  const [holder] = rows.filter(([, schema]) => schema.$defs !== undefined)
  const used = rows.filter(([, schema]) => schema.$defs === undefined || schema === holder?.[1])
  return {
    type: 'object',
    properties: Object.fromEntries(used.map(([name, { $defs, $schema, ...schema }]) => [name, schema])),
    required: used.filter(([, , isRequired]) => isRequired).map(([name]) => name),
    ...(holder && { $defs: holder[1].$defs }),
  }
}

function parameterRows(
  schema: fc.Arbitrary<JsonObject>,
): fc.Arbitrary<(readonly [string, JsonObject, boolean])[]> {
  const row = fc.tuple(fc.constantFrom(...PARAMETERS), schema, fc.boolean())
  return fc.uniqueArray(row, { maxLength: 3, selector: ([name]) => name })
}

const declarations = fc.uniqueArray(
  fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.oneof(
        fc.constant<JsonObject>({}),
        parameterRows(geminiSchema).map((rows): JsonObject => ({ parameters: asParameters(rows) })),
        parameterRows(jsonSchema).map((rows): JsonObject => ({ parametersJsonSchema: asParameters(rows) })),
      ),
    )
    .map(([name, parameters]) => ({ name, description: `Does ${name}, e.g. now.`, ...parameters })),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
)

const calling: fc.Arbitrary<JsonObject> = fc
  .constantFrom<JsonObject | undefined>(
    ...[undefined, { mode: 'AUTO' }, { mode: 'ANY' }, { mode: 'NONE' }, { mode: 'VALIDATED' }],
  )
  .map((functionCallingConfig) => (functionCallingConfig ? { functionCallingConfig } : {}))

const functions: fc.Arbitrary<Feature> = fc
  .tuple(declarations, calling, fc.nat(3))
  .map(([functionDeclarations, config, form]) => {
    const functionCallingConfig = config.functionCallingConfig as JsonObject | undefined
    const isForced = ['ANY', 'VALIDATED'].includes(String(functionCallingConfig?.mode))
    const allowedFunctionNames = functionDeclarations.slice(0, 1).map(({ name }) => name)
    const toolConfig =
      form === 0 && isForced
        ? { functionCallingConfig: { ...functionCallingConfig, allowedFunctionNames } }
        : config
    return { tools: [{ functionDeclarations }], toolConfig }
  })

const SEARCHES: readonly JsonObject[] = [
  { googleSearch: {} },
  { google_search: { excludeDomains: ['example.com'] } },
  {
    googleSearch: {
      timeRangeFilter: { startTime: '2024-01-01T00:00:00Z', endTime: '2025-01-01T00:00:00Z' },
    },
  },
]

function tools(model: SandboxModel): fc.Arbitrary<Feature> {
  const choices: readonly JsonObject[] = [
    ...SEARCHES,
    { googleMaps: { enableWidget: true } },
    ...(model.family >= 2.5 ? [{ urlContext: {} }, FILE_SEARCH] : []),
  ]
  const latLng = { latitude: 48.86, longitude: 2.34 }
  return fc
    .tuple(fc.subarray([...choices], { minLength: 1, maxLength: 3 }), fc.boolean(), fc.boolean())
    .map(([chosen, isHere, isShown]) => ({
      tools: chosen,
      toolConfig: {
        ...(isHere && { retrievalConfig: { latLng } }),
        ...(isShown && { includeServerSideToolInvocations: true }),
      },
    }))
}

const FILE_SEARCH = { fileSearch: { fileSearchStoreNames: ['fileSearchStores/mine'], topK: 3 } }

/** What only families since 3 take: functions beside tools, and structure beside either. */
function mixtures(model: SandboxModel): fc.Arbitrary<Feature> {
  return fc.tuple(functions, tools(model), structured, fc.nat(2)).map(([called, searched, shaped, form]) => {
    const mixed = {
      tools: [...(called.tools ?? []), ...(searched.tools ?? [])],
      toolConfig: { ...called.toolConfig, ...searched.toolConfig, includeServerSideToolInvocations: true },
    }
    if (form === 0) return { ...called, ...shaped }
    return form === 1 ? { ...searched, ...shaped } : mixed
  })
}

function features(model: SandboxModel): fc.Arbitrary<Feature> {
  const canSearch = !model.id.includes('2.0-flash-lite')
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Feature>({}, {}, { config: { responseModalities: ['TEXT'] } }) },
    { weight: 3, arbitrary: structured },
    { weight: 3, arbitrary: functions },
    ...(canSearch ? [{ weight: 2, arbitrary: tools(model) }] : []),
    ...(model.family >= 3 ? [{ weight: 2, arbitrary: mixtures(model) }] : []),
  )
}

function chat(model: SandboxModel): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(conversations(), settings(model), extras(), features(model))
    .map(([contents, config, { request, config: more }, { config: shape, ...others }]) => ({
      contents,
      ...request,
      ...others,
      generationConfig: { ...config, ...more, ...shape },
    }))
}

function painted(model: SandboxModel): fc.Arbitrary<JsonObject> {
  const modalities = fc.constantFrom(['TEXT', 'IMAGE'], ['IMAGE'], ['TEXT'])
  return fc
    .tuple(plainConversations(), modalities, fc.constantFrom('1:1', '16:9', '2:3'))
    .map(([contents, responseModalities, aspectRatio]) => ({
      contents,
      generationConfig: {
        responseModalities,
        ...(model.family >= 3 && { thinkingConfig: { includeThoughts: true } }),
        imageConfig: { aspectRatio },
      },
    }))
}

function spoken(): fc.Arbitrary<JsonObject> {
  const voices = fc.constantFrom('Kore', 'Puck')
  return fc.tuple(plainConversations(), voices).map(([contents, voiceName]) => ({
    contents,
    generationConfig: {
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } },
    },
  }))
}

const MODELS = [...SANDBOX_MODELS].filter(([, { outputs }]) => outputs.length > 0)

function bodies(model: SandboxModel): fc.Arbitrary<JsonObject> {
  if (model.outputs.includes('AUDIO')) return spoken()
  return model.outputs.includes('IMAGE') ? painted(model) : chat(model)
}

/** Pictures and speech take long, so few of them do. */
const WEIGHT_OF_WORDS = 200

export type Generations = 'before 3' | 'since 3'

/** Requests for content, for every model that makes some, or for those of some generations. */
export function requests(generations?: Generations): fc.Arbitrary<Sample> {
  const isMeant = (family: number): boolean =>
    generations === undefined || (generations === 'since 3') === family >= 3
  return fc.oneof(
    ...MODELS.filter(([, { family }]) => isMeant(family)).map(([name, model]) => ({
      weight: model.defaultModalities.join() === 'TEXT' ? WEIGHT_OF_WORDS : 1,
      arbitrary: bodies(model).map((body) => ({
        model: name,
        body: JSON.parse(JSON.stringify(body)) as JsonObject,
      })),
    })),
  )
}
