/** Values that mean nothing: leaving them out is no loss. */

/** Of an enum, as Google names its first value. */
const UNSPECIFIED = /^(?:[A-Z_]{1,40}_UNSPECIFIED|unspecified|UNSPECIFIED)$/

/**
 * Whether a value of a request's field says no more than that the field is not there: unset, empty, false, an enum's
 * unspecified value, or a list or message of nothing but such.
 */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  if (typeof value === 'string') return UNSPECIFIED.test(value)
  if (typeof value !== 'object') return false
  return Object.values(value).every(isNothing)
}

/** Whether there is nothing in it; of a client's own data every member counts, whatever its value. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
