/** What is done about the fields of a request that a target had no use for: one table for all of them. */
import { type Report, untranslatable } from '../../nouns/report.ts'
import type { Conversation, GenerateRequest, GenerationConfig } from './conversation.ts'
import type { Untaken } from './fields.ts'
import { isEmpty, isNothing } from './nothing.ts'

interface Rule {
  /** `hard`: leaving it out would be a lie, so the request is refused. */
  readonly loss: 'soft' | 'hard'
  readonly reason: string
  /** Values that ask for what happens anyway, beside those that mean nothing. */
  readonly isUsual?: (value: unknown) => boolean
  /** Where a client's own words are in it. */
  readonly isEmpty?: (value: unknown) => boolean
}

const soft = (reason: string, isUsual?: Rule['isUsual']): Rule => ({
  loss: 'soft',
  reason,
  ...(isUsual && { isUsual }),
})
const hard = (reason: string, isUsual?: Rule['isUsual']): Rule => ({
  loss: 'hard',
  reason,
  ...(isUsual && { isUsual }),
})
const knob = soft('the target has no such knob')
const penalty = soft('the target has no such knob', (value) => value === 0)
const live = soft('the target has nothing like it')

/** Read by `readConversation`, which answers for them. */
type ConfigRead =
  | 'responseMimeType'
  | 'responseSchema'
  | 'responseJsonSchema'
  | '_responseJsonSchema'
  | 'responseFormat'
  | 'thinkingConfig'

const CONFIG: Readonly<Record<Exclude<keyof GenerationConfig, ConfigRead>, Rule>> = {
  candidateCount: hard('the target gives one answer to a request', (value) => value === 1),
  stopSequences: soft('the target cannot be told where to stop'),
  // The money that is held back for an answer counts on it.
  maxOutputTokens: hard('the target takes no limit for its answers'),
  temperature: knob,
  topP: knob,
  topK: knob,
  seed: knob,
  presencePenalty: penalty,
  frequencyPenalty: penalty,
  responseLogprobs: soft('the target tells no probabilities'),
  logprobs: soft('the target tells no probabilities'),
  enableEnhancedCivicAnswers: live,
  responseModalities: hard('the target answers in text only', isTextOnly),
  speechConfig: hard('the target does not speak'),
  imageConfig: hard('the target makes no images'),
  mediaResolution: soft('the target chooses by itself how closely it looks'),
  enableAffectiveDialog: live,
  translationConfig: hard('the target has nothing like it'),
  audioTranscriptionConfig: hard('the target has nothing like it'),
  routingConfig: { ...soft('the gateway has chosen the model'), isEmpty },
  modelConfig: { ...soft('the gateway has chosen the model'), isEmpty },
  audioTimestamp: soft('the target is not told to watch the time'),
}

type RequestRead =
  | 'model'
  | 'contents'
  | 'systemInstruction'
  | 'tools'
  | 'toolConfig'
  | 'generationConfig'
  | 'cachedContent'

const REQUEST: Readonly<Record<Exclude<keyof GenerateRequest, RequestRead>, Rule>> = {
  safetySettings: soft('the target has no such settings', isAllOff),
  serviceTier: soft('the target has no such tiers', (value) => value === 'standard'),
  store: soft('the target is not told whether to keep it'),
  continuationToken: hard('only the model that gave it can go on from it'),
  labels: { ...soft('the target has no labels'), isEmpty },
  modelArmorConfig: hard('the target has no Model Armor'),
}

function isTextOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every((modality) => modality === 'TEXT' || isNothing(modality))
}

/** A setting that blocks nothing asks for nothing. */
function isAllOff(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(({ threshold }) => threshold === 'OFF' || threshold === 'BLOCK_NONE' || isNothing(threshold))
  )
}

/**
 * Puts on the report what nobody took and nothing hangs on. Throws `untranslatable` for all else: also for a tool of
 * Google's that nobody took. Comes after the translator, and before anything is sent.
 */
export function settleLeftovers({ serverTools, config, request }: Conversation, report: Report): void {
  for (const { isTaken, path, name } of serverTools) {
    if (!isTaken) throw untranslatable(path, `the target has no tool like ${name}`)
  }
  settle(request.untaken(), REQUEST, report)
  settle(config.untaken(), CONFIG, report)
}

function settle(fields: readonly Untaken[], rules: Readonly<Record<string, Rule>>, report: Report): void {
  for (const { path, value } of fields) {
    const rule = rules[path.slice(path.lastIndexOf('.') + 1)] ?? UNKNOWN
    if ((rule.isEmpty ?? isNothing)(value) || rule.isUsual?.(value)) continue
    if (rule.loss === 'hard') throw untranslatable(path, rule.reason)
    report.dropped(path, rule.reason)
  }
}

const UNKNOWN = hard('the target has nothing like it')
