/** Gemini's thinking level or budget as an effort, and as the vendor wants it said. */
import type { Report } from '../../nouns/report.ts'
import type { ThinkingWish } from '../translation/conversation.ts'
import type { EffortLevel, Efforts, VendorFlags } from './vendor.ts'

const LEVELS: readonly EffortLevel[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']

/** Tokens up to which a budget is this effort; whatever is above is `xhigh`. */
const BUDGETS: readonly (readonly [tokensMax: number, level: EffortLevel])[] = [
  [0, 'none'],
  [512, 'minimal'],
  [1_024, 'low'],
  [8_192, 'medium'],
  [24_576, 'high'],
]

/** Gemini's -1: as much as the model likes, which is every vendor's default. */
const DYNAMIC = -1

export interface Effort {
  /** The vendor's word. */
  readonly word: string
  readonly isOff: boolean
}

/** Undefined: nothing is to be said, the model's own default is what was asked for. */
export function effortOf(
  wish: ThinkingWish | undefined,
  efforts: Efforts,
  report: Report,
): Effort | undefined {
  if (wish === undefined) return undefined
  if (wish.level !== undefined) {
    const level = wish.level.toLowerCase() as EffortLevel
    return nearest(level, efforts, `${wish.path}.thinkingLevel`, report)
  }
  const { budget } = wish
  if (budget === undefined || budget <= DYNAMIC) return undefined
  const path = `${wish.path}.thinkingBudget`
  const level = BUDGETS.find(([tokensMax]) => budget <= tokensMax)?.[1] ?? 'xhigh'
  const effort = nearest(level, efforts, path, report)
  if (effort !== undefined && !effort.isOff) {
    report.approximated(path, `the target knows efforts, not tokens: ${effort.word}`)
  }
  return effort
}

/** The same level where there is one, else the next one up, else the next one down. */
function nearest(level: EffortLevel, efforts: Efforts, path: string, report: Report): Effort | undefined {
  const wanted = LEVELS.indexOf(level)
  // Only `none` itself is off: too little of a thought is nearer to some than no thought at all.
  const known = LEVELS.filter((name) => efforts[name] !== undefined && (name !== 'none' || level === 'none'))
  const found = known.find((name) => LEVELS.indexOf(name) >= wanted) ?? known.at(-1)
  if (found === undefined) {
    report.dropped(path, 'the model has no such setting')
    return undefined
  }
  const word = efforts[found] as string
  if (found !== level) {
    report.approximated(
      path,
      found === 'none' ? 'the model only knows none' : `the nearest that the model knows is ${word}`,
    )
  } else if (word !== level) report.approximated(path, `the model's own word is ${word}`)
  return { word, isOff: found === 'none' }
}

export interface Thinking {
  readonly members: Readonly<Record<string, unknown>>
  /** Whether the model was told not to think. */
  readonly isOff: boolean
}

/** The members of a chat request that say how to think. */
export function thinkingOf(wish: ThinkingWish | undefined, flags: VendorFlags, report: Report): Thinking {
  if (flags.thinking === 'none') {
    reportUnset(wish, report)
    return { members: {}, isOff: true }
  }
  if (wish?.includeThoughts === true && !flags.showsThoughts) {
    report.dropped(`${wish.path}.includeThoughts`, 'the target does not show its thoughts')
  }
  if (flags.thinking === 'reasoning') return reasoningObject(wish, flags, report)
  const effort = effortOf(wish, flags.efforts, report)
  if (effort === undefined) return { members: {}, isOff: false }
  return { members: membersOf(effort, flags), isOff: effort.isOff }
}

function membersOf({ word, isOff }: Effort, flags: VendorFlags): Record<string, unknown> {
  if (flags.thinking === 'toggle') {
    return isOff
      ? { thinking: { type: 'disabled' } }
      : { thinking: { type: 'enabled' }, reasoning_effort: word }
  }
  if (flags.thinking === 'template') {
    return { reasoning_effort: word, chat_template_kwargs: { enable_thinking: !isOff } }
  }
  return { reasoning_effort: word }
}

/** One object for an effort or a budget, whichever model it is for. */
function reasoningObject(wish: ThinkingWish | undefined, flags: VendorFlags, report: Report): Thinking {
  if (wish?.budget !== undefined && wish.budget > 0) {
    return { members: { reasoning: { max_tokens: wish.budget } }, isOff: false }
  }
  const effort = effortOf(wish, flags.efforts, report)
  if (effort !== undefined) return { members: { reasoning: { effort: effort.word } }, isOff: effort.isOff }
  const isAsked = wish !== undefined && (wish.includeThoughts || wish.budget === DYNAMIC)
  return { members: isAsked ? { reasoning: { enabled: true } } : {}, isOff: false }
}

/** A model that never thinks already does what a budget of 0 asks for. */
function reportUnset(wish: ThinkingWish | undefined, report: Report): void {
  if (wish === undefined) return
  const reason = 'the model has no such setting'
  if (wish.level !== undefined) report.dropped(`${wish.path}.thinkingLevel`, reason)
  if (wish.budget !== undefined && wish.budget !== 0) report.dropped(`${wish.path}.thinkingBudget`, reason)
}
