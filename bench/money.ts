/** Money as the benchmark sets it: known prices, and limits and budgets that are never reached. */
import type { Limits } from '../src/nouns/directory.ts'
import type { Model } from './wire.ts'

/** What an operator would write of a model like Gemini 2.5 Flash. */
export const PRICE = {
  inputUsdPerMillion: '0.30',
  inputAudioUsdPerMillion: '1.00',
  cachedInputUsdPerMillion: '0.03',
  outputUsdPerMillion: '2.50',
  inputTokensMax: 1_048_576,
  outputTokensMax: 65_536,
} as const

const MODELS: Readonly<Record<Model, true>> = {
  'bench-unary': true,
  'bench-burst': true,
  'bench-drip': true,
  'bench-hold': true,
}

/** `prices:` of the configuration. */
export const PRICES = Object.fromEntries(Object.keys(MODELS).map((model) => [model, PRICE]))

/** The most that a limit can be. */
const NEVER = 1_000_000_000

/** Every kind of limit that a key can have. */
export const LIMITS: Limits = {
  requestsPerMinute: NEVER,
  tokensPerMinute: NEVER,
  requestsPerDay: NEVER,
  tokensPerDay: NEVER,
  concurrentRequests: NEVER,
}

/** The most that a budget can be. */
export const BUDGET_USD = 9_000_000
export const BUDGET_PERIOD = 'month'
export const ALERT_PERCENT = 80

/** What stands over the client key; the price of the model is known in all of them. */
export type MoneySetting = 'plain' | 'limits' | 'budgets' | 'all'

export const MONEY_SETTINGS: readonly MoneySetting[] = ['plain', 'limits', 'budgets', 'all']

export const hasLimits = (setting: MoneySetting): boolean => setting === 'limits' || setting === 'all'
export const hasBudgets = (setting: MoneySetting): boolean => setting === 'budgets' || setting === 'all'
