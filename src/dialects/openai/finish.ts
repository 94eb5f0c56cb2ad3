/** Why an answer ended, in the few words that OpenAI's clients know. */

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

const REASONS: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries({
    STOP: 'stop',
    MAX_TOKENS: 'length',
    CONTINUATION: 'length',
    BLOCKLIST: 'content_filter',
    IMAGE_PROHIBITED_CONTENT: 'content_filter',
    IMAGE_RECITATION: 'content_filter',
    IMAGE_SAFETY: 'content_filter',
    LANGUAGE: 'content_filter',
    MODEL_ARMOR: 'content_filter',
    PROHIBITED_CONTENT: 'content_filter',
    RECITATION: 'content_filter',
    SAFETY: 'content_filter',
    SPII: 'content_filter',
  } as const),
)

/** A word that there is not here is an end all the same; `hasCalls`: whether the model called a function. */
export function finishReasonOf(reason: string, hasCalls: boolean): FinishReason {
  const known = REASONS.get(reason) ?? 'stop'
  return known === 'stop' && hasCalls ? 'tool_calls' : known
}

/** Gemini's own word, where OpenAI's says less. */
export function isPlain(reason: string): boolean {
  return reason === 'STOP' || reason === 'MAX_TOKENS'
}

export function refusalOf(reason: string): string {
  return `The prompt was blocked: ${reason}.`
}
