/** Drawn signs that mean nothing: digits, hexadecimal digits, ids. */
import type { Random } from '../digest.ts'

export function digits(count: number, random: Random): string {
  return Array.from({ length: count }, () => random.below(10)).join('')
}

export function hexadecimal(count: number, random: Random): string {
  return Array.from({ length: count }, () => random.below(16).toString(16)).join('')
}

export function uuidOf(random: Random): string {
  const hex = (count: number): string => hexadecimal(count, random)
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`
}
