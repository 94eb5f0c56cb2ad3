/** What an upstream that speaks Gemini's wire says when it fails, and what that means for us. */
import { GatewayError } from '../../errors.ts'
import type { ErrorBody } from '../../wire/gemini.ts'

/** An error object inside a 200: the stream's own, with its status where we know it. */
export function errorInAnswer(name: string, body: unknown, begun: boolean): GatewayError {
  const error = errorOf(body)
  const message = error?.message ?? `The upstream ${name} failed.`
  const code = begun ? 'upstream_broken' : error?.code === 429 ? 'resource_exhausted' : 'upstream_unavailable'
  return new GatewayError(code, message, {
    hint: `${name}: error inside an answer`,
    details: error?.details ?? [],
  })
}

/** `{"error":{…}}`, alone or in an array; undefined when the text is something else. */
export function errorOf(body: unknown): ErrorBody['error'] | undefined {
  const object = (Array.isArray(body) ? body[0] : body) as Partial<ErrorBody> | null | undefined
  const error = object?.error
  return typeof error === 'object' && error !== null && typeof error.message === 'string' ? error : undefined
}

/**
 * Whether the upstream refused *our* credential. Google says that with a 400, and the reason in an ErrorInfo.
 * The client's key is fine then, and must not be told otherwise.
 */
export function isCredentialRefused(status: number, body: unknown): boolean {
  if (status === 401) return true
  const details = errorOf(body)?.details ?? []
  const reasons = details.map((detail) => (detail as { reason?: string }).reason)
  if (reasons.includes('API_KEY_INVALID') || reasons.includes('API_KEY_SERVICE_BLOCKED')) return true
  return (
    status === 403 &&
    reasons.some((reason) => reason?.startsWith('API_KEY_') || reason === 'SERVICE_DISABLED')
  )
}
