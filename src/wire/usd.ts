/** Dollars as exact decimals of nano-USD; no double ever holds an amount. */

const NANO_DIGITS = 9
const DECIMAL = /^(\d{1,10})(?:\.(\d{1,9}))?$/

/** `0.0001375`: without trailing zeros, and without an exponent. */
export function formatUsd(nanoUsd: number | bigint): string {
  const sign = nanoUsd < 0 ? '-' : ''
  const digits = String(nanoUsd)
    .replace('-', '')
    .padStart(NANO_DIGITS + 1, '0')
  const whole = digits.slice(0, -NANO_DIGITS)
  const rest = digits.slice(-NANO_DIGITS).replace(/0+$/, '')
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}

/** A plain decimal such as `5` or `0.25`, with 9 decimals at most; undefined when the text is anything else. */
export function parseUsd(text: string): bigint | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, whole = '', rest = ''] = match
  return BigInt(whole + rest.padEnd(NANO_DIGITS, '0'))
}
