/** Why the model stopped → Google's finish reason. */

export interface StopDetails {
  readonly category?: string | null
  readonly explanation?: string | null
}

const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'STOP',
  stop_sequence: 'STOP',
  tool_use: 'STOP',
  max_tokens: 'MAX_TOKENS',
  model_context_window_exceeded: 'MAX_TOKENS',
  refusal: 'SAFETY',
  // The provider's own tools want another request to go on.
  pause_turn: 'OTHER',
}

export function finishOf(
  stopReason: unknown,
  details: StopDetails | null | undefined,
): { reason: string; message: string | undefined } {
  const reason = REASONS[String(stopReason)] ?? 'OTHER'
  const message = details?.explanation ?? details?.category ?? undefined
  if (reason !== 'OTHER') return { reason, message }
  return { reason, message: message ?? `The model stopped with ${String(stopReason)}.` }
}

export function isCutShort(stopReason: unknown): boolean {
  return REASONS[String(stopReason)] === 'MAX_TOKENS'
}
