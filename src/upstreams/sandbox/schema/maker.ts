/** What the makers of values share. */
import type { Random } from '../digest.ts'
import { phraseOf, type Subject } from './content.ts'
import type { Effort } from './effort.ts'
import type { Hints } from './hints.ts'
import type { Row } from './known-rows.ts'
import type { Facts } from './prompt-facts.ts'
import type { Ref, Shape } from './shape.ts'

/** No value was found. */
export const NOTHING: unique symbol = Symbol('no value')

export interface Maker {
  readonly hints: Hints
  readonly facts: Facts
  readonly random: Random
  readonly effort: Effort
  readonly rows: readonly Row[]
  /** Values made so far. */
  count: number
  /** Makes a value that meets all of the shapes, or `NOTHING`. */
  make(shapes: readonly Shape[], place: Place): unknown
  /** Whether a value meets all of the shapes. */
  accepts(shapes: readonly Shape[], value: unknown): boolean
}

/** Where a value stands. */
export interface Place {
  /** The property's name as a phrase; of a list's items, the list's. */
  readonly phrase: string
  readonly owner: string
  readonly siblings: string
  readonly index: number
  readonly record: number
  readonly depth: number
  /** How often each reference was followed on the way here. */
  readonly followed: ReadonlyMap<Ref, number>
  /** References that were counted for this value already. */
  readonly here: ReadonlySet<Ref>
  /** Lists around it. */
  readonly lists: number
  /** Only what must be is made, because the schema is recursive. */
  readonly isSmall: boolean
  /** Values that it must not be, by their keys. */
  readonly taken: ReadonlySet<string> | undefined
}

const NONE: ReadonlySet<Ref> = new Set()

/** Records from which members are drawn that fit one another. */
const RECORDS = 1_000

export function rootPlace(random: Random): Place {
  return {
    ...{ phrase: '', owner: '', siblings: '', index: 0, depth: 0 },
    record: random.below(RECORDS),
    followed: new Map(),
    here: NONE,
    lists: 0,
    isSmall: false,
    taken: undefined,
  }
}

export function memberPlace(place: Place, name: string, siblings: string): Place {
  return {
    ...place,
    phrase: phraseOf(name),
    owner: place.phrase,
    siblings,
    depth: place.depth + 1,
    here: NONE,
    taken: undefined,
  }
}

export function itemPlace(place: Place, index: number, taken: ReadonlySet<string> | undefined): Place {
  return { ...place, index, depth: place.depth + 1, lists: place.lists + 1, here: NONE, taken }
}

export function subjectAt(maker: Maker, place: Place, description: string): Subject {
  const { hints, facts, random } = maker
  const { phrase, owner, siblings, index, record } = place
  return { hints, facts, random, phrase, owner, siblings, description, index, record }
}

/** What a table knows about this property of the row that the place is in. */
export function known({ rows }: Maker, { phrase, index, record }: Place): Row[number][1] | undefined {
  const row = rows.length > 0 ? rows[index < rows.length ? index : record % rows.length] : undefined
  return phrase === '' ? undefined : row?.find(([pattern]) => pattern.test(phrase))?.[1]
}
