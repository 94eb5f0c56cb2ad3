/** Makes objects: all members that are asked for, and those that may be there. */

import { matches, type Pattern } from '../pattern/match.ts'
import { spend, spending } from './effort.ts'
import type { Flat } from './flatten.ts'
import { keyOf } from './json-value.ts'
import { type Maker, memberPlace, NOTHING, type Place } from './maker.ts'
import { textFor } from './pattern-text.ts'
import { type ObjectBounds, type Shape, shapesOfMember } from './shape.ts'

/** Members made up for an object whose names are not given. */
const INVENTED = 2
/** Draws for a name that does not exist yet. */
const DRAWS_MAX = 40
const NAMES: readonly string[] = ['first', 'second', 'third', 'fourth', 'fifth']
const SIBLINGS_CHARS_MAX = 500

export function makeObject(maker: Maker, flat: Flat, place: Place): Record<string, unknown> | typeof NOTHING {
  const { objects } = flat
  const required = new Set(objects.flatMap((bounds) => bounds.required ?? []))
  const listed = new Set([
    ...objects.flatMap(({ properties }) => [...(properties?.keys() ?? [])]),
    ...required,
  ])
  const least = Math.max(0, ...objects.map(({ minProperties = 0 }) => minProperties))
  const most = Math.min(
    Number.POSITIVE_INFINITY,
    ...objects.map(({ maxProperties = Number.POSITIVE_INFINITY }) => maxProperties),
  )
  if (required.size > most) return NOTHING
  const siblings = [...listed].join().slice(0, SIBLINGS_CHARS_MAX).toLowerCase()
  const entries = new Map<string, unknown>()
  let optional = Math.min(most, place.isSmall ? least : Number.POSITIVE_INFINITY) - required.size
  for (const name of listed) {
    const isRequired = required.has(name)
    if (!isRequired && optional <= 0) continue
    const value = makeMember(maker, objects, name, place, siblings)
    if (value !== NOTHING) {
      entries.set(name, value)
      if (!isRequired) optional--
    } else if (isRequired) return NOTHING
  }
  const wanted = Math.min(most, Math.max(least, place.isSmall ? 0 : inventedIn(objects, listed.size)))
  if (entries.size < wanted) invent(maker, objects, place, entries, wanted)
  return entries.size < least ? NOTHING : Object.fromEntries(entries)
}

function makeMember(
  maker: Maker,
  objects: readonly ObjectBounds[],
  name: string,
  place: Place,
  siblings: string,
): unknown {
  spend(maker.effort, 1)
  const fits = (pattern: Pattern, text: string): boolean => matches(pattern, text, spending(maker.effort))
  const names = objects.flatMap((bounds) => bounds.names ?? [])
  if (!maker.accepts(names, name)) return NOTHING
  const shapes = objects.flatMap((bounds) => shapesOfMember(bounds, name, fits))
  return maker.make(shapes, memberPlace(place, name, siblings))
}

/** How many members an object without known names should have: it is a map when its values have a shape. */
function inventedIn(objects: readonly ObjectBounds[], listed: number): number {
  const isMap = objects.some(
    ({ additional, patterns = [], names }) =>
      patterns.length > 0 ||
      names !== undefined ||
      (additional !== undefined && additional.kinds?.size !== 0 && Object.keys(additional).length > 0),
  )
  return isMap && listed === 0 ? INVENTED : 0
}

function invent(
  maker: Maker,
  objects: readonly ObjectBounds[],
  place: Place,
  entries: Map<string, unknown>,
  wanted: number,
): void {
  const taken = new Set([...entries.keys()].map(keyOf))
  for (let draw = 0; draw < DRAWS_MAX + wanted && entries.size < wanted; draw++) {
    const name = inventName(maker, objects, { ...place, taken }, draw)
    if (name === undefined || entries.has(name)) continue
    const value = makeMember(maker, objects, name, place, '')
    if (value === NOTHING) continue
    entries.set(name, value)
    taken.add(keyOf(name))
  }
}

/** Of a short list of names, one drawn again and again would leave the object without its members: none is `taken`. */
function inventName(
  maker: Maker,
  objects: readonly ObjectBounds[],
  place: Place,
  draw: number,
): string | undefined {
  const names: readonly Shape[] = objects.flatMap((bounds) => bounds.names ?? [])
  if (names.length > 0) {
    const name = maker.make([...names, { kinds: new Set(['string'] as const) }], {
      ...place,
      index: draw,
      depth: place.depth + 1,
    })
    return typeof name === 'string' ? name : undefined
  }
  const patterns = objects.flatMap((bounds) => bounds.patterns?.map(([pattern]) => pattern) ?? [])
  const pattern = patterns[draw % Math.max(1, patterns.length)]
  if (pattern !== undefined && draw % 2 === 0) {
    return textFor(pattern, { min: 0, max: 1_000 }, maker.random, maker.effort, () => true)
  }
  return maker.hints.keywords[draw]?.toLowerCase() ?? NAMES[draw] ?? `member${draw}`
}
