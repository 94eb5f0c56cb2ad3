/** `x-idempotency-key`: what a client calls a request by that it may send again. */
import { GatewayError } from '../errors.ts'
import { IDEMPOTENCY_KEY_HEADER } from '../nouns/headers.ts'

/** No blank: a header that was sent twice is joined with one. */
const KEY = /^[\x21-\x7e]{1,255}$/

/** Throws `invalid_argument`. */
export function idempotencyKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && KEY.test(header)) return header
  throw new GatewayError(
    'invalid_argument',
    `The header ${IDEMPOTENCY_KEY_HEADER} must be 1 to 255 printable ASCII characters without blanks.`,
  )
}
