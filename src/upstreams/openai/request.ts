/** A conversation as the body of a chat completion. */
import type { Report } from '../../nouns/report.ts'
import type { Conversation } from '../translation/conversation.ts'
import type { Asking } from '../translation/translator.ts'
import type { MessageContext } from './context.ts'
import { formatOf } from './format.ts'
import { messagesOf } from './messages.ts'
import type { Json } from './responses/json.ts'
import { samplingOf } from './sampling.ts'
import { thinkingOf } from './thinking.ts'
import { toolsOf } from './tools.ts'
import type { ServiceTier, VendorFlags } from './vendor.ts'

const DETAILS: Readonly<Record<string, string>> = {
  MEDIA_RESOLUTION_LOW: 'low',
  MEDIA_RESOLUTION_MEDIUM: 'auto',
  MEDIA_RESOLUTION_HIGH: 'high',
}

export function chatBody(
  conversation: Conversation,
  asking: Asking,
  flags: VendorFlags,
  report: Report,
): Json {
  const { config } = conversation
  // Whether this model does it in one request or we ask once for each, the candidates come.
  config.take('candidateCount')
  const format = formatOf(conversation, flags, report)
  const thinking = thinkingOf(conversation.thinking, flags, report)
  const context: MessageContext = { flags, report, detail: detailOf(conversation, flags, report) }
  return {
    model: asking.model,
    messages: promptOf(conversation, format.instruction, context),
    ...samplingOf(config, flags, thinking.isOff, report),
    ...(asking.candidates > 1 && { n: asking.candidates }),
    ...toolsOf(conversation, flags, report),
    ...searchOf(conversation, flags, report),
    ...format.members,
    ...thinking.members,
    ...accountOf(conversation.request, flags, report),
    ...prefillOf(conversation, flags, report),
    ...flags.extraBody,
    ...(asking.isStream && {
      stream: true,
      ...(flags.hasStreamOptions && { stream_options: { include_usage: true } }),
    }),
  }
}

/** What a prompt is made of: for servers that count it. */
export function promptBody(
  conversation: Conversation,
  asking: Asking,
  flags: VendorFlags,
  report: Report,
): Json {
  const context: MessageContext = { flags, report, detail: undefined }
  return {
    model: asking.model,
    messages: messagesOf(conversation, context),
    ...toolsOf(conversation, flags, report),
  }
}

function promptOf(
  conversation: Conversation,
  instruction: string | undefined,
  context: MessageContext,
): readonly Json[] {
  const messages = messagesOf(conversation, context)
  if (instruction !== undefined) messages.unshift({ role: context.flags.systemRole, content: instruction })
  if (context.flags.prefill !== 'prefix' || !isPrefilled(conversation)) return messages
  return messages.with(-1, { ...messages.at(-1), prefix: true })
}

export function detailOf(
  { config, turns }: Conversation,
  flags: VendorFlags,
  report: Report,
): string | undefined {
  const hasImages = turns.some((turn) =>
    turn.pieces.some((piece) =>
      piece.kind === 'result'
        ? piece.media.length > 0
        : piece.kind === 'medium' && piece.medium.kind === 'image',
    ),
  )
  if (!flags.hasImageDetail || !hasImages) return undefined
  const resolution = config.take('mediaResolution')
  const detail = resolution === undefined ? undefined : DETAILS[resolution]
  if (detail === 'auto') {
    report.approximated(config.pathOf('mediaResolution'), 'the target knows low and high, and chooses itself')
  }
  return detail
}

/** Another one's search than Google's, with the same use. */
function searchOf({ serverTools }: Conversation, flags: VendorFlags, report: Report): Json {
  const tool = serverTools.find(({ name }) => name === 'googleSearch')
  if (flags.search === 'none' || tool === undefined) return {}
  tool.take()
  report.approximated(tool.path, "the web is searched by the target's own means")
  return flags.search === 'web_plugin' ? { plugins: [{ id: 'web' }] } : { web_search_options: {} }
}

export function accountOf(request: Conversation['request'], flags: VendorFlags, report: Report): Json {
  const members: Record<string, unknown> = {}
  if (flags.hasStore) {
    const store = request.take('store')
    if (store !== undefined) members.store = store
  }
  if (Object.keys(flags.serviceTiers).length === 0) return members
  const asked = request.take('serviceTier')?.toLowerCase()
  if (asked === undefined || asked === 'unspecified') return members
  const tier = flags.serviceTiers[asked as ServiceTier]
  if (tier !== undefined) members.service_tier = tier
  else report.dropped(request.pathOf('serviceTier'), 'the target has no such tier')
  return members
}

/** Gemini goes on with what the model said last. */
export function prefillOf(conversation: Conversation, flags: VendorFlags, report: Report): Json {
  if (!isPrefilled(conversation)) return {}
  if (flags.prefill === 'continue') return { continue_final_message: true, add_generation_prompt: false }
  if (flags.prefill === 'none') {
    const path = conversation.turns.at(-1)?.pieces.at(-1)?.path ?? 'contents'
    report.approximated(path, 'the target answers anew instead of going on with these words')
  }
  return {}
}

function isPrefilled({ turns }: Conversation): boolean {
  const last = turns.at(-1)
  return last?.role === 'model' && last.pieces.some((piece) => piece.kind === 'text' && piece.text !== '')
}
