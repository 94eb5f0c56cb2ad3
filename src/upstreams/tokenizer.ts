/**
 * A tokenizer: not Google's, but documented, deterministic, linear, and near it for ordinary text
 * (about 1.2 tokens per English word).
 *
 * A token is a run of at most 8 blanks followed by exactly one of:
 * - up to 6 letters of an alphabet (with their combining marks),
 * - up to 3 decimal digits,
 * - one code point of a script written without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese),
 * - one other code point (punctuation, a symbol, an emoji, a control character).
 * Eight blanks in a row, and blanks at the very end, are a token of their own. The tokens of a text, joined, are the
 * text; no token ends inside a surrogate pair.
 */

const BLANKS_MAX = 8
const LETTERS_MAX = 6
const DIGITS_MAX = 3

const BLANK = 0
const LETTER = 1
const DIGIT = 2
const SINGLE = 3

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/\s/.test(character)) return BLANK
  if (/[A-Za-z]/.test(character)) return LETTER
  return /\d/.test(character) ? DIGIT : SINGLE
})

/**
 * Half-open ranges of UTF-16 units beyond ASCII that are letters of an alphabet. Fixed here rather than taken from
 * the runtime's Unicode tables, so that a new Node does not change a count.
 */
const LETTER_RANGES: readonly (readonly [number, number])[] = [
  [0x00aa, 0x00ab],
  [0x00b5, 0x00b6],
  [0x00ba, 0x00bb],
  [0x00c0, 0x00d7],
  [0x00d8, 0x00f7],
  [0x00f8, 0x0e00],
  [0x0f00, 0x1000],
  [0x10a0, 0x1100],
  [0x1200, 0x1780],
  [0x1800, 0x2000],
  [0x2c00, 0x2e00],
  [0xa640, 0xa6a0],
  [0xfb00, 0xfb50],
  [0xfb50, 0xfe00],
  [0xfe70, 0xff00],
]

function classOf(code: number): number {
  if (code < 128) return ASCII[code]!
  if (code === 0xa0 || code === 0x3000 || code === 0x202f || (code >= 0x2000 && code <= 0x200a)) return BLANK
  for (const [from, to] of LETTER_RANGES) {
    if (code < from) return SINGLE
    if (code < to) return LETTER
  }
  return SINGLE
}

/** Where the token that begins at `start` ends. `start` must be smaller than the text's length. */
export function tokenEnd(text: string, start: number): number {
  let index = start
  while (index < text.length && index - start < BLANKS_MAX && classOf(text.charCodeAt(index)) === BLANK)
    index++
  if (index === text.length || index - start === BLANKS_MAX) return index
  const first = classOf(text.charCodeAt(index))
  if (first === SINGLE) return index + (isPair(text, index) ? 2 : 1)
  const end = Math.min(text.length, index + (first === LETTER ? LETTERS_MAX : DIGITS_MAX))
  while (index < end && classOf(text.charCodeAt(index)) === first) index++
  return index
}

function isPair(text: string, index: number): boolean {
  return text.codePointAt(index)! > 0xffff
}

export function countTokens(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; count++) index = tokenEnd(text, index)
  return count
}

/** The ends of the first `max` tokens: `ends[n - 1]` cuts the text after n tokens. */
export function tokenEnds(text: string, max: number): number[] {
  const ends: number[] = []
  for (let index = 0; index < text.length && ends.length < max; ) {
    index = tokenEnd(text, index)
    ends.push(index)
  }
  return ends
}
