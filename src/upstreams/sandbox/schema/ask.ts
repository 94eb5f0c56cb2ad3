/** What form a request asks its answer to have. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { readGeminiSchema, readJsonSchema, type Shape } from './read.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

const ROOT = 'generation_config'
export const JSON_TYPE = 'application/json'
export const ENUM_TYPE = 'text/x.enum'

export interface Ask {
  readonly mimeType: string
  readonly shape: Shape | undefined
}

/** Read once for the check, and again found here by each candidate. */
const known = new WeakMap<GenerationConfig, Ask>()

/** `mimeType` is `text/plain` when nothing special is asked for. Throws Google's 400 for a wrong schema. */
export function askOf(config: GenerationConfig): Ask {
  const found = known.get(config)
  if (found !== undefined) return found
  const ask = readFormat(config) ?? {
    mimeType: config.responseMimeType || 'text/plain',
    shape: readSchema(config),
  }
  known.set(config, ask)
  return ask
}

function readSchema(config: GenerationConfig): Shape | undefined {
  const { responseSchema } = config
  if (responseSchema !== undefined) return readGeminiSchema(responseSchema, `${ROOT}.response_schema`)
  const schema = config.responseJsonSchema ?? config._responseJsonSchema
  return schema === undefined ? undefined : readJsonSchema(schema, `${ROOT}.response_json_schema`)
}

/** `responseFormat` says the same in newer words. */
function readFormat(config: GenerationConfig): Ask | undefined {
  const texts = (config.responseFormat ?? []).flatMap(({ text }, index) => (text ? [{ text, index }] : []))
  const [first, second] = texts
  if (first === undefined) return undefined
  const path = `${ROOT}.response_format[${first.index}].text`
  if (second !== undefined) {
    throw invalidField(`${ROOT}.response_format[${second.index}]`, 'Only one text format can be specified.')
  }
  for (const other of ['responseSchema', 'responseJsonSchema', '_responseJsonSchema'] as const) {
    if (config[other] === undefined) continue
    throw invalidField(
      `${ROOT}.response_format`,
      'Only one of response_format and a response schema may be set.',
    )
  }
  const { mimeType, schema } = first.text
  const isPlain = mimeType === 'TEXT_PLAIN'
  if (isPlain && schema !== undefined) {
    throw invalidField(`${path}.schema`, "A schema requires the mime type 'APPLICATION_JSON'.")
  }
  const asked = config.responseMimeType || undefined
  if (asked !== undefined && asked !== (isPlain ? 'text/plain' : JSON_TYPE)) {
    throw invalidField(
      `${ROOT}.response_format`,
      'response_format and response_mime_type contradict each other.',
    )
  }
  return {
    mimeType: isPlain ? 'text/plain' : JSON_TYPE,
    shape: schema === undefined ? undefined : readJsonSchema(schema, `${path}.schema`),
  }
}
