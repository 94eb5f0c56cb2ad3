import { randomInt } from 'node:crypto'

const LENGTH = 10
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Ten lower-case letters and digits, about 51 random bits: a name for what an operator makes, never a secret. */
export function shortId(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
