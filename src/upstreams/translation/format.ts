/** What an answer's text must be: from Gemini's three ways of saying so to one. */
import { type Report, refused, untranslatable } from '../../nouns/report.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { toJsonSchema } from '../../wire/json-schema.ts'
import {
  ENUM_TYPE,
  enumNeedsValues,
  JSON_TYPE,
  schemaNeedsType,
  type WrittenSchema,
  writtenFormat,
} from './checks/response-format.ts'
import type { GenerationConfig, JsonSchema, OutputFormat } from './conversation.ts'
import type { Fields } from './fields.ts'
import { isNothing } from './nothing.ts'
import { plainJsonSchema } from './schema.ts'

const TEXT: OutputFormat = Object.freeze({ kind: 'text' })
const WAYS = [
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseFormat',
] as const

/** Takes the fields that say so. Throws Google's 400, and `untranslatable` for a form that only Gemini has. */
export function readFormat(
  config: Fields<GenerationConfig>,
  given: GenerationConfig,
  report: Report,
): OutputFormat {
  for (const way of WAYS) config.take(way)
  refuseOtherFormats(given.responseFormat ?? [], config.pathOf('responseFormat'))
  const { mimeType, schema, path } = writtenFormat(given)
  const at = (field: string): string => `${config.path}.${field}`
  if (mimeType === 'application/xml' || mimeType === 'application/yaml') {
    throw untranslatable(at(path), `answers of the type ${mimeType} are not to be had there`)
  }
  if (mimeType !== JSON_TYPE && mimeType !== ENUM_TYPE) {
    if (schema !== undefined) throw schemaNeedsType()
    return TEXT
  }
  if (mimeType === ENUM_TYPE) return readEnum(schema, at(schema?.path ?? path), report)
  if (schema === undefined) return { kind: 'json', path: at(path) }
  const field = at(schema.path)
  return { kind: 'schema', schema: jsonSchemaOf(schema, field, report), path: field }
}

type ResponseFormat = GeminiMessage<'ResponseFormat'>

function refuseOtherFormats(formats: readonly ResponseFormat[], path: string): void {
  formats.forEach(({ text: _text, ...others }, index) => {
    for (const [kind, format] of Object.entries(others)) {
      if (isNothing(format)) continue
      throw untranslatable(`${path}[${index}].${kind}`, 'the target answers in text')
    }
  })
}

function jsonSchemaOf(written: WrittenSchema, path: string, report: Report): JsonSchema {
  if (written.language === 'gemini') return toJsonSchema(written.schema, path, report)
  const { schema } = written
  const isSchema = typeof schema === 'boolean' || (typeof schema === 'object' && !Array.isArray(schema))
  if (!isSchema || schema === null) throw refused(path, 'A JSON schema is an object or a boolean.')
  return plainJsonSchema(schema)
}

/** Of a keyword of the client's own that a path repeats. */
const MEMBER_CHARS_MAX = 64
/** Members of a schema of words that say nothing beside the words. */
const ENUM_MEMBERS: ReadonlySet<string> = new Set(['type', 'enum', 'format', '$schema'])

function readEnum(written: WrittenSchema | undefined, path: string, report: Report): OutputFormat {
  const schema: unknown = written?.schema
  if (typeof schema !== 'object' || schema === null) throw enumNeedsValues()
  const { type, enum: values } = schema as { readonly type?: unknown; readonly enum?: unknown }
  const isString = type === undefined || type === 'STRING' || type === 'string'
  if (!isString || !isWords(values)) throw enumNeedsValues()
  for (const [member, value] of Object.entries(schema)) {
    if (ENUM_MEMBERS.has(member) || isNothing(value)) continue
    const isLong = member.length > MEMBER_CHARS_MAX
    report.dropped(isLong ? path : `${path}.${member}`, 'of the choice only its words are told')
  }
  return { kind: 'enum', values, path }
}

function isWords(values: unknown): values is readonly string[] {
  return Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'string')
}
