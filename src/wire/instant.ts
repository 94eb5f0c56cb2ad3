/** Instants as people and programs write them: `2026-11-21`, `2026-11-21T15:04:05Z`, `2026-11-21T17:04+02:00`. */

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(?:Z|([+-])(\d{2}):(\d{2})))?$/i
const MINUTE_MS = 60_000

/**
 * Milliseconds since the epoch; a date alone is its midnight in UTC. Undefined for whatever the calendar does not have,
 * such as 30 February, and for a time without a zone.
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(numberOf)
  const ms = numberOf((match[7] ?? '').padEnd(3, '0'))
  const date = new Date(0)
  // Not Date.UTC: it takes the years 0 to 99 for those of the last century.
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, ms)
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  if (!isReal || date.getUTCMinutes() !== minute || date.getUTCSeconds() !== second) return undefined
  const [sign, hours, minutes] = [match[8], numberOf(match[9]), numberOf(match[10])]
  if (hours > 23 || minutes > 59) return undefined
  const offsetMs = (hours * 60 + minutes) * MINUTE_MS
  return date.getTime() - (sign === '-' ? -offsetMs : offsetMs)
}

function numberOf(digits: string | undefined): number {
  return Number(digits ?? 0)
}
