/** When to come back, as HTTP says it. Whatever could not be meant is as if it had not been said. */
import type { IncomingHttpHeaders } from 'node:http'
import type { RetryHint } from '../../nouns/retry.ts'

/** The share of a day is the longest that anybody waits for, and where clocks are put back a day has 25 hours. */
const DELAY_MS_MAX = 25 * 60 * 60 * 1_000

/** Digits alone: `120s`, `-5`, `1e9` and `0x10` are no delays. */
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/
/** `Sun, 06 Nov 1994 08:49:37 GMT`. `Date.parse` takes nearly anything else for a date, `-5` among it. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
/** `2026-11-20T10:00:00Z` */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** A delay that could be meant, in whole milliseconds; anything else is undefined. */
export function delayMs(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= DELAY_MS_MAX ? Math.ceil(value) : undefined
}

/** `Retry-After`: seconds, or a date. */
export function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const said = headers['retry-after']?.trim()
  return said !== undefined && HTTP_DATE.test(said) ? fromNow(said) : numberMs(said, 1_000)
}

/** A bare number, counted in `unitMs`. */
export function numberMs(text: string | undefined, unitMs: number): number | undefined {
  return text !== undefined && NUMBER.test(text) ? delayMs(Number(text) * unitMs) : undefined
}

/** How long until an instant of RFC 3339; 0 when it is past. */
export function instantMs(text: string | undefined): number | undefined {
  return text !== undefined && INSTANT.test(text) ? fromNow(text) : undefined
}

function fromNow(date: string): number | undefined {
  return delayMs(Math.max(0, Date.parse(date) - Date.now()))
}

/** The header that tells a client what we know: whole seconds, never too early. */
export function retryAfterHeader(hint: RetryHint | undefined): Record<string, string> {
  return hint?.afterMs === undefined ? {} : { 'retry-after': `${Math.ceil(hint.afterMs / 1_000)}` }
}

export function headerText(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.trim()
}
