/** Durations and sizes as people write them: `250ms`, `30s`, `5m`, `2h`; `512B`, `16KiB`, `20MiB`, `1GiB`. */

export type Unit = 'duration' | 'size'

const DURATION_FACTORS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const SIZE_FACTORS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

// Twelve digits before the point: more cannot be a whole number of milliseconds or bytes that a double holds exactly.
export const DURATION_PATTERN = '^[0-9]{1,12}(\\.[0-9]{1,3})?(ms|s|m|h)$'
export const SIZE_PATTERN = '^[0-9]{1,12}(\\.[0-9]{1,3})?(B|KiB|MiB|GiB)$'

/** Milliseconds, or undefined when `text` is not a duration or not a whole number of milliseconds. */
export function parseDuration(text: string): number | undefined {
  return parse(text, new RegExp(DURATION_PATTERN), DURATION_FACTORS)
}

/** Bytes, or undefined when `text` is not a size or not a whole number of bytes. */
export function parseSize(text: string): number | undefined {
  return parse(text, new RegExp(SIZE_PATTERN), SIZE_FACTORS)
}

/** The shortest way to write that many milliseconds: `90s`, never `1.5m`. */
export function formatDuration(ms: number): string {
  return format(ms, DURATION_FACTORS)
}

/** The shortest way to write that many bytes. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_FACTORS)
}

export function parseUnit(unit: Unit, text: string): number | undefined {
  return unit === 'duration' ? parseDuration(text) : parseSize(text)
}

export function formatUnit(unit: Unit, value: number): string {
  return unit === 'duration' ? formatDuration(value) : formatSize(value)
}

/** What was probably meant by a value that has no unit or a decimal one: `30` → `30s`, `20MB` → `20MiB`. */
export function guessUnit(unit: Unit, value: unknown): string | undefined {
  const match = /^([0-9]{1,12})\s*([a-z]*)$/i.exec(String(value))
  if (!match) return undefined
  const [, digits, letters = ''] = match
  if (unit === 'size')
    return `${digits}${letters === '' ? 'B' : (SIZE_GUESSES[letters.toLowerCase()] ?? 'B')}`
  return `${digits}${letters === '' ? 's' : (DURATION_GUESSES[letters.toLowerCase()] ?? 's')}`
}

const SIZE_GUESSES: Readonly<Record<string, string>> = {
  ...{ k: 'KiB', kb: 'KiB', kib: 'KiB', m: 'MiB', mb: 'MiB', mib: 'MiB', g: 'GiB', gb: 'GiB', gib: 'GiB' },
}
const DURATION_GUESSES: Readonly<Record<string, string>> = {
  ...{ ms: 'ms', msec: 'ms', millis: 'ms', sec: 's', secs: 's', second: 's', seconds: 's' },
  ...{ m: 'm', min: 'm', mins: 'm', minute: 'm', minutes: 'm', h: 'h', hr: 'h', hour: 'h', hours: 'h' },
}

function parse(text: string, shape: RegExp, factors: Readonly<Record<string, number>>): number | undefined {
  if (!shape.test(text)) return undefined
  const [, digits = '', unit = ''] = /^([0-9.]+)([A-Za-z]+)$/.exec(text) ?? []
  // Rounded to a thousandth first: 1.001 * 1000 is 1000.9999999999999 as a double.
  const value = Math.round(Number(digits) * 1000 * (factors[unit] ?? Number.NaN)) / 1000
  return Number.isSafeInteger(value) ? value : undefined
}

function format(value: number, factors: Readonly<Record<string, number>>): string {
  const units = Object.entries(factors).reverse()
  const [unit, factor] = units.find(([, size]) => value !== 0 && value % size === 0) ?? zeroUnit(factors)
  return `${value / factor}${unit}`
}

function zeroUnit(factors: Readonly<Record<string, number>>): [string, number] {
  return 's' in factors ? ['s', 1000] : ['B', 1]
}
