/** Numbers and nouns as a sentence needs them, the same in every locale. */

/** Lengths from here on are told in minutes. */
const MINUTES_FROM_SECONDS = 120

/** `1 page`, `3 pages`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `0.25 seconds`, `2.5 seconds`, `12 minutes 4 seconds`. */
export function lengthText(seconds: number): string {
  if (seconds < MINUTES_FROM_SECONDS) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} seconds`
  const whole = Math.round(seconds)
  const rest = whole % 60
  return `${Math.floor(whole / 60)} minutes${rest > 0 ? ` ${plural(rest, 'second')}` : ''}`
}

/** Formats whose letters are said one by one, or that begin with a vowel. */
const WITH_AN = /^(?:[AEIO]|MP|M4A|FLV|8)/i

/** With its article: `a PNG`, `an MP4`. */
export function article(word: string): string {
  return `${WITH_AN.test(word) ? 'an' : 'a'} ${word}`
}
