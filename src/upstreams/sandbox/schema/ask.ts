/** What form a request asks its answer to have. */
import { snakeCase } from '../../../nouns/report.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { type WrittenSchema, writtenFormat } from '../../translation/checks/response-format.ts'
import { readGeminiSchema, readJsonSchema, type Shape } from './read.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

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
  const { mimeType, schema } = writtenFormat(config)
  const ask = { mimeType, shape: schema && readShape(schema) }
  known.set(config, ask)
  return ask
}

function readShape(written: WrittenSchema): Shape {
  const path = `generation_config.${snakeCase(written.path)}`
  if (written.language === 'gemini') return readGeminiSchema(written.schema, path)
  return readJsonSchema(written.schema, path)
}
