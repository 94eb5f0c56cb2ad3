/** Rates a text by the vocabulary, and compares ratings with what a request allows. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { CATEGORIES, type Category, MORE_CATEGORIES, type Probability, VOCABULARY } from './vocabulary.ts'

type SafetySetting = GeminiMessage<'SafetySetting'>

export interface SafetyRating {
  readonly category: Category
  readonly probability: Probability
  readonly blocked?: true
}

const RANK: Readonly<Record<Probability, number>> = { NEGLIGIBLE: 0, LOW: 1, MEDIUM: 2, HIGH: 3 }

/** The least rank that a threshold blocks. Models since 1.5 block nothing unless they are told to. */
const BLOCKS_FROM: Readonly<Record<string, number>> = {
  BLOCK_LOW_AND_ABOVE: 1,
  BLOCK_MEDIUM_AND_ABOVE: 2,
  BLOCK_ONLY_HIGH: 3,
}
const NEVER = 4

interface Trigger {
  readonly category: Category
  readonly probability: Probability
}

/** Every word of the vocabulary in one expression: alternatives of plain words, so it runs in linear time. */
const TRIGGERS: ReadonlyMap<string, Trigger> = new Map(
  Object.entries(VOCABULARY).flatMap(([category, levels]) =>
    Object.entries(levels).flatMap(([probability, words]) =>
      words.map((word) => [
        word,
        { category: category as Category, probability: probability as Probability },
      ]),
    ),
  ),
)
const TRIGGER = new RegExp(`\\b(?:${[...TRIGGERS.keys()].join('|').replaceAll(' ', '\\s')})\\b`, 'gi')

/** The highest probability of each category that the text speaks of, and where the first word of it stands. */
export function rate(text: string): ReadonlyMap<Category, { probability: Probability; at: number }> {
  const found = new Map<Category, { probability: Probability; at: number }>()
  for (const match of text.matchAll(TRIGGER)) {
    const trigger = TRIGGERS.get(match[0].toLowerCase().replaceAll(/\s/g, ' '))!
    const known = found.get(trigger.category)
    if (known === undefined || RANK[trigger.probability] > RANK[known.probability]) {
      found.set(trigger.category, { probability: trigger.probability, at: match.index })
    }
  }
  return found
}

export interface Verdict {
  /** In Google's order; every category that is always rated, and those that the settings name. */
  readonly ratings: readonly SafetyRating[]
  readonly isBlocked: boolean
  /** Where in the text the first thing that is blocked begins. */
  readonly at: number
}

/** What the settings make of a text. */
export function judge(text: string, settings: readonly SafetySetting[]): Verdict {
  const found = rate(text)
  const thresholds = new Map(
    settings.map(({ category, threshold }) => [category, BLOCKS_FROM[threshold ?? '']]),
  )
  const named = MORE_CATEGORIES.filter((category) => thresholds.has(category))
  let at = Number.POSITIVE_INFINITY
  const ratings = [...CATEGORIES, ...named].map((category): SafetyRating => {
    const { probability, at: place } = found.get(category) ?? { probability: 'NEGLIGIBLE' as const, at: 0 }
    if (RANK[probability] < (thresholds.get(category) ?? NEVER)) return { category, probability }
    at = Math.min(at, place)
    return { category, probability, blocked: true }
  })
  return { ratings, isBlocked: at !== Number.POSITIVE_INFINITY, at }
}
