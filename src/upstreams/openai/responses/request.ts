/** A conversation as the body of a request. */
import { type Report, untranslatable } from '../../../nouns/report.ts'
import type { Conversation } from '../../translation/conversation.ts'
import type { Asking } from '../../translation/translator.ts'
import type { MessageContext } from '../context.ts'
import { formatOf } from '../format.ts'
import { accountOf, detailOf, prefillOf } from '../request.ts'
import { samplingOf } from '../sampling.ts'
import { thinkingOf } from '../thinking.ts'
import type { VendorFlags } from '../vendor.ts'
import { inputText } from './content.ts'
import { flagsHere } from './flags.ts'
import { inputOf } from './input.ts'
import { isObject, type Json, objectOf } from './json.ts'
import { toolsOf } from './tools.ts'

/** Fewer are refused there, and more than were asked for would be paid for. */
const OUTPUT_TOKENS_MIN = 16

export function responsesBody(
  conversation: Conversation,
  asking: Asking,
  vendorFlags: VendorFlags,
  report: Report,
): Json {
  const flags = flagsHere(vendorFlags)
  const { prompt, reasoning, isThinkingOff } = promptOf(conversation, asking, flags, report)
  // Each candidate is a request of its own.
  conversation.config.take('candidateCount')
  prefillOf(conversation, flags, report)
  const sampling = samplingHere(conversation, flags, isThinkingOff, report)
  const include = [
    ...(flags.isReasoning ? ['reasoning.encrypted_content'] : []),
    ...(sampling.hasLogprobs ? ['message.output_text.logprobs'] : []),
  ]
  return {
    ...prompt,
    ...sampling.members,
    ...reasoning,
    ...accountOf(conversation.request, flags, report),
    store: false,
    ...(include.length > 0 && { include }),
    ...flags.extraBody,
    ...(asking.isStream && { stream: true }),
  }
}

/** What a prompt is made of, for counting it. */
export function countBody(
  conversation: Conversation,
  asking: Asking,
  vendorFlags: VendorFlags,
  report: Report,
): Json {
  const { prompt, reasoning } = promptOf(conversation, asking, flagsHere(vendorFlags), report)
  return { ...prompt, ...reasoning }
}

function promptOf(conversation: Conversation, asking: Asking, flags: VendorFlags, report: Report) {
  const context: MessageContext = { flags, report, detail: detailOf(conversation, flags, report) }
  // Of the word JSON, only what stands in the input counts there.
  const { members, instruction } = formatOf({ ...conversation, system: [] }, flags, report)
  const thinking = thinkingHere(conversation, flags, report)
  const system = conversation.system.map((piece) => piece.text).join('\n\n')
  const input = inputOf(conversation, context)
  if (instruction !== undefined) {
    input.unshift({ type: 'message', role: flags.systemRole, content: [inputText(instruction)] })
  }
  const prompt = {
    model: asking.model,
    ...(system !== '' && { instructions: system }),
    input,
    ...toolsOf(conversation, flags, report),
    ...textOf(members),
  }
  return { prompt, ...thinking }
}

/** A name, a schema and `strict` stand flat in the format here; what is not said to be loose is strict. */
function textOf({ response_format: format }: Json): Json {
  if (!isObject(format)) return {}
  if (format.type !== 'json_schema') return { text: { format } }
  return { text: { format: { type: 'json_schema', strict: false, ...objectOf(format.json_schema) } } }
}

function thinkingHere({ thinking }: Conversation, flags: VendorFlags, report: Report) {
  const { members, isOff } = thinkingOf(thinking, flags, report)
  const effort = members.reasoning_effort
  const isSilenced = isOff && effort !== undefined
  const isShown = thinking?.includeThoughts === true && !isSilenced
  if (thinking?.includeThoughts === true && !flags.isReasoning) {
    report.dropped(`${thinking.path}.includeThoughts`, 'the model does not think')
  }
  const reasoning = {
    ...(effort !== undefined && { effort }),
    ...(isShown && flags.isReasoning && { summary: 'auto' }),
  }
  return {
    reasoning: Object.keys(reasoning).length > 0 ? { reasoning } : {},
    isThinkingOff: isOff,
  }
}

function samplingHere(
  { config }: Conversation,
  flags: VendorFlags,
  isThinkingOff: boolean,
  report: Report,
): { members: Json; hasLogprobs: boolean } {
  const { max_tokens: limit, logprobs, ...rest } = samplingOf(config, flags, isThinkingOff, report)
  if (typeof limit === 'number' && limit < OUTPUT_TOKENS_MIN) {
    throw untranslatable(
      config.pathOf('maxOutputTokens'),
      `the target writes ${OUTPUT_TOKENS_MIN} tokens or more`,
    )
  }
  return {
    members: { ...(limit !== undefined && { max_output_tokens: limit }), ...rest },
    hasLogprobs: logprobs === true,
  }
}
