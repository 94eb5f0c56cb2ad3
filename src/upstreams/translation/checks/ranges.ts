/** Ranges of generationConfig, whatever the model. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import type { Complaints } from './complaints.ts'
import { exceedsDepth } from './schema-depth.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>

const CANDIDATES_MAX = 8
const STOP_SEQUENCES_MAX = 5
const STOP_SEQUENCE_CHARS_MAX = 1_024
const LOGPROBS_MAX = 20
const PENALTY_MAX = 2
const TEMPERATURE_MAX = 2
const MIME_TYPES = ['text/plain', 'application/json', 'application/xml', 'application/yaml', 'text/x.enum']

const ROOT = 'generation_config'

/** Everything that the validator lists; `complaints` throws later. */
export function checkRanges(complaints: Complaints, path: string, config: GenerationConfig): void {
  const at = (field: string): string => `${path}${field}`
  const range = (field: string, value: number | undefined, min: number, max: number, shown: string): void => {
    if (value === undefined || (value >= min && value <= max)) return
    complaints.add(at(field), `${field} must be in the range ${shown}.`)
  }
  range('temperature', config.temperature, 0, TEMPERATURE_MAX, '[0.0, 2.0]')
  range('top_p', config.topP, 0, 1, '[0.0, 1.0]')
  range('presence_penalty', config.presencePenalty, -PENALTY_MAX, PENALTY_MAX, '[-2.0, 2.0]')
  range('frequency_penalty', config.frequencyPenalty, -PENALTY_MAX, PENALTY_MAX, '[-2.0, 2.0]')
  range('candidate_count', config.candidateCount, 1, CANDIDATES_MAX, '[1, 8]')
  range('logprobs', config.logprobs, 0, LOGPROBS_MAX, '[0, 20]')
  if (config.topK !== undefined && config.topK < 1) complaints.add(at('top_k'), 'top_k must be positive.')
  if (config.logprobs !== undefined && config.responseLogprobs !== true) {
    complaints.add(at('logprobs'), 'logprobs is only allowed when response_logprobs is true.')
  }
  checkStopSequences(complaints, at('stop_sequences'), config.stopSequences ?? [])
  if (config.responseMimeType && !MIME_TYPES.includes(config.responseMimeType)) {
    const allowed =
      'allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml`'
    complaints.add(at('response_mime_type'), `${allowed} and \`text/x.enum\`.`)
  }
}

function checkStopSequences(complaints: Complaints, path: string, sequences: readonly string[]): void {
  if (sequences.length > STOP_SEQUENCES_MAX) {
    complaints.add(path, `the number of stop_sequences must not exceed ${STOP_SEQUENCES_MAX}`)
    return
  }
  sequences.forEach((sequence, index) => {
    if (sequence === '') complaints.add(`${path}[${index}]`, 'stop sequence must not be empty')
    if (sequence.length > STOP_SEQUENCE_CHARS_MAX)
      complaints.add(`${path}[${index}]`, 'stop sequence is too long')
  })
}

/** Throws for an answer without room for a word. What a model's own limit is, that model says. */
export function checkOutputTokens({ maxOutputTokens }: GenerationConfig): void {
  if (maxOutputTokens === undefined || maxOutputTokens >= 1) return
  throw invalidField(
    `${ROOT}.max_output_tokens`,
    `Unable to submit request because it has a maxOutputTokens value of ${maxOutputTokens} but the supported range ` +
      'starts at 1 (inclusive). Update the value and try again.',
  )
}

/** Throws for two schemas, and for one that nests too deep. */
export function checkResponseSchemas(config: GenerationConfig): void {
  const jsonSchema = config.responseJsonSchema ?? config._responseJsonSchema
  if (config.responseSchema !== undefined && jsonSchema !== undefined) {
    throw invalidField(ROOT, 'Only one of response_schema and response_json_schema may be set.')
  }
  if (exceedsDepth(config.responseSchema) || exceedsDepth(jsonSchema)) {
    throw invalidField(
      ROOT,
      'A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.',
    )
  }
}
