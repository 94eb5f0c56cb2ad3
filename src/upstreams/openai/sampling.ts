/** How long, how often and how freely the model is to answer. */
import type { Report } from '../../nouns/report.ts'
import type { Conversation } from '../translation/conversation.ts'
import { usableStops } from './responses/stop.ts'
import type { VendorFlags } from './vendor.ts'

type Config = Conversation['config']
type Members = Record<string, unknown>

/** What every vendor answers with unless told otherwise; asking for it is asking for nothing. */
const DEFAULTS: Readonly<Record<string, number>> = { temperature: 1, topP: 1 }

/** `isThinkingOff`: the model was told not to think, or cannot. */
export function samplingOf(
  config: Config,
  flags: VendorFlags,
  isThinkingOff: boolean,
  report: Report,
): Members {
  const isSampled = flags.sampling === 'always' || (flags.sampling === 'without-thinking' && isThinkingOff)
  return {
    ...limitOf(config, flags),
    ...freedomOf(config, flags, isSampled, report),
    ...penaltiesOf(config, flags, report),
    ...seedOf(config, flags, report),
    ...stopsOf(config, flags, report),
    ...logprobsOf(config, flags, isSampled, report),
  }
}

function limitOf(config: Config, flags: VendorFlags): Members {
  const limit = config.take('maxOutputTokens')
  return limit ? { [flags.maxTokensField]: limit } : {}
}

function freedomOf(config: Config, flags: VendorFlags, isSampled: boolean, report: Report): Members {
  const members: Members = {}
  const temperature = config.take('temperature')
  const topP = config.take('topP')
  const topK = config.take('topK')
  if (temperature !== undefined && isTaken('temperature', temperature)) {
    members.temperature = Math.min(temperature, flags.temperatureMax)
    if (temperature > flags.temperatureMax) {
      report.approximated(config.pathOf('temperature'), `the target goes up to ${flags.temperatureMax}`)
    }
  }
  if (topP !== undefined && isTaken('topP', topP)) members.top_p = topP
  if (topK !== undefined && flags.hasTopK) members.top_k = topK
  else if (topK) report.dropped(config.pathOf('topK'), 'the target has no such setting')
  return members

  function isTaken(key: 'temperature' | 'topP', value: number): boolean {
    if (!isSampled && value !== DEFAULTS[key]) {
      report.dropped(config.pathOf(key), 'the model does not read it when it thinks')
    }
    return isSampled
  }
}

const PENALTIES = [
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
] as const

function penaltiesOf(config: Config, flags: VendorFlags, report: Report): Members {
  const members: Members = {}
  for (const [key, field] of PENALTIES) {
    const penalty = config.take(key)
    if (penalty !== undefined && flags.hasPenalties) members[field] = penalty
    else if (penalty) report.dropped(config.pathOf(key), 'the model has no such setting')
  }
  return members
}

function seedOf(config: Config, flags: VendorFlags, report: Report): Members {
  const seed = config.take('seed')
  if (seed === undefined) return {}
  if (flags.seedField !== 'none') return { [flags.seedField]: seed }
  report.dropped(config.pathOf('seed'), 'the target has no such setting')
  return {}
}

/** Those that the target does not take are cut off where the answer is read. */
function stopsOf(config: Config, flags: VendorFlags, report: Report): Members {
  const asked = config.take('stopSequences') ?? []
  const stops = usableStops(asked)
  const path = config.pathOf('stopSequences')
  asked.forEach((stop, index) => {
    if (stop !== '' && !stops.includes(stop)) report.dropped(`${path}[${index}]`, 'the sequence is too long')
  })
  if (stops.length > flags.stopsMax) {
    report.emulated(path, `the target takes ${flags.stopsMax}; the answer is cut off here`)
  }
  const taken = stops.slice(0, flags.stopsMax)
  return taken.length > 0 ? { stop: taken } : {}
}

function logprobsOf(config: Config, flags: VendorFlags, isSampled: boolean, report: Report): Members {
  const isAsked = config.take('responseLogprobs') === true
  const top = config.take('logprobs')
  const path = config.pathOf('logprobs')
  if (!isAsked) {
    if (top) report.dropped(path, 'it means nothing without responseLogprobs')
    return {}
  }
  if (flags.topLogprobsMax < 0 || !isSampled) {
    report.dropped(config.pathOf('responseLogprobs'), 'the model has no log probabilities')
    if (top) report.dropped(path, 'the model has no log probabilities')
    return {}
  }
  if (top !== undefined && top > flags.topLogprobsMax) {
    report.approximated(path, `the target goes up to ${flags.topLogprobsMax}`)
  }
  return { logprobs: true, ...(top && { top_logprobs: Math.min(top, flags.topLogprobsMax) }) }
}
