/** What the fields of an arbitrary request may hold, and how often they are there. */
import fc from 'fast-check'
import { SEAL_PREFIX } from '../../src/upstreams/native/signatures.ts'
import { base64, type Loose, type Making, marked, message, name, text } from './schema-requests.ts'

/** What the caller of every sample has stored with us. */
export const STORED = {
  files: { 'files/known': { mimeType: 'image/png', data: 'c3RvcmVkLWJ5dGVz' } },
  caches: {
    'cachedContents/known': {
      model: 'models/*',
      contents: [{ role: 'user', parts: [{ text: 'zq-cached-q' }] }],
    },
  },
}
const within = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 64, max: max * 64 }).map((number) => number / 64)

const signature = fc.constantFrom('skip_thought_signature_validator', 'R29vZ2xlJ3Mgb3du')
const MIME_TYPES = ['image/png', 'image/jpeg', 'application/pdf', 'text/csv', 'audio/wav', 'video/mp4']
const mimeType = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('image/png', 'image/jpeg', 'application/pdf', 'text/csv') },
  { weight: 1, arbitrary: fc.constantFrom(...MIME_TYPES) },
)
const fileUri = fc.oneof(
  { weight: 3, arbitrary: fc.constant('files/known') },
  { weight: 3, arbitrary: fc.constant('https://example.com/cat.png') },
  { weight: 1, arbitrary: fc.constantFrom('gs://bucket/cat.png', 'https://youtu.be/abc') },
)

const OUTPUTS = ['responseModalities', 'speechConfig', 'imageConfig', 'translationConfig', 'routingConfig']
const OTHER_OUTPUTS = ['audioTranscriptionConfig', 'enableAffectiveDialog', 'modelConfig', 'audioTimestamp']
const TOOLS = [
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'computerUse',
]
const OTHER_TOOLS = [
  'fileSearch',
  'mcpServers',
  'retrieval',
  'enterpriseWebSearch',
  'exaAiSearch',
  'parallelAiSearch',
]
const rare = (of: string, fields: readonly string[]): [string, number][] =>
  fields.map((field) => [`${of}.${field}`, 1])

const SHAPES = [
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseFormat',
]

export const MAKING: Making = {
  overrides: {
    'Content.role': fc.constantFrom('user', 'USER'),
    'Blob.mimeType': mimeType,
    'Blob.data': base64,
    'FileData.mimeType': fc.constant('image/png'),
    'FileData.fileUri': fileUri,
    'Part.thoughtSignature': signature,
    'FunctionDeclaration.name': name,
    'Schema.items': fc.constant({ type: 'STRING' }),
    'Schema.type': fc.constantFrom('STRING', 'integer', 'OBJECT', 'BOOLEAN', 'NUMBER'),
    'Schema.required': fc.constant([]),
    'GenerationConfig.temperature': within(0, 2),
    'GenerationConfig.topP': within(0, 1),
    'GenerationConfig.topK': fc.integer({ min: 1, max: 100 }),
    'GenerationConfig.presencePenalty': within(-1, 1),
    'GenerationConfig.frequencyPenalty': within(-1, 1),
    'GenerationConfig.candidateCount': fc.integer({ min: 1, max: 3 }),
    'GenerationConfig.maxOutputTokens': fc.integer({ min: 2_000, max: 8_000 }),
    'GenerationConfig.logprobs': fc.integer({ min: 1, max: 20 }),
    'GenerationConfig.stopSequences': fc.array(text, { maxLength: 5 }),
    'ThinkingConfig.thinkingBudget': fc.constantFrom(-1, 0, 1_024, 5_000, 8_192, 24_576),
    'VideoMetadata.fps': fc.constant(2),
    'GenerateContentRequest.model': fc.constant('models/some-model'),
    'GenerateContentRequest.cachedContent': fc.constant('cachedContents/known'),
    'SafetySetting.category': fc.constant('HARM_CATEGORY_HARASSMENT'),
    'GenerateContentRequest.safetySettings': fc.constantFrom(
      [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
      [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
    ),
  },
  weights: Object.fromEntries([
    ['GenerateContentRequest.contents', 0],
    ['GenerateContentRequest.tools', 0],
    ['GenerateContentRequest.toolConfig', 0],
    ['GenerateContentRequest.systemInstruction', 0],
    ['GenerateContentRequest.generationConfig', 60],
    ...rare('GenerateContentRequest', ['continuationToken', 'modelArmorConfig', 'cachedContent']),
    ...SHAPES.map((field) => [`GenerationConfig.${field}`, 0] as const),
    ...rare('GenerationConfig', [...OUTPUTS, ...OTHER_OUTPUTS]),
    ['Tool.functionDeclarations', 0],
    ...rare('Tool', [...TOOLS, ...OTHER_TOOLS]),
    ['FunctionDeclaration.name', 100],
    ['FunctionDeclaration.parameters', 0],
    ['FunctionDeclaration.parametersJsonSchema', 0],
    ['ThinkingConfig.thinkingLevel', 6],
    ['Blob.mimeType', 100],
    ['Blob.data', 100],
    ['FileData.fileUri', 100],
    ['FileData.mimeType', 100],
  ]),
}
/** Any message of the tables, however little sense it makes: nobody has to answer it, but it has to be answered for. */
export const wildRequests: fc.Arbitrary<Loose> = message('GenerateContentRequest', {
  overrides: {
    'Content.role': fc.constantFrom('user', 'model', 'user', 'model', 'function', 'system', 'robot'),
    'Part.thoughtSignature': fc.constantFrom(
      'AAAA',
      `${SEAL_PREFIX}AAAA`,
      'skip_thought_signature_validator',
    ),
    'Blob.mimeType': fc.constantFrom(...MIME_TYPES, 'image/x-unheard-of'),
    'FileData.fileUri': fileUri,
    'FunctionCall.name': fc.constantFrom('f', 'g'),
    'FunctionResponse.name': fc.constantFrom('f', 'g'),
    'GenerateContentRequest.safetySettings': fc.constant([{ category: 'HARM_CATEGORY_HARASSMENT' }]),
  },
  weights: Object.fromEntries([
    ...['contents', 'tools', 'toolConfig', 'generationConfig'].map((field) => [
      `GenerateContentRequest.${field}`,
      field === 'contents' ? 98 : 30,
    ]),
    ...[
      'Content.parts',
      'Content.role',
      'Blob.mimeType',
      'Blob.data',
      'FunctionCall.name',
      'FileData.fileUri',
    ].map((field) => [field, 96]),
    ...['FunctionResponse.name', 'FunctionDeclaration.name'].map((field) => [field, 96]),
    ['Part.text', 60],
  ]),
}).map((request) => marked(request) as Loose)
