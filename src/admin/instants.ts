import { invalidField } from '../errors.ts'
import { parseInstant } from '../wire/instant.ts'

const HOUR_MS = 3_600_000

/** Milliseconds since the epoch. Throws `invalid_argument`. */
export function instantOf(text: string, field: string): number {
  const at = parseInstant(text)
  if (at !== undefined && at >= 0) return at
  const rule = 'a date such as 2026-11-21, or a time such as 2026-11-21T15:00:00Z'
  throw invalidField(field, `${JSON.stringify(field)} must be ${rule}.`)
}

/** The same at a whole hour of UTC: that is how finely sums are kept. */
export function hourOf(text: string, field: string): number {
  const at = instantOf(text, field)
  if (at % HOUR_MS === 0) return at
  throw invalidField(field, `${JSON.stringify(field)} must be a whole hour of UTC.`)
}

export function hourAfter(at: number): number {
  return Math.ceil(at / HOUR_MS) * HOUR_MS
}

/** RFC 3339. */
export function timestamp(at: number): string {
  return new Date(at).toISOString()
}

export function timestampOrNull(at: number | undefined): string | null {
  return at === undefined ? null : timestamp(at)
}
