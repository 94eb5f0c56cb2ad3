/**
 * What each generation of models takes and refuses. Source: Anthropic's pages on models, thinking, effort, structured
 * outputs and preserved thinking, and the types of its SDK 0.137, as of November 2026.
 */

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export interface ModelRules {
  /** Tokens. */
  readonly inputTokensMax: number
  /** Tokens of an answer when nothing is said, thoughts included. */
  readonly outputTokensMax: number
  /** Whether `outputTokensMax` is known for the most that there is; otherwise more may be asked for. */
  readonly isLimitKnown: boolean
  /** `budget`: so many tokens of thought; `adaptive`: as much as the effort asks for. Empty: it does not think. */
  readonly thinking: readonly ('budget' | 'adaptive')[]
  readonly thinksUnasked: boolean
  /** How thinking is switched off; `never`: it cannot be. */
  readonly off: 'unsaid' | 'disabled' | 'between_tools' | 'never'
  /** Whether thoughts come back empty unless asked for. */
  readonly hidesThoughts: boolean
  readonly efforts: readonly Effort[]
  /** `one`: temperature or topP; `default`: nothing but the values that change nothing. */
  readonly sampling: 'any' | 'one' | 'default'
  /** Whether it goes on with an answer that was begun for it. */
  readonly takesPrefill: boolean
  /** Whether it can be made to call a function. */
  readonly takesForcedCalls: boolean
  /** Whether it holds itself to a JSON Schema, in its text and in calls. */
  readonly keepsSchemas: boolean
  /** Whether thoughts given back are refused when anything before them has changed. */
  readonly bindsThoughts: boolean
}

const MILLION = 1_000_000
const ALL_EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

/** Since Opus 4.7: thinks as much as it likes, and nobody turns its knobs. */
const ADAPTIVE: ModelRules = {
  inputTokensMax: MILLION,
  outputTokensMax: 128_000,
  isLimitKnown: true,
  thinking: ['adaptive'],
  thinksUnasked: true,
  off: 'disabled',
  hidesThoughts: true,
  efforts: ALL_EFFORTS,
  sampling: 'default',
  takesPrefill: false,
  takesForcedCalls: true,
  keepsSchemas: true,
  bindsThoughts: false,
}
const ALWAYS_THINKING: ModelRules = { ...ADAPTIVE, off: 'never', takesForcedCalls: false }

/** Up to 4.5: thinks when it is given a budget. */
const BUDGETED: ModelRules = {
  inputTokensMax: 200_000,
  outputTokensMax: 64_000,
  isLimitKnown: true,
  thinking: ['budget'],
  thinksUnasked: false,
  off: 'unsaid',
  hidesThoughts: false,
  efforts: [],
  sampling: 'one',
  takesPrefill: true,
  takesForcedCalls: true,
  keepsSchemas: true,
  bindsThoughts: false,
}
const EARLY: ModelRules = { ...BUDGETED, sampling: 'any', keepsSchemas: false }

const VERSION_4_6: ModelRules = {
  ...ADAPTIVE,
  thinking: ['adaptive', 'budget'],
  thinksUnasked: false,
  off: 'unsaid',
  hidesThoughts: false,
  efforts: ['low', 'medium', 'high', 'max'],
  sampling: 'one',
}

/** The first that matches counts. Dots of a version are dashes here. */
const ROWS: readonly (readonly [RegExp, ModelRules])[] = [
  [/claude-(?:fable|mythos)-5-[1-9]/, { ...ALWAYS_THINKING, bindsThoughts: true }],
  [/claude-(?:fable|mythos)/, ALWAYS_THINKING],
  [/claude-opus-5-5/, { ...ALWAYS_THINKING, bindsThoughts: true }],
  [/claude-sonnet-5-5/, { ...ADAPTIVE, off: 'between_tools', takesForcedCalls: false, bindsThoughts: true }],
  [/claude-haiku-5-5/, { ...ADAPTIVE, bindsThoughts: true }],
  [/claude-(?:opus|sonnet|haiku)-5(?!\d)/, ADAPTIVE],
  [/claude-opus-4-[78]/, { ...ADAPTIVE, thinksUnasked: false, off: 'unsaid' }],
  [/claude-(?:opus|sonnet)-4-6/, VERSION_4_6],
  [/claude-(?:opus|sonnet|haiku)-4-5/, BUDGETED],
  [/claude-opus-4-1/, { ...EARLY, outputTokensMax: 32_000, sampling: 'one' }],
  [/claude-opus-4/, { ...EARLY, outputTokensMax: 32_000 }],
  [/claude-sonnet-4/, EARLY],
  [/claude-3-7/, EARLY],
  [/claude-3-5/, { ...EARLY, outputTokensMax: 8_192, thinking: [] }],
  [/claude-(?:3|2|v2|instant)/, { ...EARLY, outputTokensMax: 4_096, thinking: [] }],
  // Newer than this table: as careful as the newest are.
  [/claude/, { ...ADAPTIVE, outputTokensMax: 64_000, isLimitKnown: false }],
]

/** Somebody else's model behind the same wire: they speak it as it was at first. */
const FOREIGN: ModelRules = { ...EARLY, outputTokensMax: 8_192, isLimitKnown: false }

export function rulesOf(model: string): ModelRules {
  const name = model.toLowerCase().replaceAll('.', '-')
  return ROWS.find(([pattern]) => pattern.test(name))?.[1] ?? FOREIGN
}
