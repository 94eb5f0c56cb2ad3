/** Why an answer ended, in Gemini's words. */

const REASONS: Readonly<Record<string, string>> = {
  stop: 'STOP',
  eos: 'STOP',
  tool_calls: 'STOP',
  function_call: 'STOP',
  length: 'MAX_TOKENS',
  model_length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
}

/** Words of servers that gave up: what came before them is no answer. */
const FAILURES: ReadonlySet<string> = new Set(['error', 'abort', 'insufficient_system_resource'])

export function isFailure(reason: string): boolean {
  return FAILURES.has(reason)
}

/** A word that nobody knows is an end all the same. */
export function finishReasonOf(reason: string): string {
  return REASONS[reason] ?? 'OTHER'
}
