/** One wish for several things: `the weather in Paris and London` is the same call twice, each with one place. */
import type { Parameter } from './functions.ts'

/** Things of one list that are called for. */
const ITEMS_MAX = 8

const NAME = String.raw`\p{Lu}[\p{L}\p{M}’'-]{0,40}(?: \p{Lu}[\p{L}\p{M}’'-]{0,40}){0,3}(?:, [A-Z]{2}\b)?`
const ITEM = `(?:"[^"]{1,80}"|${NAME})`
/** `in Oslo and in Paris` is the same list as `in Oslo and Paris`. */
const NAMES = new RegExp(`(${ITEM}(?:, ${ITEM}){0,6}),? (?:and|&) (?:(?:in|near|at|for|of) )?(${ITEM})`, 'u')
const ITEMS = new RegExp(ITEM, 'gu')
/** Written without capitals, only what follows such a word is surely a list of places. */
const PLACES =
  /(?<= (?:in|near) )(\p{L}{3,30}(?:, \p{L}{3,30}){0,6}),? (?:and|&) (?:(?:in|near) )?(\p{L}{3,30})(?=[ ,.?!]|$)/u
const NO_PLACE =
  /^(?:the|that|then|tell|what|celsius|fahrenheit|one|two|general|detail|particular|give|show|also)$/i
/** These tie the things together. */
const TOGETHER = /\b(?:with|between|from|both|compare)\s+$/i

/** The text once for each thing in its list; the text alone when the call takes the whole list, or there is none. */
export function variantsOf(text: string, parameters: readonly Parameter[]): readonly string[] {
  if (parameters.some(({ types }) => types.includes('array')) || !hasOneSubject(parameters)) return [text]
  const names = NAMES.exec(text)
  const found = names ?? PLACES.exec(text)
  if (found === null || TOGETHER.test(text.slice(0, found.index))) return [text]
  const list = found[1]!
  const items = names === null ? list.split(', ') : (list.match(ITEMS) ?? [])
  const all = [...items, found[2]!].slice(0, ITEMS_MAX)
  if (names === null && all.some((item) => NO_PLACE.test(item))) return [text]
  // A sentence begins with a capital that names nothing: `Compare Paris and London`.
  if (found.index === 0) all[0] = all[0]!.replace(/^[^ "]+ (?=\p{Lu})/u, '')
  const before = text.slice(0, found.index)
  const after = text.slice(found.index + found[0].length)
  return [...new Set(all)].map((item) => before + item + after)
}

/** One text that must be told, such as a place; a call with two of them (from and to) is about both at once. */
function hasOneSubject(parameters: readonly Parameter[]): boolean {
  const texts = parameters.filter(({ types, hasChoices }) => types.includes('string') && !hasChoices)
  const required = texts.filter(({ isRequired }) => isRequired)
  return required.length === 1 || (required.length === 0 && texts.length === 1)
}
