/** Errors of this wire, which every vendor writes a little differently. */
import type { IncomingHttpHeaders } from 'node:http'
import type { ProviderRefusal } from '../translation/translator.ts'
import { isObject, type Json, objectOf, objectsOf, textOf } from './responses/json.ts'

/** Vendors wait for minutes; whatever says more is not believed. */
const RETRY_AFTER_MS_MAX = 60 * 60 * 1_000

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
    reason,
  }
}

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
  const said = milliseconds(headers['retry-after-ms'], 1) ?? afterOf(one(headers['retry-after']))
  const afterMs = said ?? (status === 429 ? resetMs(headers) : undefined)
  return afterMs !== undefined && afterMs <= RETRY_AFTER_MS_MAX ? Math.ceil(afterMs) : undefined
}

/** Seconds, or a date. */
function afterOf(value: string | undefined): number | undefined {
  const afterMs = milliseconds(value, 1_000)
  if (afterMs !== undefined || value === undefined) return afterMs
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

/** The spent limit's own time; with none at zero, the longest, because a request may be larger than what is left. */
function resetMs(headers: IncomingHttpHeaders): number | undefined {
  const limits = ['requests', 'tokens'].flatMap((kind) => {
    const afterMs = durationOf(one(headers[`x-ratelimit-reset-${kind}`]))
    const isSpent = one(headers[`x-ratelimit-remaining-${kind}`]) === '0'
    return afterMs === undefined ? [] : [{ afterMs, isSpent }]
  })
  const spent = limits.filter(({ isSpent }) => isSpent)
  const counted = spent.length > 0 ? spent : limits
  if (counted.length > 0) return Math.max(...counted.map(({ afterMs }) => afterMs))
  return untilOf(one(headers['x-ratelimit-reset']))
}

/** Milliseconds since the epoch, or seconds. */
function untilOf(value: string | undefined): number | undefined {
  const at = milliseconds(value, 1)
  if (at === undefined || at < 1e9) return undefined
  return Math.max(0, (at < 1e12 ? at * 1_000 : at) - Date.now())
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `6m0s`, `1.5s`, `17ms`; a bare number is seconds. */
function durationOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = milliseconds(value, 1_000)
  if (seconds !== undefined) return seconds
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS_MS[unit as string] ?? 0), 0)
}

function milliseconds(value: string | string[] | undefined, factor: number): number | undefined {
  const text = one(value)?.trim()
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * factor : undefined
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
