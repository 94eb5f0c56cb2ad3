/** Which form of answer a generationConfig asks for, in whichever of its three ways it says so. */
import { type GatewayError, invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

export const JSON_TYPE = 'application/json'
export const ENUM_TYPE = 'text/x.enum'
const ROOT = 'generation_config'

export interface WrittenFormat {
  /** `text/plain` when nothing special is asked for. */
  readonly mimeType: string
  readonly schema: WrittenSchema | undefined
  /** camelCase, within the config, of what says so: `responseMimeType`, or `responseFormat[0].text`. */
  readonly path: string
}

export type WrittenSchema = { readonly path: string } & (
  | { readonly language: 'gemini'; readonly schema: GeminiMessage<'Schema'> }
  | { readonly language: 'json'; readonly schema: unknown }
)

/** Throws Google's 400 for contradictions. */
export function writtenFormat(config: GenerationConfig): WrittenFormat {
  return (
    readFormat(config) ?? {
      mimeType: config.responseMimeType || 'text/plain',
      schema: readSchema(config),
      path: 'responseMimeType',
    }
  )
}

function readSchema(config: GenerationConfig): WrittenSchema | undefined {
  const { responseSchema, responseJsonSchema, _responseJsonSchema } = config
  if (responseSchema !== undefined) {
    return { language: 'gemini', schema: responseSchema, path: 'responseSchema' }
  }
  if (responseJsonSchema !== undefined) {
    return { language: 'json', schema: responseJsonSchema, path: 'responseJsonSchema' }
  }
  if (_responseJsonSchema === undefined) return undefined
  return { language: 'json', schema: _responseJsonSchema, path: '_responseJsonSchema' }
}

/** `responseFormat` says the same in newer words. */
function readFormat(config: GenerationConfig): WrittenFormat | undefined {
  const texts = (config.responseFormat ?? []).flatMap(({ text }, index) => (text ? [{ text, index }] : []))
  const [first, second] = texts
  if (first === undefined) return undefined
  if (second !== undefined) {
    throw invalidField(`${ROOT}.response_format[${second.index}]`, 'Only one text format can be specified.')
  }
  if (readSchema(config) !== undefined) {
    throw invalidField(
      `${ROOT}.response_format`,
      'Only one of response_format and a response schema may be set.',
    )
  }
  const { mimeType, schema } = first.text
  const isPlain = mimeType === 'TEXT_PLAIN'
  if (isPlain && schema !== undefined) {
    throw invalidField(
      `${ROOT}.response_format[${first.index}].text.schema`,
      "A schema requires the mime type 'APPLICATION_JSON'.",
    )
  }
  const asked = config.responseMimeType || undefined
  if (asked !== undefined && asked !== (isPlain ? 'text/plain' : JSON_TYPE)) {
    throw invalidField(
      `${ROOT}.response_format`,
      'response_format and response_mime_type contradict each other.',
    )
  }
  const path = `responseFormat[${first.index}].text`
  return {
    mimeType: isPlain ? 'text/plain' : JSON_TYPE,
    schema: schema === undefined ? undefined : { language: 'json', schema, path: `${path}.schema` },
    path,
  }
}

/** A schema beside a type of answer that has none. */
export function schemaNeedsType(): GatewayError {
  return invalidField(
    `${ROOT}.response_mime_type`,
    `A response schema requires the response mime type '${JSON_TYPE}' or '${ENUM_TYPE}'.`,
  )
}

/** One of several words, but without the words. */
export function enumNeedsValues(): GatewayError {
  return invalidField(
    `${ROOT}.response_schema`,
    `The response mime type '${ENUM_TYPE}' requires a response schema of type STRING with enum values.`,
  )
}
