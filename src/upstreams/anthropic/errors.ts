/** `{"type":"error","error":{"type","message"},"request_id"}` → words that suit Google's shape. */
import type { IncomingHttpHeaders } from 'node:http'
import { RefusedInside } from '../http/errors.ts'
import { headerText, instantMs, retryAfterMs as saidAfterMs } from '../http/retry-after.ts'
import type { ProviderRefusal } from '../translation/translator.ts'

interface ErrorAnswer {
  readonly error?: {
    readonly type?: unknown
    readonly message?: unknown
    readonly details?: { readonly error_code?: unknown } | null
  }
}

/** Said of the operator's account, whatever the status. */
const ACCOUNT = /credit balance is too low|organization (?:has been )?(?:disabled|on hold)/i
const ACCOUNT_TYPES: ReadonlySet<string> = new Set([
  'authentication_error',
  'permission_error',
  'billing_error',
])
/** Where the type of the error knows better than the status. */
const STATUSES: ReadonlyMap<unknown, number> = new Map([
  ['rate_limit_error', 429],
  ['overloaded_error', 503],
  ['timeout_error', 504],
])
/** Each has a limit, a rest and a time at which it is full again. */
const LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const

/** An error event where an answer should be; undefined when its type says no status. */
export function refusedInside(error: ErrorAnswer['error'], message: string): RefusedInside | undefined {
  const status = STATUSES.get(error?.type)
  if (status === undefined) return undefined
  return new RefusedInside(status, Buffer.from(JSON.stringify({ error })), message)
}

export function readRefusal(status: number, headers: IncomingHttpHeaders, body: unknown): ProviderRefusal {
  const error = (body as ErrorAnswer | null | undefined)?.error
  const type = typeof error?.type === 'string' ? error.type : ''
  const message =
    typeof error?.message === 'string' && error.message !== ''
      ? error.message
      : `The target answered ${status}.`
  const code = error?.details?.error_code
  const reason = typeof code === 'string' ? code : type
  const isCredential = status === 401 || status === 403 || ACCOUNT_TYPES.has(type) || ACCOUNT.test(message)
  const retryAfterMs = retryAfter(headers)
  return {
    status: STATUSES.get(type) ?? status,
    message,
    ...(isCredential && { isCredential }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(reason !== '' && { reason }),
  }
}

/** What it says itself, or when the limits are full again that nothing is left of. */
function retryAfter(headers: IncomingHttpHeaders): number | undefined {
  const said = saidAfterMs(headers) ?? instantMs(headerText(headers['retry-after']))
  if (said !== undefined) return said
  const waits = LIMITS.flatMap((limit) => {
    if (headers[`anthropic-ratelimit-${limit}-remaining`] !== '0') return []
    return instantMs(headerText(headers[`anthropic-ratelimit-${limit}-reset`])) ?? []
  })
  return waits.length > 0 ? Math.max(...waits) : undefined
}
