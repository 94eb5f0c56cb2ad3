/** How much a number says, by the name of its property. */
import { answerArithmetic } from '../text/arithmetic.ts'
import { cityRow, phrasesFor, type Subject } from './content.ts'
import { numberNear } from './prompt-facts.ts'

/** Half-open in whole steps: from, to, step. */
type Scale = readonly [from: number, to: number, step: number]

/** The first pattern that fits the name decides. */
const SCALES: readonly (readonly [RegExp, Scale])[] = [
  [/\bage\b/, [18, 90, 1]],
  [/\byears? (?:of )?(?:experience|old)|experience/, [1, 20, 1]],
  [/\byear\b/, [2026, 2026, 1]],
  [/\bmonth\b/, [1, 12, 1]],
  [/\b(?:day|hour)\b/, [1, 23, 1]],
  [/\bminutes?\b|duration|\bprep|\bcook/, [10, 90, 5]],
  [/\b(?:salary|income|revenue|budget)\b/, [40_000, 120_000, 1_000]],
  [/\b(?:price|cost|fee|subtotal|total|amount|balance|payment|value)\b/, [4.99, 99.99, 1]],
  [/\b(?:rating|stars?|score|grade)\b/, [3, 5, 1]],
  [/\b(?:probability|confidence|relevance|similarity|ratio)\b/, [0.7, 0.98, 0.01]],
  [/\b(?:percent|percentage|progress|discount)\b/, [5, 95, 5]],
  [/\btemperature\b|\btemp\b|celsius/, [12, 28, 1]],
  [/humidity/, [35, 80, 1]],
  [/population/, [100_000, 9_000_000, 1_000]],
  [/calories|kcal/, [150, 650, 10]],
  [/\b(?:height)\b/, [150, 195, 1]],
  [/\b(?:weight)\b/, [50, 95, 1]],
  [/\b(?:width|length|depth|size)\b/, [10, 120, 5]],
  [/\bdistance\b/, [2, 400, 1]],
  [/\b(?:pages?)\b/, [80, 420, 1]],
  [/\b(?:servings?|guests?|adults|people|quantity|qty)\b/, [1, 6, 1]],
  [/\b(?:count|number|num|stock|inventory|total items)\b/, [1, 40, 1]],
  [/\b(?:id|identifier|code)\b/, [1_000, 9_999, 1]],
]
/** `a table for 4`, but not `for 4 nights`. */
const PARTY = /\b(?:guests?|people|persons?|party|adults|seats?)\b/
const FOR_SO_MANY = /\bfor (\d{1,3})\b(?![.,:]?\d| ?(?:[ap]m|minutes?|hours?|days?|nights?|weeks?|%|€|\$))/
const ORDINAL = /\b(?:index|rank|position|order|step|line|no)\b/
const ANSWER = /\b(?:answer|result|sum|total|product|difference|quotient|value|solution)\b/
const ANY: Scale = [1, 100, 1]

/** Whether a property of this name is a number as a rule. */
export function isQuantity(phrase: string): boolean {
  return !/\b(?:id|identifier|code)\b/.test(phrase) && SCALES.some(([pattern]) => pattern.test(phrase))
}

/** Numbers to try, the best first. */
export function* numbersAbout(subject: Subject, whole: boolean): Generator<number> {
  const { facts, phrase, index, random } = subject
  if (index === 0) {
    const said = numberNear(facts, phrasesFor(phrase))
    if (said !== undefined) yield said
    const told =
      phrase === 'age' ? numberNear(facts, ['years old', 'year old', 'year-old', 'aged']) : undefined
    if (told !== undefined) yield told
    const party = PARTY.test(phrase) ? FOR_SO_MANY.exec(facts.text)?.[1] : undefined
    if (party !== undefined) yield Number(party)
    if (ANSWER.test(phrase)) {
      const sum = /= (-?[\d.]+)/.exec(answerArithmetic(facts.text, false) ?? '')?.[1]
      if (sum !== undefined) yield Number(sum.replace(/\.$/, ''))
    }
  }
  if (ORDINAL.test(phrase)) yield index + 1
  if (/\blat(?:itude)?\b/.test(phrase)) yield cityRow(subject)[5]
  if (/\b(?:lon(?:gitude)?|lng)\b/.test(phrase)) yield cityRow(subject)[6]
  const [from, to, step] = SCALES.find(([pattern]) => pattern.test(phrase))?.[1] ?? ANY
  const drawn = from + step * random.below(Math.floor((to - from) / step + 1e-9) + 1)
  const plain = Number(drawn.toFixed(2))
  yield whole ? Math.round(plain) : plain
}
