/** Amounts that may be wrong, and sums that may pass what a double holds. */

/** A count or an amount that a row may hold. */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Exact; what is no integer counts for nothing here, because L6 tells it. */
export function exact(value: number): bigint {
  return Number.isSafeInteger(value) ? BigInt(value) : 0n
}
