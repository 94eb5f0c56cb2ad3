/** A conversation → the body of `POST /v1/messages`, or of `/v1/messages/count_tokens`. */
import type { Report } from '../../nouns/report.ts'
import type { Conversation } from '../translation/conversation.ts'
import type { Asking, ProviderRequest } from '../translation/translator.ts'
import { type Block, Blocks, isBlank } from './blocks.ts'
import {
  buildMessages,
  CACHED,
  hasThoughts,
  isLoopWithoutThoughts,
  type Message,
  type MessagesOptions,
} from './messages.ts'
import { type ModelRules, rulesOf } from './model-rules.ts'
import { planSampling } from './sampling.ts'
import { closedSchema } from './schema.ts'
import { planThinking, type ThinkingPlan } from './thinking.ts'
import { planTools, type ToolPlan } from './tools.ts'

const BINDING_BETA = 'thinking-binding-controls-2026-08-01'
/** What the model thought behind something that has changed since is left out there, instead of a refusal. */
const BLOCK_BINDING = { prefix_mismatch_behavior: 'drop_block' } as const

/** What a generation and a count have in common. */
interface Prompt {
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly thinking: ThinkingPlan
}

export function buildGenerate(conversation: Conversation, asking: Asking, report: Report): ProviderRequest {
  const rules = rulesOf(asking.model)
  const maxTokens = maxTokensOf(conversation, rules, report)
  const { members, headers, thinking } = buildPrompt(conversation, { rules, maxTokens }, report)
  const stops = stopSequences(conversation, report)
  const body = {
    model: asking.model,
    max_tokens: maxTokens,
    ...(asking.isStream && { stream: true }),
    ...members,
    ...planSampling(conversation.config, rules, thinking.isOn, report),
    ...(stops.length > 0 && { stop_sequences: stops }),
  }
  return { path: '/v1/messages', ...(headers !== undefined && { headers }), body }
}

export function buildCount(conversation: Conversation, asking: Asking, report: Report): ProviderRequest {
  const rules = rulesOf(asking.model)
  const scene = { rules, maxTokens: rules.outputTokensMax, isCount: true }
  const { members, headers } = buildPrompt(conversation, scene, report)
  return {
    path: '/v1/messages/count_tokens',
    ...(headers !== undefined && { headers }),
    body: { model: asking.model, ...members },
  }
}

interface PromptScene {
  readonly rules: ModelRules
  readonly maxTokens: number
  readonly isCount?: boolean
}

function buildPrompt(conversation: Conversation, scene: PromptScene, report: Report): Prompt {
  const { rules, maxTokens } = scene
  const { turns } = conversation
  const tools = planTools(conversation, rules, report)
  const obstacle = obstacleOf(conversation, tools)
  const thinking = planThinking(conversation.thinking, { rules, maxTokens, obstacle }, report)
  const isOff = thinking.thinking !== undefined && !thinking.isOn
  const keepsThoughts = !(rules.bindsThoughts && isOff)
  const format = formatOf(conversation, rules)
  const ending = endingOf(scene, format !== undefined)
  const messages = buildMessages(conversation, { keepsThoughts, ending }, report)
  const isBound = rules.bindsThoughts && keepsThoughts && hasThoughts(turns)
  return {
    members: members(messages, systemOf(conversation, tools.words, report), tools, {
      thinking: isBound
        ? { ...(thinking.thinking ?? { type: 'adaptive' }), block_binding: BLOCK_BINDING }
        : thinking.thinking,
      output: { ...(thinking.effort && { effort: thinking.effort }), ...(format && { format }) },
    }),
    headers: isBound ? { 'anthropic-beta': BINDING_BETA } : undefined,
    thinking,
  }
}

function members(
  messages: readonly Message[],
  system: readonly Block[],
  { tools, choice }: ToolPlan,
  { thinking, output }: { thinking: object | undefined; output: object },
): Readonly<Record<string, unknown>> {
  return {
    ...(system.length > 0 && { system }),
    messages,
    ...(tools.length > 0 && { tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(thinking !== undefined && { thinking }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
  }
}

/** A budget of thoughts is refused with these; an effort is not. */
function obstacleOf({ turns }: Conversation, { isForced }: ToolPlan): string | undefined {
  if (isForced) return 'the model cannot think when it is made to call a function'
  if (isLoopWithoutThoughts(turns))
    return 'the calls that are answered here were made without thoughts of this model'
  return turns.at(-1)?.role === 'model' ? 'the answer was begun for it' : undefined
}

function endingOf({ rules, isCount }: PromptScene, hasFormat: boolean): MessagesOptions['ending'] {
  if (rules.takesPrefill && !hasFormat) return 'prefill'
  return isCount ? 'follow' : 'refuse'
}

/** What the model does not hold itself to has been asked for in words before it comes here. */
function formatOf({ format }: Conversation, { keepsSchemas }: ModelRules): object | undefined {
  if (format.kind !== 'schema' || !keepsSchemas) return undefined
  const schema = closedSchema(format.schema)
  return schema === undefined ? undefined : { type: 'json_schema', schema }
}

function systemOf({ system }: Conversation, words: string | undefined, report: Report): readonly Block[] {
  const blocks = new Blocks()
  const lastCached = system.findLast(({ path }) => path.startsWith(CACHED))
  for (const piece of system) {
    const { path, text } = piece
    if (!isBlank(text)) blocks.text(text, false)
    else if (text !== '') report.approximated(path, 'the target refuses a text of nothing but white space')
    if (piece === lastCached) blocks.mark()
  }
  if (words !== undefined) blocks.text(words, false)
  return blocks.done()
}

function maxTokensOf({ config }: Conversation, rules: ModelRules, report: Report): number {
  const { outputTokensMax, isLimitKnown } = rules
  const asked = config.take('maxOutputTokens')
  if (asked === undefined) return outputTokensMax
  if (asked <= outputTokensMax || !isLimitKnown) return asked
  report.approximated(config.pathOf('maxOutputTokens'), `the model gives at most ${outputTokensMax}`)
  return outputTokensMax
}

function stopSequences({ config }: Conversation, report: Report): readonly string[] {
  const asked = config.take('stopSequences') ?? []
  const path = config.pathOf('stopSequences')
  return asked.filter((text, index) => {
    if (!isBlank(text)) return true
    report.dropped(`${path}[${index}]`, 'the target does not stop at white space')
    return false
  })
}
