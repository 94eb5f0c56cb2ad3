/** The few statistics of the benchmark. */

/** The value below which the share `share` of the values lies, by linear interpolation; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((left, right) => left - right)
  const position = (sorted.length - 1) * share
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low
  return low + (high - low) * (position - below)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Value by value, the same round of both: what slows the machine slows both. */
export function pairedRatios(values: readonly number[], base: readonly number[]): readonly number[] {
  return paired(values, base, (value, other) => value / other)
}

/** The same as differences. */
export function pairedDifferences(values: readonly number[], base: readonly number[]): readonly number[] {
  return paired(values, base, (value, other) => value - other)
}

function paired(
  values: readonly number[],
  base: readonly number[],
  compare: (value: number, other: number) => number,
): readonly number[] {
  const count = Math.min(values.length, base.length)
  return Array.from({ length: count }, (_, index) =>
    compare(values[index] ?? Number.NaN, base[index] ?? Number.NaN),
  )
}
