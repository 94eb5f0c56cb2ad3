/** How hard the model shall think, in Gemini's words, as Google's own endpoint maps it. */
import type { Report } from '../../nouns/report.ts'
import { invalid, type Json } from './values.ts'

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

/** Tokens for models that know budgets and no levels. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/** Generations that have budgets only. */
const KNOWS_BUDGETS_ONLY = /^gemini-2\.5-/
/** They do not know `minimal`. */
const THINKS_ALWAYS = /^gemini-[3-9](?:\.\d+)?-pro/

/** What was asked for, and where in the request. */
interface AskedEffort {
  readonly effort: Effort | undefined
  readonly path: string
}

/** The member `thinkingConfig`, if there is one; `own` is Gemini's, as the client wrote it. */
export function thinkingOf(
  { effort, path }: AskedEffort,
  own: Json | undefined,
  model: string,
  report: Report,
): Json {
  if (effort !== undefined && (own?.thinkingLevel ?? own?.thinkingBudget) !== undefined)
    throw invalid(path, `'${path}' and google.thinking_config exclude each other.`)
  const config = { ...thinkingConfigOf(effort, model, path, report), ...own }
  return Object.keys(config).length > 0 ? { thinkingConfig: config } : {}
}

function thinkingConfigOf(
  effort: Effort | undefined,
  model: string,
  path: string,
  report: Report,
): Readonly<Record<string, unknown>> {
  if (effort === undefined) return {}
  if (effort === 'xhigh' || effort === 'max') report.approximated(path, 'the highest level there is high')
  // No level says it: whoever cannot leave thinking off refuses it.
  if (KNOWS_BUDGETS_ONLY.test(model) || effort === 'none') return { thinkingBudget: BUDGETS[effort] }
  if (effort === 'minimal' && THINKS_ALWAYS.test(model)) {
    report.approximated(path, 'the lowest level of the model is low')
    return { thinkingLevel: 'LOW' }
  }
  return { thinkingLevel: effort === 'xhigh' || effort === 'max' ? 'HIGH' : effort.toUpperCase() }
}
