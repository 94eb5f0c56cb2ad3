/** Chooses: one of the listed values, and the order in which alternatives are tried. */
import { phraseOf } from './content.ts'
import { spend } from './effort.ts'
import { keyOf } from './json-value.ts'
import { classesOf } from './known-rows.ts'
import { known, type Maker, NOTHING, type Place } from './maker.ts'
import { isDenied, isMentioned } from './prompt-facts.ts'
import type { Shape } from './shape.ts'

/** Listed values that are looked for in the prompt. */
const LOOKED_FOR_MAX = 500

/** One of the values that meets the shapes: what the prompt is about, what it mentions, or any. */
export function pickValue(
  maker: Maker,
  shapes: readonly Shape[],
  values: readonly unknown[],
  place: Place,
): unknown {
  const good = (value: unknown): boolean => {
    spend(maker.effort, 1)
    return !place.taken?.has(keyOf(value)) && maker.accepts(shapes, value)
  }
  for (const value of favourites(maker, values, place)) if (good(value)) return value
  // From a drawn place onwards, so that each has its turn.
  const start = maker.random.below(values.length)
  const rotated = [...values.slice(start), ...values.slice(0, start)]
  const found = rotated.find((value) => value !== null && good(value))
  if (found !== undefined) return found
  return values.includes(null) && good(null) ? null : NOTHING
}

/** What begins the name of a property that is true or false. */
const ASKING = /^(?:is|are|has|have|was|with|needs?|wants?|should) /

function favourites(maker: Maker, values: readonly unknown[], place: Place): readonly unknown[] {
  if (values.includes(true)) {
    const name = place.phrase.replace(ASKING, '')
    return isMentioned(maker.facts, name) ? [!isDenied(maker.facts, name)] : []
  }
  const texts = values.slice(0, LOOKED_FOR_MAX).filter((value) => typeof value === 'string')
  const fact = known(maker, place)
  const classes = classesOf(maker.facts.text)
  const fitting = texts.filter((text) => {
    const word = text.toLowerCase()
    return text === fact || classes.includes(word)
  })
  const mentioned = texts.filter((text) => isMentioned(maker.facts, text))
  // A prompt that has all of them only says which there are.
  const isTelling = mentioned.length < texts.length || texts.length === 1
  return isTelling ? [...fitting, ...mentioned] : fitting
}

/** Alternatives in the order in which they are tried: what the prompt mentions first, null last, the rest as drawn. */
export function preferred(maker: Maker, branches: readonly Shape[], place: Place): readonly Shape[] {
  const start = maker.random.below(branches.length)
  const rotated = [...branches.slice(start), ...branches.slice(0, start)]
  const scores = new Map(rotated.map((branch) => [branch, scoreOf(maker, branch, place)]))
  return rotated.toSorted((a, b) => scores.get(b)! - scores.get(a)!)
}

function scoreOf(maker: Maker, branch: Shape, place: Place): number {
  spend(maker.effort, 1)
  const target = branch.ref?.shape ?? branch
  if (target.kinds?.size === 1 && target.kinds.has('null')) return -1
  const names = [...(target.object?.properties?.keys() ?? [])].slice(0, LOOKED_FOR_MAX)
  const words = [target.title ?? '', ...names.map(phraseOf)].filter(
    (word) => word !== '' && word !== place.phrase,
  )
  let score = words.filter((word) => isMentioned(maker.facts, phraseOf(word))).length
  for (const shape of target.object?.properties?.values() ?? []) {
    const values = shape.values?.slice(0, 20) ?? []
    if (values.some((value) => typeof value === 'string' && isMentioned(maker.facts, value))) score += 2
  }
  return score
}
