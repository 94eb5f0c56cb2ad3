/** Temperature, topP and topK, as far as the model takes them. */
import type { Report } from '../../nouns/report.ts'
import type { GenerationConfig } from '../translation/conversation.ts'
import type { Fields } from '../translation/fields.ts'
import type { ModelRules } from './model-rules.ts'

interface Sampling {
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
}

type Config = Fields<GenerationConfig>

const TEMPERATURE_MAX = 1
/** From here on it changes nothing, and every model takes it. */
const TOP_P_ALL = 0.99
const TOP_P_MIN_THINKING = 0.95

export function planSampling(
  config: Config,
  rules: ModelRules,
  isThinking: boolean,
  report: Report,
): Sampling {
  const temperature = temperatureOf(config, rules, isThinking, report)
  const topP = topPOf(config, rules, isThinking, temperature !== undefined, report)
  const topK = topKOf(config, rules, isThinking, report)
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  }
}

function temperatureOf(
  config: Config,
  { sampling }: ModelRules,
  isThinking: boolean,
  report: Report,
): number | undefined {
  const asked = config.take('temperature')
  if (asked === undefined) return undefined
  const path = config.pathOf('temperature')
  if (asked !== TEMPERATURE_MAX && (sampling === 'default' || isThinking)) {
    report.dropped(
      path,
      sampling === 'default' ? 'the model takes none but 1' : 'none but 1 while the model thinks',
    )
    return undefined
  }
  if (asked > TEMPERATURE_MAX) report.approximated(path, 'it is 1, which is the most that the target takes')
  return Math.min(asked, TEMPERATURE_MAX)
}

function topPOf(
  config: Config,
  { sampling }: ModelRules,
  isThinking: boolean,
  hasTemperature: boolean,
  report: Report,
): number | undefined {
  const asked = config.take('topP')
  if (asked === undefined) return undefined
  const path = config.pathOf('topP')
  if (sampling !== 'any' && hasTemperature) {
    report.dropped(path, 'the model takes temperature or topP, not both')
    return undefined
  }
  if (sampling === 'default' && asked < TOP_P_ALL) {
    report.dropped(path, 'the model takes none')
    return undefined
  }
  if (isThinking && asked < TOP_P_MIN_THINKING) {
    report.dropped(path, `none below ${TOP_P_MIN_THINKING} while the model thinks`)
    return undefined
  }
  return asked
}

function topKOf(
  config: Config,
  { sampling }: ModelRules,
  isThinking: boolean,
  report: Report,
): number | undefined {
  const asked = config.take('topK')
  if (asked === undefined || asked === 0) return undefined
  if (sampling !== 'default' && !isThinking) return asked
  report.dropped(config.pathOf('topK'), isThinking ? 'none while the model thinks' : 'the model takes none')
  return undefined
}
