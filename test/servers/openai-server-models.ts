/** The models that the pretended OpenAI has, and what their schemas must look like. */
import { invalid, OpenAiRefusal } from './openai-server-errors.ts'
import { isJson, type Json } from './provider-shape.ts'

export interface OpenAiModel {
  readonly id: string
  readonly reasons: boolean
  /** What it may be told of effort; the first one is what it does untold. */
  readonly efforts: readonly string[]
  /** One of a local server with the same wire: it ignores what it does not know, and shows its reasoning. */
  readonly isCompatible: boolean
}

const row = (
  id: string,
  reasons: boolean,
  efforts: readonly string[],
  isCompatible = false,
): OpenAiModel => ({
  id,
  reasons,
  efforts,
  isCompatible,
})

export const OPENAI_MODELS: ReadonlyMap<string, OpenAiModel> = new Map(
  [
    row('gpt-4.1', false, []),
    row('gpt-4o-mini', false, []),
    row('o4-mini', true, ['medium', 'low', 'high']),
    row('gpt-5-mini', true, ['medium', 'minimal', 'low', 'high']),
    row('gpt-5.5', true, ['none', 'low', 'medium', 'high', 'xhigh']),
    row('qwen3', true, ['medium', 'none', 'minimal', 'low', 'high'], true),
  ].map((model) => [model.id, model]),
)

export const EMBEDDING_MODEL = 'text-embedding-3-small'

export function modelOf(name: unknown): OpenAiModel {
  const model = OPENAI_MODELS.get(String(name))
  if (model) return model
  throw new OpenAiRefusal(`The model \`${String(name)}\` does not exist or you do not have access to it.`, {
    status: 404,
    code: 'model_not_found',
  })
}

/** What reasoning models refuse, with the value that they would have anyway. */
const FIXED: Readonly<Record<string, unknown>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

/** From 5.1 on they take all of it again when they are told to think nothing. */
export function checkSampling(
  document: Json,
  model: OpenAiModel,
  effort: unknown,
  never: readonly string[],
): void {
  if (!model.reasons || model.isCompatible) return
  for (const name of never) {
    if (document[name] !== undefined && document[name] !== false) {
      throw invalid(
        name,
        `Unsupported parameter: '${name}' is not supported with this model.`,
        'unsupported_parameter',
      )
    }
  }
  if (!thinks(effort, model)) return
  for (const [name, value] of Object.entries(FIXED)) {
    if (document[name] === undefined || document[name] === null || document[name] === value) continue
    throw invalid(
      name,
      `Unsupported value: '${name}' does not support ${document[name]} with this model. Only the default (${value}) value is supported.`,
      'unsupported_value',
    )
  }
}

export function checkEffort(effort: unknown, model: OpenAiModel, param: string): void {
  if (effort === undefined || effort === null) return
  if (!model.reasons)
    throw invalid(
      param,
      `Unsupported parameter: '${param}' is not supported with this model.`,
      'unsupported_parameter',
    )
  if (!model.efforts.includes(String(effort))) {
    const words = model.efforts.map((one) => `'${one}'`).join(', ')
    throw invalid(
      param,
      `Unsupported value: '${String(effort)}' is not supported with the '${model.id}' model. Supported values are: ${words}.`,
      'unsupported_value',
    )
  }
}

export function thinks(effort: unknown, model: OpenAiModel): boolean {
  return model.reasons && (effort ?? model.efforts[0]) !== 'none'
}

/** A schema of a function's arguments or of an answer: an object, and by strict rules when it is to be kept to strictly. */
export function checkSchema(schema: unknown, what: string, param: string, isStrict: boolean): void {
  const fail = (why: string) => invalid(param, `Invalid schema for ${what}: ${why}`, codeOf(what))
  if (!isJson(schema) || schema.type !== 'object') {
    const found = isJson(schema) && schema.type !== undefined ? String(schema.type) : 'None'
    throw fail(`schema must be a JSON Schema of 'type: "object"', got 'type: "${found}"'.`)
  }
  walk(schema, [], (inner, context) => {
    const place = `In context=(${context.map((step) => `'${step}'`).join(', ')})`
    if (inner.type === 'array' && inner.items === undefined && inner.prefixItems === undefined)
      throw fail(`${place}, array schema missing items.`)
    if (inner.type !== undefined) checkTypeWords(inner.type, (why) => fail(`${place}, ${why}`))
    if (isStrict) checkStrict(inner, (why) => fail(`${place}, ${why}`))
  })
}

const codeOf = (what: string) =>
  what.startsWith('function') ? 'invalid_function_parameters' : 'invalid_json_schema'

const TYPE_WORDS = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']

function checkTypeWords(type: unknown, fail: (why: string) => Error): void {
  for (const word of Array.isArray(type) ? type : [type]) {
    if (!TYPE_WORDS.includes(word))
      throw fail(`'${String(word)}' is not valid under any of the given schemas.`)
  }
}

/** Keywords that the strict subset does not have. */
const NOT_STRICT = ['allOf', 'oneOf', 'not', 'dependentRequired', 'if', 'then', 'else', 'patternProperties']

function checkStrict(schema: Json, fail: (why: string) => Error): void {
  for (const keyword of NOT_STRICT) {
    if (schema[keyword] !== undefined) throw fail(`'${keyword}' is not permitted.`)
  }
  if (schema.default !== undefined) throw fail("'default' is not permitted.")
  const isObject = schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object'))
  if (!isObject) return
  if (schema.additionalProperties !== false)
    throw fail("'additionalProperties' is required to be supplied and to be false.")
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const key of Object.keys((schema.properties ?? {}) as Json)) {
    if (!required.includes(key))
      throw fail(
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${key}'.`,
      )
  }
}

/** Every schema within a schema. */
export function walk(
  schema: unknown,
  context: readonly string[],
  visit: (schema: Json, context: readonly string[]) => void,
): void {
  if (!isJson(schema)) return
  visit(schema, context)
  for (const key of ['properties', '$defs', 'definitions']) {
    const inner = schema[key]
    if (isJson(inner))
      for (const [name, one] of Object.entries(inner)) walk(one, [...context, key, name], visit)
  }
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const inner = schema[key]
    if (Array.isArray(inner))
      inner.forEach((one, index) => {
        walk(one, [...context, key, String(index)], visit)
      })
  }
  for (const key of ['items', 'additionalProperties']) walk(schema[key], [...context, key], visit)
}
