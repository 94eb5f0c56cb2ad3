/** Errors of this wire, which every vendor writes a little differently. */
import type { IncomingHttpHeaders } from 'node:http'
import { RefusedInside } from '../http/errors.ts'
import { delayMs, headerText, numberMs, retryAfterMs as saidAfterMs } from '../http/retry-after.ts'
import type { ProviderRefusal } from '../translation/translator.ts'
import { isObject, type Json, objectOf, objectsOf, textOf } from './responses/json.ts'

const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'invalid_api_key',
  'authentication_error',
  'account_deactivated',
  'invalid_authentication',
])
/** Some vendors answer 400 to a wrong key, and say so in words only. */
const CREDENTIAL_WORDS = /\b(?:incorrect|invalid) api key\b/i
/** 403 is a matter of the credential, unless it is one of what was said. */
const CONTENT_WORDS = /moderation|flagged|safety|content.?policy|usage guidelines/i

export function readRefusal(status: number, headers: IncomingHttpHeaders, body: unknown): ProviderRefusal {
  const error = errorOf(body)
  const message = messageOf(body)
  const reason = reasonOf(error)
  return {
    status,
    message,
    ...(isCredential(status, reason, message) && { isCredential: true }),
    retryAfterMs: retryAfterMs(status, headers),
    ...spentOf(status, reason, message),
    reason,
  }
}

/** All that was paid for is spent. More time does not help there. */
const SPENT_CODES: ReadonlySet<string> = new Set(['insufficient_quota', 'billing_hard_limit_reached'])
/** `… on requests per day (RPD): Limit 200, …` */
const DAILY_WORDS = /\bper day\b|\b(?:RPD|TPD)\b/

function spentOf(
  status: number,
  reason: string | undefined,
  message: string,
): Pick<ProviderRefusal, 'scope' | 'isDaily'> {
  if (status === 402 || (reason !== undefined && SPENT_CODES.has(reason)))
    return { scope: 'credential', isDaily: true }
  return status === 429 && DAILY_WORDS.test(message) ? { isDaily: true } : {}
}

/** An error that names its status where an answer should be, or names a limit; undefined when it says neither. */
export function refusedInside(error: unknown): RefusedInside | undefined {
  const { code, type } = objectOf(error)
  const isLimit = [code, type].some((word) => typeof word === 'string' && LIMIT_CODES.has(word))
  const status = isLimit ? 429 : /^[45]\d\d$/.test(textOf(code) ?? '') ? Number(code) : code
  if (!isErrorStatus(status)) return undefined
  const body = { error }
  return new RefusedInside(status, Buffer.from(JSON.stringify(body)), messageOf(body))
}

const isErrorStatus = (status: unknown): status is number =>
  typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600

const LIMIT_CODES: ReadonlySet<string> = new Set([...SPENT_CODES, 'rate_limit_exceeded'])

/** The text of an error, wherever it stands; empty without one. */
export function messageOf(body: unknown): string {
  const whole = Array.isArray(body) ? body[0] : body
  if (typeof whole === 'string') return whole
  const error = errorOf(whole)
  const text = textOf(error.message) ?? textOf(objectOf(whole).error) ?? textOf(objectOf(whole).message)
  return withRaw(text ?? detailText(objectOf(whole).detail), error)
}

/** A router repeats what the server behind it said. */
function withRaw(text: string, error: Json): string {
  const raw = textOf(objectOf(error.metadata).raw)
  if (raw === undefined || raw === '' || text.includes(raw)) return text
  return text === '' ? raw : `${text} ${raw}`
}

/** FastAPI's: a text, or a list of what was wrong where. */
function detailText(detail: unknown): string {
  if (typeof detail === 'string') return detail
  const lines = objectsOf(detail).map(({ loc, msg }) => {
    const place = Array.isArray(loc) ? loc.join('.') : ''
    return [place, textOf(msg) ?? ''].filter((part) => part !== '').join(': ')
  })
  return lines.filter((line) => line !== '').join('\n')
}

function errorOf(body: unknown): Json {
  const whole = objectOf(Array.isArray(body) ? body[0] : body)
  return isObject(whole.error) ? whole.error : whole
}

function reasonOf({ code, type }: Json): string | undefined {
  // A code that is a number only repeats the status.
  return (typeof code === 'string' ? code : undefined) || textOf(type) || undefined
}

function isCredential(status: number, reason: string | undefined, message: string): boolean {
  if (status === 401) return true
  if (reason !== undefined && CREDENTIAL_CODES.has(reason)) return true
  if (status === 403) return !CONTENT_WORDS.test(`${reason ?? ''} ${message}`)
  return status === 400 && CREDENTIAL_WORDS.test(message)
}

/** When to come back: as it is said, or as the limits that are spent say. */
export function retryAfterMs(status: number, headers: IncomingHttpHeaders): number | undefined {
  const said = numberMs(headerText(headers['retry-after-ms']), 1) ?? saidAfterMs(headers)
  return said ?? (status === 429 ? resetMs(headers) : undefined)
}

/** The spent limit's own time; with none at zero, the longest, because a request may be larger than what is left. */
function resetMs(headers: IncomingHttpHeaders): number | undefined {
  const limits = ['requests', 'tokens'].flatMap((kind) => {
    const afterMs = durationOf(headerText(headers[`x-ratelimit-reset-${kind}`]))
    const isSpent = headerText(headers[`x-ratelimit-remaining-${kind}`]) === '0'
    return afterMs === undefined ? [] : [{ afterMs, isSpent }]
  })
  const spent = limits.filter(({ isSpent }) => isSpent)
  const counted = spent.length > 0 ? spent : limits
  if (counted.length > 0) return Math.max(...counted.map(({ afterMs }) => afterMs))
  return untilOf(headerText(headers['x-ratelimit-reset']))
}

/** Milliseconds since the epoch, or seconds. */
function untilOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{10,13}(?:\.\d{1,9})?$/.test(value)) return undefined
  const at = Number(value)
  return delayMs(Math.max(0, (at < 1e12 ? at * 1_000 : at) - Date.now()))
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** `6m0s`, `1.5s`, `17ms`: the larger unit first. */
const DURATION = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d)){1,5}$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** A bare number is seconds. */
function durationOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!DURATION.test(value)) return numberMs(value, 1_000)
  const parts = [...value.matchAll(DURATION_PART)]
  const sum = parts.reduce((so, [, number, unit]) => so + Number(number) * (UNITS_MS[unit as string] ?? 0), 0)
  return delayMs(sum)
}
