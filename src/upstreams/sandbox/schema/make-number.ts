/** Makes numbers within bounds. */
import { spend } from './effort.ts'
import type { Flat } from './flatten.ts'
import { known, type Maker, NOTHING, type Place, subjectAt } from './maker.ts'
import { numbersAbout } from './quantities.ts'
import { isMultiple } from './validate.ts'

/** Multiples in a row that are tried. */
const STEPS_MAX = 2_000

export function makeNumber(maker: Maker, flat: Flat, place: Place): number | typeof NOTHING {
  for (const number of candidates(maker, flat, place)) {
    spend(maker.effort, 1)
    if (!place.taken?.has(JSON.stringify(number)) && fits(flat, number)) return number
  }
  return NOTHING
}

function fits(flat: Flat, number: number): boolean {
  return (
    Number.isFinite(number) &&
    number >= flat.minimum &&
    number <= flat.maximum &&
    number > flat.above &&
    number < flat.below &&
    (!flat.whole || Number.isInteger(number)) &&
    flat.multiples.every((unit) => isMultiple(number, unit))
  )
}

function* candidates(maker: Maker, flat: Flat, place: Place): Generator<number> {
  const fact = known(maker, place)
  if (typeof fact === 'number') yield fact
  if (SHARE.test(place.phrase)) yield* upperPart(flat, maker)
  for (const number of numbersAbout(subjectAt(maker, place, ''), flat.whole)) {
    yield number
    yield* snapped(flat, number)
  }
  const low = Math.max(flat.minimum, flat.above)
  const high = Math.min(flat.maximum, flat.below)
  yield* between(flat, maker, low, high)
  // What is taken is passed by counting on from the lower end.
  const unit = unitOf(flat)
  const start = Number.isFinite(low) ? low : Number.isFinite(high) ? high - STEPS_MAX * unit : 0
  for (let step = 0; step < STEPS_MAX; step++) yield clean(Math.ceil(start / unit) * unit + step * unit)
}

/** The smallest step that can meet the multiples; one of them alone is tried when there are several. */
function unitOf(flat: Flat): number {
  const largest = Math.max(0, ...flat.multiples)
  if (largest > 0) return flat.whole && largest < 1 ? 1 : largest
  return flat.whole || flat.maximum - flat.minimum > 1 ? 1 : (flat.maximum - flat.minimum) / STEPS_MAX || 1
}

/** What is measured on a scale from its lower to its upper bound. */
const SHARE = /\b(?:rating|stars?|score|grade|confidence|probability|percent|percentage|relevance|progress)\b/

function* upperPart(flat: Flat, { random }: Maker): Generator<number> {
  const [low, high] = [Math.max(flat.minimum, flat.above), Math.min(flat.maximum, flat.below)]
  if (!Number.isFinite(low) || !Number.isFinite(high)) return
  const number = low + (high - low) * (0.6 + random.below(36) / 100)
  yield flat.whole ? Math.round(number) : clean(Number(number.toPrecision(3)))
}

function* snapped({ multiples }: Flat, number: number): Generator<number> {
  for (const unit of multiples) yield clean(Math.round(number / unit) * unit)
}

function* between(flat: Flat, { random }: Maker, low: number, high: number): Generator<number> {
  const unit = unitOf(flat)
  if (Number.isFinite(low)) {
    if (high - low <= 1 && !flat.whole)
      yield Number((low + (high - low) * (0.2 + random.below(60) / 100)).toPrecision(3))
    const width = Math.min(100, Math.max(0, Math.floor((high - low) / unit)))
    const drawn = clean(Math.ceil(low / unit) * unit + random.below(width + 1) * unit)
    yield drawn
    yield* [low, clean(Math.ceil(low / unit) * unit), Math.floor(low) + 1, clean(low + unit)]
  }
  if (Number.isFinite(high)) {
    yield* [high, clean(Math.floor(high / unit) * unit), Math.ceil(high) - 1, clean(high - unit)]
  }
  if (Number.isFinite(low) && Number.isFinite(high)) {
    yield clean(low + (high - low) / 2)
    yield low + (high - low) / 2
    return
  }
  yield 0
  // Beyond a bound that is so large that adding one changes nothing.
  yield low + Math.abs(low) / 1_000
  yield high - Math.abs(high) / 1_000
}

/** Without the dust of binary fractions; a multiple of 0.1 prints as 0.3 and not as 0.30000000000000004. */
function clean(number: number): number {
  return Number.isInteger(number) ? number : Number(number.toPrecision(12))
}
