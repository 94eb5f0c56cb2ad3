/** `thinking: adapt`: a level becomes a budget and back, where the model wants the other; nothing else is touched. */
import { withBody } from '../../nouns/call.ts'
import type { Call } from '../../nouns.ts'
import { type Edit, type Member, parsedAt, withEdits } from '../../wire/json-spans.ts'
import type { Losses, TellLosses } from './losses.ts'
import { childIn, memberIn, type Place, pathTo, requestIn } from './places.ts'
import { LEVELS, type Level, type ThinkingControl, thinkingOf } from './thinking-rows.ts'

/** What Google's own OpenAI-compatible endpoint makes of an effort; beyond HIGH, what others do. */
const BUDGETS: Readonly<Record<Level, number>> = {
  MINIMAL: 1_024,
  LOW: 1_024,
  MEDIUM: 8_192,
  HIGH: 24_576,
  XHIGH: 32_768,
}
/** Up to so many tokens a budget is this level. */
const LEVELS_UP_TO: readonly (readonly [Level, number])[] = [
  ['MINIMAL', 512],
  ['LOW', 1_024],
  ['MEDIUM', 8_192],
  ['HIGH', 24_576],
  ['XHIGH', Number.POSITIVE_INFINITY],
]
const AS_IT_LIKES = -1
const OFF = 0

/** What the client wished for, and where it stands. */
type Wish = { readonly member: Member; readonly path: string } & (
  | { readonly level: Level }
  | { readonly budget: number }
)

/** The same call with what `model` understands. What is no wish, or two of them, is the upstream's to refuse. */
export function withAdaptedThinking(call: Call, model: string, tell: TellLosses): Call {
  const control = thinkingOf(model)
  if (control === undefined || call.verb === 'embedContent' || call.verb === 'batchEmbedContents') return call
  const { body } = call
  const config = childIn(body, requestIn(body), 'generationConfig')
  const thinking = config && childIn(body, config, 'thinkingConfig')
  if (config === undefined || thinking === undefined) return call
  if (control.by === 'nothing') return withoutThinking(call, config, thinking, tell())
  const wish = wishIn(body, thinking)
  const edit = wish && editOf(wish, control, tell)
  return edit === undefined ? call : withBody(call, withEdits(body, [edit]))
}

function withoutThinking(call: Call, config: Place, thinking: Place, losses: Losses): Call {
  const { start, end } = memberIn(config, 'thinkingConfig') as Member
  losses.dropped(thinking.path, 'the model does not think')
  // To protojson, null is a field that was not given.
  return withBody(call, withEdits(call.body, [{ start, end, text: 'null' }]))
}

function wishIn(body: Buffer, thinking: Place): Wish | undefined {
  const level = memberIn(thinking, 'thinkingLevel')
  const budget = memberIn(thinking, 'thinkingBudget')
  if (level !== undefined && budget === undefined) {
    const word = String(parsedAt(body, level)).toUpperCase()
    const known = LEVELS.find((one) => one === word)
    return known && { member: level, path: pathTo(thinking, 'thinkingLevel'), level: known }
  }
  if (budget === undefined || level !== undefined) return undefined
  const value = parsedAt(body, budget)
  const tokens = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (!Number.isInteger(tokens)) return undefined
  return { member: budget, path: pathTo(thinking, 'thinkingBudget'), budget: tokens as number }
}

function editOf(wish: Wish, control: ThinkingControl, tell: TellLosses): Edit | undefined {
  const { nameStart: start, end } = wish.member
  const told = (text: string, reason: string): Edit => {
    tell().approximated(wish.path, reason)
    return { start, end, text }
  }
  if (control.by === 'level') {
    if ('budget' in wish && wish.budget === AS_IT_LIKES) {
      return told('"thinkingLevel":null', 'the model thinks as much as it likes by itself')
    }
    const level = nearest('level' in wish ? wish.level : levelFor(wish.budget), control.levels)
    if ('level' in wish && wish.level === level) return undefined
    const what = 'level' in wish ? 'does not know this level' : 'is told a level instead'
    return told(`"thinkingLevel":"${level}"`, `the model ${what}: ${level}`)
  }
  if (control.by === 'nothing') return undefined
  const budget = allowed('level' in wish ? BUDGETS[wish.level] : wish.budget, control)
  if ('budget' in wish && wish.budget === budget) return undefined
  const what = 'level' in wish ? 'is told a budget instead' : 'does not allow this budget'
  return told(`"thinkingBudget":${budget}`, `the model ${what}: ${budget} tokens`)
}

function levelFor(budget: number): Level {
  return (LEVELS_UP_TO.find(([, max]) => budget <= max) as readonly [Level, number])[0]
}

/** Of two that are as near, the one that thinks more. */
function nearest(wanted: Level, levels: readonly Level[]): Level {
  const distance = (level: Level) => Math.abs(LEVELS.indexOf(level) - LEVELS.indexOf(wanted))
  return [...levels].reverse().sort((one, other) => distance(one) - distance(other))[0] as Level
}

function allowed(budget: number, control: Extract<ThinkingControl, { by: 'budget' }>): number {
  if (budget === AS_IT_LIKES || (budget === OFF && control.canBeOff)) return budget
  return Math.min(Math.max(budget, control.min), control.max)
}
