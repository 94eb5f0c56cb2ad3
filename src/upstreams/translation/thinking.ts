/** thinkingConfig as a wish that every target can read. */
import { refused } from '../../nouns/report.ts'
import type { GenerationConfig, ThinkingWish } from './conversation.ts'
import type { Fields } from './fields.ts'

const DYNAMIC_BUDGET = -1

/** Takes the field. Undefined when it says nothing. Throws Google's 400. */
export function readThinking(config: Fields<GenerationConfig>): ThinkingWish | undefined {
  const {
    includeThoughts = false,
    thinkingBudget: budget,
    thinkingLevel,
  } = config.take('thinkingConfig') ?? {}
  const path = config.pathOf('thinkingConfig')
  const level = levelOf(thinkingLevel)
  if (level !== undefined && budget !== undefined) {
    throw refused(path, 'You can only set only one of thinking budget and thinking level.')
  }
  if (budget !== undefined && budget < DYNAMIC_BUDGET) {
    throw refused(
      `${path}.thinkingBudget`,
      `The thinking budget ${budget} is invalid. Please choose a value of ${DYNAMIC_BUDGET} or more.`,
    )
  }
  if (!includeThoughts && budget === undefined && level === undefined) return undefined
  return { path, includeThoughts, budget, level }
}

function levelOf(level: string | undefined): ThinkingWish['level'] {
  switch (level) {
    case 'MINIMAL':
    case 'LOW':
    case 'MEDIUM':
    case 'HIGH':
    case 'XHIGH':
      return level
    default:
      return undefined
  }
}
