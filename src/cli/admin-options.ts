/** Options that several commands read alike; what cannot be right is refused before anybody is asked. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseInstant } from '../wire/instant.ts'
import { parseUsd } from '../wire/usd.ts'

const LIMIT_MAX = 1_000_000_000
const HOUR_MS = 3_600_000
const UNITS_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS }
const SPAN = /^(\d{1,5})([hdw])$/
const LIMIT_USD_MAX = 9_000_000n

/** For options that may be given more than once. */
export function collect(value: string, previous: readonly string[] | boolean = []): readonly string[] {
  return [...(Array.isArray(previous) ? previous : []), value]
}

export function usdOption(text: string): string {
  const nanoUsd = parseUsd(text)
  if (nanoUsd !== undefined && nanoUsd > 0n && nanoUsd <= LIMIT_USD_MAX * 1_000_000_000n) return text
  throw new InvalidArgumentError(
    `Give US dollars as a plain decimal, such as 2.50: more than 0, at most ${LIMIT_USD_MAX}, at most 9 decimals.`,
  )
}

function countOption(text: string): number {
  return integerOption(text, 1, LIMIT_MAX)
}

export function percentOption(text: string): number {
  return integerOption(text, 1, 100)
}

export function integerOption(text: string, min: number, max: number): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (count >= min && count <= max) return count
  throw new InvalidArgumentError(`Give an integer from ${min} to ${max}.`)
}

/** `30d` from now, or a date; as RFC 3339. */
export function expiryOption(text: string): string {
  const spanMs = spanOf(text)
  const at = spanMs === undefined ? parseInstant(text) : Date.now() + spanMs
  if (at !== undefined && at > Date.now()) return new Date(at).toISOString()
  throw new InvalidArgumentError(
    'Give a time from now, such as 12h, 30d or 8w, or a date to come, such as 2027-01-01.',
  )
}

export function instantOption(text: string): string {
  const at = parseInstant(text)
  if (at !== undefined) return text
  throw new InvalidArgumentError('Give a date such as 2026-11-21, or a time such as 2026-11-21T15:00:00Z.')
}

/** Milliseconds. */
export function spanOption(text: string): number {
  const spanMs = spanOf(text)
  if (spanMs !== undefined) return spanMs
  throw new InvalidArgumentError('Give hours, days or weeks, such as 24h, 7d or 4w.')
}

function spanOf(text: string): number | undefined {
  const [, count, unit = ''] = SPAN.exec(text) ?? []
  const spanMs = Number(count) * (UNITS_MS[unit] ?? Number.NaN)
  return spanMs > 0 ? spanMs : undefined
}

export const PERIODS = ['day', 'week', 'month', 'ever'] as const

export function periodOption(): Option {
  return new Option('--period <period>', 'how often the budget starts anew, in UTC').choices(PERIODS)
}

/** The limits of a key or project as options, and how each can be cleared. */
const LIMITS = [
  ['rpm', 'requestsPerMinute', 'requests a minute'],
  ['tpm', 'tokensPerMinute', 'tokens a minute'],
  ['rpd', 'requestsPerDay', 'requests a day'],
  ['tpd', 'tokensPerDay', 'tokens a day'],
  ['concurrency', 'concurrentRequests', 'requests at once'],
] as const

type LimitFlag = (typeof LIMITS)[number][0]
export type LimitOptions = { readonly [Flag in LimitFlag]?: number | false }

export function addLimitOptions(command: Command, mayClear: boolean): Command {
  for (const [flag, , what] of LIMITS) {
    command.option(`--${flag} <count>`, `at most so many ${what}`, countOption)
    if (mayClear) command.option(`--no-${flag}`, `any number of ${what}`)
  }
  return command
}

/** As the admin API takes them; null takes a limit away. Undefined when no option was given. */
export function limitsOf(options: LimitOptions): Readonly<Record<string, number | null>> | undefined {
  const given = LIMITS.flatMap(([flag, name]): [string, number | null][] => {
    const value = options[flag]
    return value === undefined ? [] : [[name, value === false ? null : value]]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** `600 requests a minute, 10 requests at once`. */
export function limitsText(limits: Readonly<Partial<Record<string, number>>>): string {
  const given = LIMITS.flatMap(([, name, what]) =>
    limits[name] === undefined ? [] : [`${limits[name]} ${what}`],
  )
  return given.length === 0 ? 'none' : given.join(', ')
}
