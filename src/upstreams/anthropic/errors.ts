/** `{"type":"error","error":{"type","message"},"request_id"}` → words that suit Google's shape. */
import type { IncomingHttpHeaders } from 'node:http'
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
const STATUSES: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  overloaded_error: 503,
  timeout_error: 504,
}
/** Each has a limit, a rest and a time at which it is full again. */
const LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const

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
    status: STATUSES[type] ?? status,
    message,
    ...(isCredential && { isCredential }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(reason !== '' && { reason }),
  }
}

/** What it says itself, or when the limits are full again that nothing is left of. */
function retryAfter(headers: IncomingHttpHeaders): number | undefined {
  const asked = headers['retry-after']
  if (asked !== undefined && asked !== '') {
    const seconds = Number(asked)
    return Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : until(asked)
  }
  const waits = LIMITS.flatMap((limit) => {
    if (headers[`anthropic-ratelimit-${limit}-remaining`] !== '0') return []
    return until(headers[`anthropic-ratelimit-${limit}-reset`]) ?? []
  })
  return waits.length > 0 ? Math.max(...waits) : undefined
}

/** Of an instant, in milliseconds from now. */
function until(instant: string | string[] | undefined): number | undefined {
  const at = typeof instant === 'string' ? Date.parse(instant) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
