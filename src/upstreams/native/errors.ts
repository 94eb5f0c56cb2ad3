/** What an upstream that speaks Gemini's wire says when it fails, and what that means for us. */
import { GatewayError } from '../../errors.ts'
import type { ErrorBody } from '../../wire/gemini.ts'
import { RefusedInside } from '../http/errors.ts'

/**
 * An error object inside a 200. What comes before anything else is the error answer that it should have been; behind
 * that, it is a break. `body` is the object, or an array of it where the client asked for one.
 */
export function errorInAnswer(name: string, body: unknown, begun: boolean): GatewayError | RefusedInside {
  const error = errorOf(body)
  if (!begun && error !== undefined && isErrorStatus(error.code)) {
    return new RefusedInside(error.code, Buffer.from(`${JSON.stringify(body, undefined, 2)}\n`))
  }
  const message = error?.message ?? `The upstream ${name} failed.`
  return new GatewayError(begun ? 'upstream_broken' : 'upstream_unavailable', message, {
    hint: `${name}: error inside an answer`,
    details: detailsOf(body),
  })
}

function isErrorStatus(code: unknown): boolean {
  return Number.isInteger(code) && (code as number) >= 400 && (code as number) < 600
}

/** `{"error":{…}}`, alone or in an array; undefined when the text is something else. */
export function errorOf(body: unknown): ErrorBody['error'] | undefined {
  const object = (Array.isArray(body) ? body[0] : body) as Partial<ErrorBody> | null | undefined
  const error = object?.error
  return typeof error === 'object' && error !== null && typeof error.message === 'string' ? error : undefined
}

/** The `google.rpc` details of an error body, as far as they are objects; no shape is certain in them. */
export function detailsOf(body: unknown): Readonly<Record<string, unknown>>[] {
  const details: unknown = errorOf(body)?.details
  if (!Array.isArray(details)) return []
  return details.filter((detail) => typeof detail === 'object' && detail !== null)
}

/**
 * Whether the upstream refused *our* credential. Google says that with a 400, and the reason in an ErrorInfo.
 * The client's key is fine then, and must not be told otherwise.
 */
export function isCredentialRefused(status: number, body: unknown): boolean {
  if (status === 401) return true
  const reasons = detailsOf(body).map(({ reason }) => (typeof reason === 'string' ? reason : ''))
  if (reasons.includes('API_KEY_INVALID') || reasons.includes('API_KEY_SERVICE_BLOCKED')) return true
  return (
    status === 403 && reasons.some((reason) => reason.startsWith('API_KEY_') || reason === 'SERVICE_DISABLED')
  )
}
