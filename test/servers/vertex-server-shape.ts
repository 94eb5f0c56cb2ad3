/** The members of Vertex AI's requests, by the camelCase names; those of the developer API alone are not among them. */
import {
  aBoolean,
  anObject,
  anything,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  type Shape,
  text,
  textOr,
  word,
} from './provider-shape.ts'

const BASE64 = text({ pattern: /^[A-Za-z0-9+/_-]*={0,2}$/ })
const BLOB = object({ mimeType: text(), data: BASE64 }, { displayName: text() })
const FILE = object({ fileUri: text() }, { mimeType: text(), displayName: text() })

const PART = object(
  {},
  {
    text: text(),
    inlineData: BLOB,
    fileData: FILE,
    functionCall: object(
      {},
      { id: text(), name: text(), args: anObject, partialArgs: list(anObject), willContinue: aBoolean },
    ),
    functionResponse: object(
      { name: text(), response: anObject },
      {
        id: text(),
        parts: list(object({}, { inlineData: BLOB, fileData: FILE })),
        willContinue: aBoolean,
        scheduling: text(),
      },
    ),
    executableCode: object({}, { language: text(), code: text(), id: text() }),
    codeExecutionResult: object({}, { outcome: text(), output: text(), id: text() }),
    thought: aBoolean,
    thoughtSignature: BASE64,
    videoMetadata: object({}, { startOffset: text(), endOffset: text(), fps: number() }),
    mediaResolution: anObject,
  },
)

const CONTENT = object({}, { role: text(), parts: list(PART) })

/** Google's own schema, which on Vertex has a few members more. */
const SCHEMA: Shape = (value, path) => SCHEMA_MESSAGE(value, path)
const LIMIT = textOr(integer())
const SCHEMA_MESSAGE = object(
  {},
  {
    type: text(),
    format: text(),
    title: text(),
    description: text(),
    nullable: aBoolean,
    default: anything,
    items: SCHEMA,
    minItems: LIMIT,
    maxItems: LIMIT,
    enum: list(text()),
    properties: map(SCHEMA),
    propertyOrdering: list(text()),
    required: list(text()),
    minProperties: LIMIT,
    maxProperties: LIMIT,
    minimum: number(),
    maximum: number(),
    minLength: LIMIT,
    maxLength: LIMIT,
    pattern: text(),
    example: anything,
    anyOf: list(SCHEMA),
    additionalProperties: anything,
    ref: text(),
    defs: map(SCHEMA),
  },
)

const GENERATION_CONFIG = object(
  {},
  {
    temperature: number(),
    topP: number(),
    topK: number(),
    candidateCount: integer(),
    maxOutputTokens: integer(),
    stopSequences: list(text()),
    responseLogprobs: aBoolean,
    logprobs: integer(),
    presencePenalty: number(),
    frequencyPenalty: number(),
    seed: integer(),
    responseMimeType: text(),
    responseSchema: SCHEMA,
    responseJsonSchema: anything,
    routingConfig: anObject,
    audioTimestamp: aBoolean,
    responseModalities: list(text()),
    mediaResolution: text(),
    speechConfig: anObject,
    thinkingConfig: object(
      {},
      {
        includeThoughts: aBoolean,
        thinkingBudget: integer(),
        thinkingLevel: word('LOW', 'HIGH', 'MEDIUM', 'MINIMAL', 'THINKING_LEVEL_UNSPECIFIED'),
      },
    ),
    modelConfig: anObject,
    imageConfig: anObject,
    responseFormat: list(anObject),
  },
)

const TOOL = object(
  {},
  {
    functionDeclarations: list(
      object(
        { name: text({ pattern: /^[A-Za-z_][\w.:-]{0,127}$/ }) },
        {
          description: text(),
          parameters: SCHEMA,
          parametersJsonSchema: anything,
          response: SCHEMA,
          responseJsonSchema: anything,
        },
      ),
    ),
    googleSearch: anObject,
    googleSearchRetrieval: anObject,
    googleMaps: anObject,
    codeExecution: anObject,
    urlContext: anObject,
    retrieval: anObject,
    enterpriseWebSearch: anObject,
    computerUse: anObject,
  },
)

const TOOL_CONFIG = object(
  {},
  {
    functionCallingConfig: object(
      {},
      {
        mode: word('MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'),
        allowedFunctionNames: list(text()),
        streamFunctionCallArguments: aBoolean,
      },
    ),
    retrievalConfig: anObject,
  },
)

const CONTENTS = { contents: list(CONTENT, { min: 1 }) }

export const GENERATE = object(CONTENTS, {
  systemInstruction: CONTENT,
  cachedContent: text(),
  tools: list(TOOL),
  toolConfig: TOOL_CONFIG,
  labels: map(text()),
  safetySettings: list(object({}, { category: text(), threshold: text(), method: text() })),
  modelArmorConfig: anObject,
  generationConfig: GENERATION_CONFIG,
})

export const COUNT = object(CONTENTS, {
  model: text(),
  systemInstruction: CONTENT,
  tools: list(TOOL),
  generationConfig: GENERATION_CONFIG,
  instances: list(anything),
})

export const PREDICT = object(
  {
    instances: list(object({ content: text() }, { taskType: nullable(text()), title: nullable(text()) }), {
      min: 1,
      max: 250,
    }),
  },
  { parameters: object({}, { outputDimensionality: integer({ min: 1 }), autoTruncate: aBoolean }) },
)

export const EMBED = object(
  { content: CONTENT },
  {
    taskType: text(),
    title: text(),
    outputDimensionality: integer({ min: 1 }),
    autoTruncate: aBoolean,
    embedContentConfig: anObject,
  },
)
