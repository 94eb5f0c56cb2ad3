/** Whether what was measured over time stays where it is. */

export interface Bounds {
  /** A growth below this is none, whatever it is a share of; in the unit of the values. */
  readonly floor: number
}

export interface Flatness {
  readonly isFlat: boolean
  /** Medians of the second and of the last quarter. */
  readonly before: number
  readonly after: number
  /** What the trend of the last two thirds adds from its first value to its last. */
  readonly trend: number
  /** What both may grow by. */
  readonly bound: number
}

const GROWTH_SHARE_MAX = 0.1
/** Of a robust slope each pair of values is a part: thousands of values would be millions of pairs. */
const TREND_VALUES_MAX = 300

/** The values of a warmed up process, at even distances. */
export function judgeFlatness(values: readonly number[], { floor }: Bounds): Flatness {
  const quarter = values.length / 4
  const before = median(values.slice(Math.floor(quarter), Math.floor(2 * quarter)))
  const after = median(values.slice(Math.floor(3 * quarter)))
  const trend = trendOf(values.slice(Math.floor(values.length / 3)))
  const bound = Math.max(floor, GROWTH_SHARE_MAX * before)
  return { isFlat: after - before <= bound && trend <= bound, before, after, trend, bound }
}

/** The lowest of each `size` values: what is used in bursts is given back between them, unless it leaks. */
export function lowest(values: readonly number[], size: number): number[] {
  const count = Math.floor(values.length / size)
  return Array.from({ length: count }, (_, index) =>
    Math.min(...values.slice(index * size, (index + 1) * size)),
  )
}

/** The median of all slopes between two values (Theil and Sen), over the whole length: no outlier moves it. */
function trendOf(values: readonly number[]): number {
  const step = Math.max(1, Math.ceil(values.length / TREND_VALUES_MAX))
  const some = values.filter((_, index) => index % step === 0)
  const slopes: number[] = []
  for (const [index, value] of some.entries()) {
    for (let later = index + 1; later < some.length; later++) {
      slopes.push(((some[later] as number) - value) / (later - index))
    }
  }
  return slopes.length === 0 ? 0 : median(slopes) * (some.length - 1)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  const high = sorted[Math.floor(middle)] as number
  return Number.isInteger(middle) ? ((sorted[middle - 1] as number) + high) / 2 : high
}
