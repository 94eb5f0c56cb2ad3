/** Schemas of functions and answers, in whichever of Gemini's two languages they came, as JSON Schema. */
import type { Report } from '../../nouns/report.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { toJsonSchema } from '../../wire/json-schema.ts'
import type { JsonSchema } from './conversation.ts'

type FunctionDeclaration = GeminiMessage<'FunctionDeclaration'>

const NO_PARAMETERS: JsonSchema = Object.freeze({ type: 'object', properties: Object.freeze({}) })

/** `written` as it came, without the name of its language, which every target takes for granted. */
export function plainJsonSchema(written: unknown): JsonSchema {
  if (typeof written === 'boolean') return written
  const { $schema, ...schema } = written as Record<string, unknown>
  return schema
}

/** Always an object schema, with `properties`: some targets refuse one without. `path` is the declaration's. */
export function parametersOf(declaration: FunctionDeclaration, path: string, report: Report): JsonSchema {
  const { parameters, parametersJsonSchema } = declaration
  if (parameters !== undefined) {
    const { nullable, ...root } = parameters
    if (nullable) report.approximated(`${path}.parameters.nullable`, 'the arguments are always an object')
    return rooted(toJsonSchema(root, `${path}.parameters`, report))
  }
  if (parametersJsonSchema === undefined) return NO_PARAMETERS
  const schema = plainJsonSchema(parametersJsonSchema) as Record<string, unknown>
  if (Array.isArray(schema.type)) {
    report.approximated(`${path}.parametersJsonSchema.type`, 'the arguments are always an object')
  }
  return rooted(schema)
}

function rooted(schema: Readonly<Record<string, unknown>>): JsonSchema {
  const isWhole = schema.type === 'object' && schema.properties !== undefined
  return isWhole ? schema : { properties: {}, ...schema, type: 'object' }
}
