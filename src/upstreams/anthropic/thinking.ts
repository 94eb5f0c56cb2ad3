/** A wish to think → `thinking` and `output_config.effort`, as the model takes them. */
import type { Report } from '../../nouns/report.ts'
import type { ThinkingWish } from '../translation/conversation.ts'
import type { Effort, ModelRules } from './model-rules.ts'

export interface ThinkingPlan {
  /** The request's member `thinking`; undefined: nothing is said. */
  readonly thinking: Readonly<Record<string, unknown>> | undefined
  readonly effort: Effort | undefined
  /** Whether the model may think: sampling is narrower then. */
  readonly isOn: boolean
}

export interface ThinkingScene {
  readonly rules: ModelRules
  /** Of the answer, thoughts included. */
  readonly maxTokens: number
  /** Why no budget can be given in this request, in a few words; a budget is stricter than an effort. */
  readonly obstacle: string | undefined
}

const BUDGET_MIN = 1_024
/** For a model that wants a number where the client leaves it open: what is taken for a medium effort. */
const BUDGET_OPEN = 8_192

/** What Google's own OpenAI endpoint takes the efforts for; above it, what other converters do. */
const BUDGETS = { MINIMAL: 1_024, LOW: 1_024, MEDIUM: 8_192, HIGH: 24_576, XHIGH: 32_768 } as const
const EFFORTS = { MINIMAL: 'low', LOW: 'low', MEDIUM: 'medium', HIGH: 'high', XHIGH: 'xhigh' } as const

export function planThinking(
  wish: ThinkingWish | undefined,
  scene: ThinkingScene,
  report: Report,
): ThinkingPlan {
  const { rules } = scene
  if (wish === undefined || saysNothing(wish)) return unsaid(rules)
  if (rules.thinking.length === 0) return withoutThoughts(wish, report)
  if (wish.budget === 0) return off(wish, rules, report)
  if (!rules.thinking.includes('adaptive')) return withBudget(wish, scene, report)
  // A number is carried as a number where the model still takes one.
  const isNumber = wish.budget !== undefined && wish.budget > 0
  if (isNumber && rules.thinking.includes('budget') && obstacleOf(scene) === undefined) {
    return withBudget(wish, scene, report)
  }
  return withEffort(wish, rules, report)
}

function saysNothing({ budget, level, includeThoughts }: ThinkingWish): boolean {
  return budget === undefined && level === undefined && !includeThoughts
}

function unsaid({ thinksUnasked }: ModelRules): ThinkingPlan {
  return { thinking: undefined, effort: undefined, isOn: thinksUnasked }
}

function withoutThoughts(wish: ThinkingWish, report: Report): ThinkingPlan {
  const reason = 'the model does not think'
  if (wish.budget !== undefined && wish.budget !== 0) report.dropped(`${wish.path}.thinkingBudget`, reason)
  if (wish.level !== undefined) report.dropped(`${wish.path}.thinkingLevel`, reason)
  if (wish.includeThoughts) report.dropped(`${wish.path}.includeThoughts`, reason)
  return { thinking: undefined, effort: undefined, isOn: false }
}

function off({ path }: ThinkingWish, rules: ModelRules, report: Report): ThinkingPlan {
  switch (rules.off) {
    case 'unsaid':
      return { thinking: undefined, effort: undefined, isOn: false }
    case 'disabled':
      return { thinking: { type: 'disabled' }, effort: undefined, isOn: false }
    case 'between_tools':
      report.approximated(`${path}.thinkingBudget`, 'the model may still think a little between calls')
      return { thinking: { type: 'between_tools' }, effort: undefined, isOn: false }
    case 'never':
      report.approximated(
        `${path}.thinkingBudget`,
        'the model always thinks; it is asked for its lowest effort',
      )
      return { thinking: undefined, effort: 'low', isOn: true }
  }
}

function withEffort(wish: ThinkingWish, rules: ModelRules, report: Report): ThinkingPlan {
  const display = wish.includeThoughts && rules.hidesThoughts ? { display: 'summarized' } : {}
  return { thinking: { type: 'adaptive', ...display }, effort: effortOf(wish, rules, report), isOn: true }
}

function effortOf(wish: ThinkingWish, rules: ModelRules, report: Report): Effort | undefined {
  if (wish.level !== undefined) {
    const effort = nearest(EFFORTS[wish.level], rules)
    if (effort !== wish.level.toLowerCase()) {
      report.approximated(`${wish.path}.thinkingLevel`, `the nearest effort of the model is ${effort}`)
    }
    return effort
  }
  // Minus one is as the model likes, which is what it does when nothing is said.
  if (wish.budget === undefined || wish.budget < 0) return undefined
  const effort = nearest(effortFor(wish.budget), rules)
  report.approximated(
    `${wish.path}.thinkingBudget`,
    `the model takes no number of tokens now; its effort is ${effort}`,
  )
  return effort
}

function effortFor(budget: number): Effort {
  if (budget <= BUDGETS.LOW) return 'low'
  if (budget <= BUDGETS.MEDIUM) return 'medium'
  return budget <= BUDGETS.HIGH ? 'high' : 'xhigh'
}

/** Never more than was asked for. */
function nearest(effort: Effort, { efforts }: ModelRules): Effort {
  return efforts.includes(effort) ? effort : 'high'
}

function withBudget(wish: ThinkingWish, scene: ThinkingScene, report: Report): ThinkingPlan {
  const obstacle = obstacleOf(scene)
  if (obstacle !== undefined) {
    report.approximated(wish.path, `no thinking in this request: ${obstacle}`)
    return { thinking: undefined, effort: undefined, isOn: false }
  }
  const asked = budgetOf(wish, report)
  // What a client allows for an answer is never raised: it pays for it.
  const tokens = Math.min(Math.max(asked, BUDGET_MIN), scene.maxTokens - 1)
  if (wish.budget !== undefined && wish.budget > 0 && tokens !== wish.budget) {
    report.approximated(
      `${wish.path}.thinkingBudget`,
      `it is ${tokens}: at least ${BUDGET_MIN}, and less than the limit of the answer`,
    )
  }
  return { thinking: { type: 'enabled', budget_tokens: tokens }, effort: undefined, isOn: true }
}

function budgetOf(wish: ThinkingWish, report: Report): number {
  if (wish.level !== undefined) {
    const tokens = BUDGETS[wish.level]
    report.approximated(
      `${wish.path}.thinkingLevel`,
      `the model takes a number of tokens; it is up to ${tokens}`,
    )
    return tokens
  }
  if (wish.budget === undefined) return BUDGET_OPEN
  if (wish.budget > 0) return wish.budget
  report.approximated(
    `${wish.path}.thinkingBudget`,
    `the model takes a number of tokens; it is up to ${BUDGET_OPEN}`,
  )
  return BUDGET_OPEN
}

function obstacleOf({ obstacle, maxTokens }: ThinkingScene): string | undefined {
  if (obstacle !== undefined) return obstacle
  return maxTokens <= BUDGET_MIN
    ? `the least budget of the model is ${BUDGET_MIN} tokens, and the answer may have no more`
    : undefined
}
