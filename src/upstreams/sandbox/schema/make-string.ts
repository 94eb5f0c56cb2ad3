/** Makes texts: what the property's name asks for, of the right length, format and pattern. */

import { matches } from '../pattern/match.ts'
import { textAbout } from './content.ts'
import { spend, spending, tooManyStates } from './effort.ts'
import type { Flat } from './flatten.ts'
import { textsOfFormat } from './format-texts.ts'
import { hasFormat } from './formats.ts'
import { lengthOf } from './json-value.ts'
import { known, type Maker, NOTHING, type Place, subjectAt } from './maker.ts'
import { textFor } from './pattern-text.ts'

/** Longer texts are too many states. */
const LENGTH_MAX = 100_000
/** Numbered variants of a text, where it must differ from others. */
const VARIANTS_MAX = 30
const PADDING = ' and so on, in plain words and in short sentences'

export function makeString(maker: Maker, flat: Flat, place: Place): string | typeof NOTHING {
  if (flat.minLength > LENGTH_MAX) throw tooManyStates()
  if (flat.minLength > flat.maxLength) return NOTHING
  spend(maker.effort, Math.ceil(flat.minLength / 16))
  for (const text of candidates(maker, flat, place)) {
    spend(maker.effort, 1)
    if (isFree(place, text) && fits(maker, flat, text)) return text
  }
  const [pattern] = flat.patterns
  if (pattern === undefined) return NOTHING
  const length = { min: flat.minLength, max: flat.maxLength }
  const good = (text: string): boolean => isFree(place, text) && fits(maker, flat, text)
  return textFor(pattern, length, maker.random, maker.effort, good) ?? NOTHING
}

function isFree({ taken }: Place, text: string): boolean {
  return taken === undefined || !taken.has(JSON.stringify(text))
}

function fits({ effort }: Maker, flat: Flat, text: string): boolean {
  const length = lengthOf(text)
  return (
    length >= flat.minLength &&
    length <= flat.maxLength &&
    flat.formats.every((format) => hasFormat(format, text)) &&
    flat.patterns.every((pattern) => matches(pattern, text, spending(effort)))
  )
}

function* candidates(maker: Maker, flat: Flat, place: Place): Generator<string> {
  const subject = subjectAt(maker, place, flat.description)
  const fact = known(maker, place)
  if (typeof fact === 'string') yield fitted(fact, flat)
  for (const format of flat.formats) yield* textsOfFormat(format, subject, flat.minLength)
  const text = fact === undefined || typeof fact === 'string' ? textAbout(subject) : String(fact)
  const plain = text.toWellFormed()
  yield fitted(plain, flat)
  if (place.taken === undefined) return
  for (let number = 2; number < VARIANTS_MAX; number++) {
    yield fitted(`${plain} ${number}`, flat)
    yield fitted(`${number}`, flat)
  }
  // What is very short is soon used up.
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  for (const first of letters) yield fitted(first + letters[maker.random.below(letters.length)], flat)
}

/** Cut or made longer to the length that is asked for. */
function fitted(text: string, { minLength, maxLength }: Flat): string {
  const length = lengthOf(text)
  if (length > maxLength) {
    const cut = [...text].slice(0, maxLength).join('')
    return cut.trimEnd().length >= minLength ? cut.trimEnd() : cut
  }
  if (length >= minLength) return text
  const missing = minLength - length
  const padded = text + PADDING.repeat(Math.ceil(missing / PADDING.length)).slice(0, missing)
  return padded.endsWith(' ') ? `${padded.slice(0, -1)}.` : padded
}
