/** Makes a value that a schema asks for: a person finds it sensible, and it always validates. */
import type { Random } from '../digest.ts'
import { createEffort, spend, tooManyStates, unsatisfiable } from './effort.ts'
import { heightOf } from './endings.ts'
import { type Flat, flatten } from './flatten.ts'
import type { Hints } from './hints.ts'
import { keyOf, kindOf } from './json-value.ts'
import { rowsAbout } from './known-rows.ts'
import { makeArray } from './make-array.ts'
import { pickValue, preferred } from './make-choice.ts'
import { makeNumber } from './make-number.ts'
import { makeObject } from './make-object.ts'
import { makeString } from './make-string.ts'
import { type Maker, NOTHING, type Place, rootPlace } from './maker.ts'
import { factsOf } from './prompt-facts.ts'
import type { Kind, Shape } from './shape.ts'
import { isValid } from './validate.ts'

export type { Hints } from './hints.ts'

/** Values inside one another. */
const DEPTH_MAX = 64
/** How often a reference is followed before only what must be is made. */
const FOLLOWED_MAX = 3
/** Values after which a recursive schema gets no more than it must. */
const RECURSIVE_VALUES_MAX = 60
const VALUES_MAX = 2_000
/** More values are too many states. */
const VALUES_HARD_MAX = 10_000
/** Draws where only a look at the value can tell that it is good. */
const DRAWS_MAX = 6
const ROOT_DRAWS_MAX = 3

/** Throws `invalid_argument` when there is no such value, or none can be found at a reasonable cost. */
export function makeValue(shape: Shape, hints: Hints, random: Random): unknown {
  const maker: Maker = {
    hints,
    facts: factsOf(hints.prompt),
    random,
    effort: createEffort(),
    rows: rowsAbout(hints.prompt),
    count: 0,
    make: (shapes, place) => make(maker, shapes, place, new Set()),
    accepts: (shapes, value) => accepts(maker, shapes, value),
  }
  for (let draw = 0; draw < ROOT_DRAWS_MAX; draw++) {
    const value = maker.make([shape], rootPlace(random))
    if (value !== NOTHING && isValid(shape, value, maker.effort)) return value
  }
  throw unsatisfiable()
}

function accepts(maker: Maker, shapes: readonly Shape[], value: unknown): boolean {
  return shapes.every((shape) => isValid(shape, value, maker.effort))
}

function make(
  maker: Maker,
  shapes: readonly Shape[],
  place: Place,
  decided: ReadonlySet<readonly Shape[]>,
): unknown {
  spend(maker.effort, 1)
  if (place.depth > DEPTH_MAX) return NOTHING
  const flat = flatten(shapes, decided, maker.effort)
  const inside = arrive(maker, flat, place)
  if (flat.kinds?.size === 0 || flat.values?.length === 0) return NOTHING
  const [choice] = flat.choices
  if (choice !== undefined) return makeBranch(maker, shapes, choice, inside, decided)
  for (let draw = 0; draw < (flat.needsCheck ? DRAWS_MAX : 1); draw++) {
    const value = makePlain(maker, shapes, flat, inside)
    if (value === NOTHING || !flat.needsCheck || accepts(maker, shapes, value)) return value
  }
  return flat.needsCheck ? makeUnlike(maker, shapes, flat, inside) : NOTHING
}

/** Counts the references on the way, and notices that it is time to come to an end. */
function arrive(maker: Maker, { refs }: Flat, place: Place): Place {
  if (++maker.count > VALUES_HARD_MAX) throw tooManyStates()
  const fresh = refs.filter((ref) => !place.here.has(ref))
  const followed = new Map(place.followed)
  for (const ref of fresh) followed.set(ref, 1 + (followed.get(ref) ?? 0))
  const most = Math.max(0, ...fresh.map((ref) => followed.get(ref)!))
  const isSmall =
    place.isSmall ||
    most >= FOLLOWED_MAX ||
    (most > 1 && maker.count > RECURSIVE_VALUES_MAX) ||
    maker.count > VALUES_MAX
  if (fresh.length === 0) return isSmall === place.isSmall ? place : { ...place, isSmall }
  return { ...place, followed, here: new Set([...place.here, ...fresh]), isSmall }
}

function makeBranch(
  maker: Maker,
  shapes: readonly Shape[],
  choice: readonly Shape[],
  place: Place,
  decided: ReadonlySet<readonly Shape[]>,
): unknown {
  const settled = new Set(decided).add(choice)
  const branches = place.isSmall
    ? choice.toSorted((a, b) => compare(heightOf(a), heightOf(b)))
    : preferred(maker, choice, place)
  for (const branch of branches) {
    spend(maker.effort, 1)
    const value = make(maker, [...shapes, branch], place, settled)
    if (value !== NOTHING && accepts(maker, shapes, value)) return value
  }
  return NOTHING
}

/** Infinite ones are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function makePlain(maker: Maker, shapes: readonly Shape[], flat: Flat, place: Place): unknown {
  if (flat.values !== undefined) return pickValue(maker, shapes, flat.values, place)
  for (const kind of kindsInOrder(flat, place)) {
    const value = makeKind(maker, kind, flat, place)
    if (value !== NOTHING) return value
  }
  return NOTHING
}

/** Null is what remains when nothing else can be. Of what is left open, the schema's own words give a sign. */
function kindsInOrder(flat: Flat, place: Place): readonly Kind[] {
  const signs: Kind[] = []
  if (flat.objects.length > 0) signs.push('object')
  if (flat.arrays.length > 0) signs.push('array')
  if (hasNumberBounds(flat)) signs.push('number')
  const all: readonly Kind[] = [...signs, 'string', 'number', 'boolean', 'object', 'array', 'null']
  const allowed = all.filter((kind) => flat.kinds === undefined || flat.kinds.has(kind))
  const kinds = [...new Set(allowed)]
  const isCompound = (kind: Kind): boolean => kind === 'object' || kind === 'array'
  if (!place.isSmall) return kinds
  return [...kinds.filter((kind) => !isCompound(kind)).reverse(), ...kinds.filter(isCompound)]
}

function hasNumberBounds({ minimum, maximum, above, below, multiples }: Flat): boolean {
  return [minimum, maximum, above, below].some(Number.isFinite) || multiples.length > 0
}

function makeKind(maker: Maker, kind: Kind, flat: Flat, place: Place): unknown {
  switch (kind) {
    case 'string':
      return makeString(maker, flat, place)
    case 'number':
      return makeNumber(maker, flat, place)
    case 'array':
      return makeArray(maker, flat, place)
    case 'object':
      return makeObject(maker, flat, place)
    case 'boolean':
      return pickValue(maker, [], [true, false], place)
    case 'null':
      return place.taken?.has('null') ? NOTHING : null
  }
}

/** After draws that were all refused: other kinds, and then values that differ from those that were refused. */
function makeUnlike(maker: Maker, shapes: readonly Shape[], flat: Flat, place: Place): unknown {
  const refused = new Set(place.taken)
  for (const kind of kindsInOrder(flat, place)) {
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const value = makeKind(maker, kind, flat, { ...place, taken: refused })
      if (value === NOTHING || flat.values !== undefined) break
      if (accepts(maker, shapes, value)) return value
      if (kindOf(value) !== 'object' && kindOf(value) !== 'array') refused.add(keyOf(value))
    }
  }
  return NOTHING
}
