/** The grammar of a JSON number, one byte after the other. */

/** Where a number may go on; the names say what was read last. */
export const N = {
  minus: 0,
  zero: 1,
  integer: 2,
  point: 3,
  fraction: 4,
  exponent: 5,
  sign: 6,
  power: 7,
} as const
export const NUMBER_MAY_END = [false, true, true, false, true, false, false, true]

/** The next state of a number after `byte`, or -1 when the number ends before it. */
export function nextNumberState(state: number, byte: number): number {
  const isDigit = byte >= 0x30 && byte <= 0x39
  switch (state) {
    case N.minus:
      return isDigit ? (byte === 0x30 ? N.zero : N.integer) : -1
    case N.zero:
    case N.integer:
      if (isDigit && state === N.integer) return N.integer
      if (byte === 0x2e) return N.point
      return byte === 0x65 || byte === 0x45 ? N.exponent : -1
    case N.point:
      return isDigit ? N.fraction : -1
    case N.fraction:
      if (isDigit) return N.fraction
      return byte === 0x65 || byte === 0x45 ? N.exponent : -1
    case N.exponent:
      if (byte === 0x2b || byte === 0x2d) return N.sign
      return isDigit ? N.power : -1
    default:
      return isDigit ? N.power : -1
  }
}

/** A byte that may not follow a number directly: `01`, `1.2.3`, `1x`. */
export function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === 0x2d
}
