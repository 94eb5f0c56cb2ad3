/** Arbitrary requests for content: mostly such that Google would take, and some that it would not. */
import fc from 'fast-check'
import { MAKING } from './request-fields.ts'
import { contents, struct } from './request-turns.ts'
import { integer, type Loose, marked, message, text } from './schema-requests.ts'

export interface Sample {
  readonly request: Loose
  /** What the target is to say, so that an answer that has to be JSON of a schema is. */
  readonly says: string
}
const OBJECT = message('Schema', {
  ...MAKING,
  weights: {
    ...MAKING.weights,
    'Schema.type': 0,
    'Schema.items': 0,
    'Schema.anyOf': 0,
    'Schema.properties': 60,
  },
}).map((schema) => ({ type: 'OBJECT', ...schema }))
const jsonSchema = fc.record({
  type: fc.constant('object'),
  title: text,
  maxProperties: integer,
  properties: struct().map(() => ({})),
})

const declaration = fc
  .tuple(
    message('FunctionDeclaration', MAKING),
    fc.constantFrom('none', 'schema', 'json'),
    OBJECT,
    jsonSchema,
  )
  .map(([one, form, parameters, parametersJsonSchema]) => ({
    ...one,
    ...(form === 'schema' && { parameters }),
    ...(form === 'json' && { parametersJsonSchema }),
  }))
const declared = fc.constant({ name: 'declared' })

const functions = fc
  .tuple(fc.array(declaration, { maxLength: 3 }), message('Tool', MAKING))
  .chain(([more, tool]) => declared.map((first) => ({ ...tool, functionDeclarations: [first, ...more] })))

const modes = fc.constantFrom<Loose>(
  { mode: 'AUTO' },
  { mode: 'ANY' },
  { mode: 'NONE' },
  { mode: 'VALIDATED' },
  { mode: 'ANY', allowedFunctionNames: ['declared'] },
)
const toolConfig = fc
  .tuple(message('ToolConfig', MAKING), modes)
  .map(([config, functionCallingConfig]) => ({ ...config, functionCallingConfig }))

/** What the answer must be, with an answer that is. */
const shape: fc.Arbitrary<{ readonly config: Loose; readonly says: string }> = fc
  .tuple(text, text, fc.nat(6))
  .map(([title, description, form]) => {
    const properties = { age: { type: 'INTEGER', description }, name: { type: 'STRING', title } }
    const responseSchema = {
      type: 'OBJECT',
      properties,
      required: ['age'],
      propertyOrdering: ['name', 'age'],
    }
    const schema = JSON_SCHEMA(title)
    const json = { responseMimeType: 'application/json' }
    const configs = [
      {},
      { responseMimeType: 'text/plain' },
      { ...json, responseSchema },
      { ...json, responseJsonSchema: schema },
      { responseFormat: [{ text: { mimeType: 'APPLICATION_JSON', schema } }] },
      json,
      { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['red', 'green'] } },
    ]
    const says = form < 2 ? 'Hello.' : form === 6 ? 'red' : '{"age":3,"name":"x"}'
    return { config: configs[form] as Loose, says }
  })

const JSON_SCHEMA = (title: unknown): Loose => ({
  type: 'object',
  properties: { age: { type: 'integer' }, name: { type: 'string', title } },
  required: ['age', 'name'],
  additionalProperties: false,
})

/** What Google itself would refuse. */
const SPOILS: readonly ((request: Loose) => Loose)[] = [
  (request) => ({ ...request, contents: [] }),
  (request) => ({
    ...request,
    toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['x'] } },
  }),
  (request) => ({
    ...request,
    generationConfig: { thinkingConfig: { thinkingBudget: 5, thinkingLevel: 'LOW' } },
  }),
  (request) => ({ ...request, generationConfig: { responseSchema: { type: 'STRING' } } }),
  (request) => ({ ...request, generationConfig: { temperature: 'hot' } }),
  (request) => ({ ...request, unheardOf: 1 }),
  (request) => ({
    ...request,
    contents: [...(request.contents as Loose[]), { role: 'robot', parts: [{ text: 'x' }] }],
  }),
  (request) => ({
    ...request,
    contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }],
  }),
]

const system = fc.option(
  fc.array(fc.record({ text }), { minLength: 1, maxLength: 2 }).map((parts) => ({ parts })),
  { freq: 2 },
)

/** Three of a hundred are spoilt, each in one way. */
const spoil = fc.oneof(
  { weight: 97, arbitrary: fc.constant((request: Loose) => request) },
  { weight: 3, arbitrary: fc.constantFrom(...SPOILS) },
)

export const samples: fc.Arbitrary<Sample> = fc
  .tuple(
    message('GenerateContentRequest', MAKING),
    contents,
    system,
    fc.option(functions, { freq: 4 }),
    fc.option(toolConfig, { freq: 3 }),
    shape,
    spoil,
  )
  .map(([rest, turns, systemInstruction, tool, choice, { config, says }, spoilt]) => {
    const hasCalls = turns.some(({ role }) => role === 'function' || role === 'tool')
    const request: Loose = {
      ...rest,
      contents: turns,
      ...(systemInstruction && { systemInstruction }),
      ...(tool && { tools: [tool] }),
      ...(!tool && hasCalls && { tools: [{ functionDeclarations: [{ name: 'declared' }] }] }),
      ...(tool && choice && { toolConfig: choice }),
      generationConfig: { ...(rest.generationConfig as Loose | undefined), ...config },
    }
    return { request: spoilt(marked(request) as Loose), says }
  })
