/** thinkingConfig: which setting a model family takes, and how many tokens of thought a request gets. */
import { invalidField } from '../../errors.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import type { Random } from './digest.ts'
import type { ThinkingControl, ThinkingLevel } from './model-rows.ts'
import type { SandboxModel } from './models.ts'

const FIELD = 'generation_config.thinking_config'
const DYNAMIC_BUDGET = -1

/** How hard to think, after the model's own defaults. */
export interface Thinking {
  readonly effort: ThinkingLevel | 'DYNAMIC' | 'OFF'
  /** Upper bound in tokens; `undefined` when only the effort bounds it. */
  readonly tokensMax: number | undefined
  readonly includeThoughts: boolean
}

/** Checks a request's thinkingConfig against its model; throws Google's 400 for what the family refuses. */
export function readThinking(
  model: SandboxModel,
  config: GeminiMessage<'ThinkingConfig'> | undefined,
): Thinking {
  const control = model.thinking
  if (control === undefined) {
    if (config === undefined) return { effort: 'OFF', tokensMax: undefined, includeThoughts: false }
    throw invalidField(FIELD, 'thinking_config is not supported.')
  }
  const includeThoughts = config?.includeThoughts ?? false
  const budget = config?.thinkingBudget
  const wanted = config?.thinkingLevel
  const level = wanted === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : wanted
  if (level !== undefined && budget !== undefined) {
    throw invalidField(FIELD, 'You can only set only one of thinking budget and thinking level.')
  }
  if (level !== undefined)
    return { effort: checkLevel(control, level), tokensMax: undefined, includeThoughts }
  if (budget !== undefined) return { ...fromBudget(control, budget), includeThoughts }
  return { effort: control.standard, tokensMax: undefined, includeThoughts }
}

function checkLevel(control: ThinkingControl, level: string): ThinkingLevel {
  if (control.by === 'budget') {
    throw invalidField(`${FIELD}.thinking_level`, 'Thinking level is not supported for this model.')
  }
  const known = control.levels.find((candidate) => candidate === level)
  if (known !== undefined) return known
  throw invalidField(
    `${FIELD}.thinking_level`,
    `Thinking level ${level} is not supported for this model. Please retry with other thinking level.`,
  )
}

function fromBudget(control: ThinkingControl, budget: number): Pick<Thinking, 'effort' | 'tokensMax'> {
  if (budget === DYNAMIC_BUDGET) return { effort: 'DYNAMIC', tokensMax: undefined }
  if (budget === 0 && control.canBeOff) {
    return { effort: control.by === 'level' ? 'MINIMAL' : 'OFF', tokensMax: undefined }
  }
  if (budget === 0) {
    throw invalidField(
      `${FIELD}.thinking_budget`,
      'Budget 0 is invalid. This model only works in thinking mode.',
    )
  }
  if (budget < control.budgetMin || budget > control.budgetMax) {
    throw invalidField(
      `${FIELD}.thinking_budget`,
      `The thinking budget ${budget} is invalid. ` +
        `Please choose a value between ${control.budgetMin} and ${control.budgetMax}.`,
    )
  }
  return { effort: 'DYNAMIC', tokensMax: budget }
}

const EFFORT_FACTOR = { MINIMAL: 0, LOW: 1, MEDIUM: 2, DYNAMIC: 2, HIGH: 3, XHIGH: 4 } as const
/** Thought grows with the prompt up to here: tokens of prompt that count. */
const PROMPT_TOKENS_MAX = 120

/**
 * Tokens of thought for one candidate: (10 + prompt tokens, at most 120) × effort (0 to 3) + 1 to 16 by chance,
 * at most the budget. Small on purpose: a small `maxOutputTokens` should leave room for an answer.
 */
export function thoughtTokens(thinking: Thinking, promptTokens: number, random: Random): number {
  if (thinking.effort === 'OFF') return 0
  const size = 10 + Math.min(PROMPT_TOKENS_MAX, promptTokens)
  const tokens = size * EFFORT_FACTOR[thinking.effort] + 1 + random.below(16)
  return Math.min(tokens, thinking.tokensMax ?? tokens)
}
