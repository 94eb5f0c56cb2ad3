/** Sampling, limits and the form of the answer, as Gemini's `generationConfig`. */
import type { Report } from '../../../nouns/report.ts'
import { formatOf } from '../chat/config.ts'
import { invalid, type Json, type Members } from '../values.ts'

const LOGPROBS = 'message.output_text.logprobs'
export const SIGNATURES = 'reasoning.encrypted_content'

/** What an answer may be asked to show besides; the rest of these belongs to tools that are refused. */
const SHOWN: ReadonlySet<unknown> = new Set([
  LOGPROBS,
  SIGNATURES,
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'file_search_call.results',
  'message.input_image.image_url',
  'web_search_call.action.sources',
  'web_search_call.results',
])

export function configOf(request: Members, report: Report): Json {
  const config: Record<string, unknown> = {
    maxOutputTokens: request.integer('max_output_tokens', { min: 1 }),
    temperature: request.number('temperature', { min: 0, max: 2 }),
    topP: request.number('top_p', { min: 0, max: 1 }),
    ...logprobsOf(request),
    ...textOf(request.object('text'), report),
  }
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}

function logprobsOf(request: Members): Json {
  const include = request.list('include') ?? []
  const unknown = include.findIndex((name) => !SHOWN.has(name))
  if (unknown >= 0) throw invalid(`include[${unknown}]`, `Invalid value at 'include[${unknown}]'.`)
  const top = request.integer('top_logprobs', { min: 0, max: 20 }) ?? 0
  if (top === 0 && !include.includes(LOGPROBS)) return {}
  return { responseLogprobs: true, ...(top > 0 && { logprobs: top }) }
}

function textOf(text: Members | undefined, report: Report): Json {
  if (text?.word('verbosity', ['low', 'medium', 'high']) !== undefined)
    report.dropped('text.verbosity', 'the model has no such setting')
  return formatOf(text?.object('format'), report)
}
