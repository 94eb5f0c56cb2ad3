/** What one program is for: the program, and how its result is told. */
export interface Plan {
  /** Python. It ends by printing its result. */
  readonly code: string
  /** Begins a sentence that the result ends, such as `The factorial of 10`; undefined when the output speaks alone. */
  readonly subject: string | undefined
}

/** Looks for its own kind of question in a prompt. */
export type Recipe = (prompt: string) => Plan | undefined

/** A Python program out of its lines. */
export function program(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

/** A string as Python writes it: JSON's escapes are Python's as well. */
export function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed())
}

/** At most this many digits are a number here: `10`, `1,000`, `-2.5`. */
export const NUMBER = '-?\\d{1,3}(?:,\\d{3}){1,4}(?:\\.\\d{1,9})?|-?\\d{1,15}(?:\\.\\d{1,9})?'
const NUMBERS = new RegExp(`(?<![\\w.])(?:${NUMBER})(?![\\w])`, 'g')
export const NUMBERS_MAX = 500

/** As Python writes it: without thousands separators and leading zeros. */
export function literal(number: string): string {
  return number.replaceAll(',', '').replace(/^(-?)0+(?=\d)/, '$1')
}

/** The numbers in a text, as Python writes them. `1, 2` are two of them, `1,000` is one. */
export function numbersIn(text: string): string[] {
  const found: string[] = []
  for (const [number] of text.matchAll(NUMBERS)) {
    found.push(literal(number))
    if (found.length === NUMBERS_MAX) break
  }
  return found
}

const NUMBER_WORDS: ReadonlyMap<string, string> = new Map(
  ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'].map(
    (word, index) => [word, String(index + 1)],
  ),
)

/** For patterns: a whole number in digits or, up to twelve, as a word. */
export const COUNT = `\\d{1,3}(?:,\\d{3}){1,2}|\\d{1,9}|${[...NUMBER_WORDS.keys()].join('|')}`

export function countOf(text: string): string {
  return NUMBER_WORDS.get(text.toLowerCase()) ?? literal(text)
}
