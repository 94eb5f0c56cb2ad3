/** Makes lists: of as many items as the prompt asks for, or two or three. */

import { numberOf } from '../text/prompt.ts'
import { tooManyStates } from './effort.ts'
import type { Flat } from './flatten.ts'
import { keyOf } from './json-value.ts'
import { itemPlace, known, type Maker, NOTHING, type Place } from './maker.ts'
import type { ArrayBounds, Shape } from './shape.ts'

/** Longer lists are too many states. */
const ITEMS_MAX = 5_000
/** More than this is made only when the schema asks for it, not when the prompt does. */
const ITEMS_ASKED_MAX = 50
/** Tries to make an item that is not yet there. */
const DRAWS_MAX = 8

const COUNT =
  /\b(?:list|name|give(?: me)?|show|write|create|generate|suggest|return|extract|top|exactly|of|with)(?: (?:me|the|a list of|at least|top|exactly|only|just))? (\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\b ?([\p{L}]{0,30})/iu

export function makeArray(maker: Maker, flat: Flat, place: Place): unknown[] | typeof NOTHING {
  const { arrays } = flat
  const least = Math.max(0, ...arrays.map(leastOf))
  const most = Math.min(
    ...arrays.map(({ maxItems = Number.POSITIVE_INFINITY }) => maxItems),
    Number.POSITIVE_INFINITY,
  )
  if (least > ITEMS_MAX) throw tooManyStates()
  if (least > most) return NOTHING
  const wanted = countOf(maker, flat, place, least, most)
  const isUnique = arrays.some(({ unique }) => unique)
  const items: unknown[] = []
  const taken = new Set<string>()
  for (let index = 0; index < wanted; index++) {
    const item = makeItem(maker, arrays, place, index, isUnique ? taken : undefined)
    // An optional item that cannot be made ends the list.
    if (item === NOTHING) return items.length >= least ? items : NOTHING
    if (isUnique) taken.add(keyOf(item))
    items.push(item)
  }
  return items
}

function leastOf({ minItems = 0, contains }: ArrayBounds): number {
  return Math.max(minItems, contains === undefined ? 0 : contains.min)
}

function countOf(maker: Maker, { arrays }: Flat, place: Place, least: number, most: number): number {
  if (place.isSmall) return least
  const fact = known(maker, place)
  const prefix = Math.max(0, ...arrays.map(({ prefix: shapes }) => shapes?.length ?? 0))
  const hasItems = arrays.some(({ items }) => items !== undefined)
  const inside = (count: number): number => Math.min(most, Math.max(least, count))
  if (prefix > 0) return inside(hasItems ? prefix : Math.max(prefix, least))
  if (Array.isArray(fact)) return inside(fact.length)
  const asked = askedFor(maker, place)
  if (asked !== undefined && asked >= least && asked <= most) return asked
  return inside(2 + maker.random.below(2))
}

/** The number in `list 3 planets`: of the outer list, unless another one is called by what it counts. */
function askedFor({ facts }: Maker, { lists, siblings, phrase }: Place): number | undefined {
  const noun = COUNT.exec(facts.text)?.[2]?.toLowerCase() ?? ''
  const isAnother = noun.length > 2 && siblings.includes(noun) && !phrase.includes(noun)
  return lists > 0 || isAnother ? undefined : askedCount(facts.text)
}

/** How many things the prompt asks for. */
export function askedCount(prompt: string): number | undefined {
  const word = COUNT.exec(prompt)?.[1]
  const count = word === undefined ? 0 : numberOf(word)
  return count > 0 && count <= ITEMS_ASKED_MAX ? count : undefined
}

function makeItem(
  maker: Maker,
  arrays: readonly ArrayBounds[],
  place: Place,
  index: number,
  taken: ReadonlySet<string> | undefined,
): unknown {
  const shapes = arrays.flatMap((bounds) => shapesOfItem(bounds, index))
  const inside = itemPlace(place, index, taken)
  const fact = known(maker, place)
  const narrowed = Array.isArray(fact) && index < fact.length ? { values: [fact[index]] } : undefined
  for (const attempt of [
    ...(narrowed ? [[...shapes, narrowed]] : []),
    ...Array(taken ? DRAWS_MAX : 1).fill(shapes),
  ]) {
    const item = maker.make(attempt as readonly Shape[], inside)
    if (item === NOTHING && attempt === shapes) return NOTHING
    if (item !== NOTHING && !taken?.has(keyOf(item))) return item
  }
  return NOTHING
}

function shapesOfItem({ prefix = [], items, contains }: ArrayBounds, index: number): Shape[] {
  const shapes: Shape[] = []
  const own = index < prefix.length ? prefix[index] : items
  if (own) shapes.push(own)
  // What must be contained comes behind a tuple's places, or first.
  const from = contains === undefined ? 0 : Math.min(prefix.length, Number.MAX_SAFE_INTEGER)
  if (contains && index >= from && index < from + contains.min) shapes.push(contains.shape)
  return shapes
}
