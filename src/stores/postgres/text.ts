/**
 * PostgreSQL keeps no U+0000 and no half of a surrogate pair. The first is written in another way and comes back as it
 * went; the second becomes U+FFFD, as in every text that is UTF-8.
 */

/** Takes the place of U+0000, and marks itself: no text that people write has it. */
const ESCAPE = '\u0001'
const ESCAPED = /[\0\u0001]/g
const ESCAPE_PAIR = /\u0001([01])/g

export function toText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  if (!wellFormed.includes('\0') && !wellFormed.includes(ESCAPE)) return wellFormed
  return wellFormed.replace(ESCAPED, (character) => (character === '\0' ? `${ESCAPE}0` : `${ESCAPE}1`))
}

export function fromText(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text.replace(ESCAPE_PAIR, (_, digit) => (digit === '0' ? '\0' : ESCAPE))
}

export function toOptionalText(text: string | undefined): string | null {
  return text === undefined ? null : toText(text)
}

export function fromOptionalText(text: string | null): string | undefined {
  return text === null ? undefined : fromText(text)
}
