/** What the Messages API refuses though its members are right. */
import { AnthropicRefusal, checked, invalid } from './anthropic-server-errors.ts'
import { type AnthropicModel, modelOf } from './anthropic-server-models.ts'
import { checkSchema } from './anthropic-server-schema.ts'
import type { Path } from './provider-shape.ts'
import { isJson, type Json, type Shape } from './provider-shape.ts'

/** Whether a thinking block, or a redacted one, is as we gave it out. */
export interface Signatures {
  isOurs(block: Json): boolean
}

export interface Block extends Json {
  readonly type: string
}

const CACHE_MARKS_MAX = 4
const SERVER_RESULTS = ['web_search_tool_result', 'web_fetch_tool_result']

/** Reads a body; throws `AnthropicRefusal`. */
export function readMessages(body: Json, shape: Shape, signatures: Signatures): AnthropicModel {
  checked(() => shape(body, []))
  const model = modelOf(body.model)
  checkTools(body)
  checkThinking(body, model)
  checkSampling(body, model)
  checkOutput(body, model)
  const system = typeof body.system === 'string' ? [{ type: 'text', text: body.system }] : body.system
  checkTexts((system ?? []) as readonly Block[], 'system')
  checkTurns(body, model, signatures)
  const marks = JSON.stringify([body.system, body.messages, body.tools]).match(/"cache_control":\{/g) ?? []
  if (marks.length > CACHE_MARKS_MAX)
    throw new AnthropicRefusal(
      `A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks.length}.`,
    )
  return model
}

function checkTools({ tools = [], tool_choice: choice }: Json): void {
  const all = tools as readonly Json[]
  const names = all.map(({ name }) => String(name))
  if (new Set(names).size < names.length) throw invalid('tools', 'Tool names must be unique.')
  all.forEach(({ input_schema: schema, strict }, index) => {
    if (!isJson(schema)) return
    const path = ['tools', index, 'custom', 'input_schema']
    if (schema.type === undefined) throw invalid([...path, 'type'], 'Field required')
    if (schema.type !== 'object') throw invalid([...path, 'type'], "Input should be 'object'")
    if (['oneOf', 'anyOf', 'allOf'].some((keyword) => schema[keyword] !== undefined))
      throw invalid(path, 'input_schema does not support oneOf, allOf, or anyOf at the top level')
    if (strict === true) checkSchema(schema, `tools.${index}.custom`)
  })
  if (!isJson(choice)) return
  if (all.length === 0)
    throw invalid('tool_choice', 'tool_choice may only be specified while providing tools.')
  if (choice.type === 'tool' && !names.includes(String(choice.name)))
    throw new AnthropicRefusal(`Tool '${String(choice.name)}' not found in provided tools`)
}

function checkThinking(body: Json, model: AnthropicModel): void {
  const { thinking, tool_choice: choice, max_tokens: limit } = body as { [name: string]: Json | undefined }
  if (thinking === undefined || thinking.type === 'disabled') return
  const kind = thinking.type as 'enabled' | 'adaptive'
  if (!model.thinking.includes(kind)) {
    const why =
      kind === 'adaptive'
        ? 'adaptive thinking is not supported on this model'
        : '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
    throw new AnthropicRefusal(why)
  }
  if (kind === 'enabled' && limit !== undefined && Number(limit) <= Number(thinking.budget_tokens))
    throw new AnthropicRefusal(
      '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
    )
  // An adaptive one bears it.
  if (kind === 'enabled' && (choice?.type === 'any' || choice?.type === 'tool'))
    throw new AnthropicRefusal('Thinking may not be enabled when tool_choice forces tool use.')
  const { temperature, top_k: topK, top_p: topP } = body
  if (temperature !== undefined && temperature !== 1)
    throw new AnthropicRefusal('`temperature` may only be set to 1 when thinking is enabled.')
  if (topK !== undefined) throw new AnthropicRefusal('`top_k` must be unset when thinking is enabled.')
  if (topP !== undefined && Number(topP) < 0.95)
    throw new AnthropicRefusal(
      '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.',
    )
}

function checkSampling(body: Json, model: AnthropicModel): void {
  const { temperature, top_p: topP, top_k: topK, max_tokens: limit, stop_sequences: stops = [] } = body
  if (typeof limit === 'number' && limit > model.maxTokens)
    throw invalid(
      'max_tokens',
      `${limit} > ${model.maxTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    )
  if (model.sampling === 'one' && temperature !== undefined && topP !== undefined)
    throw new AnthropicRefusal(
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    )
  if (model.sampling === 'none') {
    for (const [name, value] of Object.entries({ temperature, top_p: topP, top_k: topK })) {
      if (value !== undefined) throw new AnthropicRefusal(`\`${name}\` is deprecated for this model.`)
    }
  }
  for (const stop of stops as readonly string[]) {
    if (stop.trim() === '') throw invalid('stop_sequences', 'each stop sequence must contain non-whitespace')
  }
}

function checkOutput({ output_config: output }: Json, model: AnthropicModel): void {
  if (!isJson(output)) return
  if (output.effort && !model.efforts.includes(String(output.effort)))
    throw new AnthropicRefusal(
      model.efforts.length === 0
        ? 'This model does not support the effort parameter.'
        : `This model does not support effort level '${String(output.effort)}'.`,
    )
  if (!isJson(output.format)) return
  if (!model.hasFormat) throw new AnthropicRefusal(`'${model.id}' does not support output format.`)
  checkSchema(output.format.schema, 'output_config.format.schema')
}

export function blocksOf({ content }: Json): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as readonly Block[])
}

function checkTexts(blocks: readonly Block[], where: string): void {
  for (const { type, text, cache_control: mark } of blocks) {
    if (type !== 'text') continue
    if (text === '')
      throw invalid(
        where,
        mark ? 'cache_control cannot be set for empty text blocks' : 'text content blocks must be non-empty',
      )
    if (String(text).trim() === '')
      throw invalid(where, 'text content blocks must contain non-whitespace text')
  }
}

function checkTurns(body: Json, model: AnthropicModel, signatures: Signatures): void {
  const all = body.messages as readonly Json[]
  if (all.length === 0) throw invalid('messages', 'at least one message is required')
  if (all[0]!.role !== 'user') throw invalid('messages', 'first message must use the "user" role')
  const last = all.at(-1)!
  if (last.role === 'assistant') checkPrefill(last, body, model)
  all.forEach((message, index) => {
    const blocks = blocksOf(message)
    if (blocks.length === 0)
      throw invalid(['messages', index], `${message.role} messages must have non-empty content`)
    checkTexts(blocks, 'messages')
    checkPlaces(message, blocks, index, signatures)
    checkPairs(all, index)
  })
  if ((body.thinking as Json | undefined)?.type === 'enabled') checkStart(all)
}

function checkPrefill(last: Json, { thinking }: Json, model: AnthropicModel): void {
  if (!model.hasPrefill)
    throw new AnthropicRefusal(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  if (isJson(thinking) && thinking.type !== 'disabled')
    throw new AnthropicRefusal('Prefilling assistant messages is not supported when thinking is enabled.')
  const text = blocksOf(last).at(-1)?.text
  if (typeof text === 'string' && text !== text.trimEnd())
    throw invalid('messages', 'final assistant content cannot end with trailing whitespace')
}

const USER_BLOCKS = ['text', 'image', 'document', 'search_result', 'tool_result']
const ASSISTANT_BLOCKS = [
  'text',
  'tool_use',
  'thinking',
  'redacted_thinking',
  'server_tool_use',
  ...SERVER_RESULTS,
]

function checkPlaces({ role }: Json, blocks: readonly Block[], index: number, signatures: Signatures): void {
  const allowed = role === 'user' ? USER_BLOCKS : ASSISTANT_BLOCKS
  const other = role === 'user' ? 'assistant' : 'user'
  blocks.forEach((block, at) => {
    const path: Path = ['messages', index, 'content', at]
    if (!allowed.includes(block.type))
      throw invalid(['messages', index], `\`${block.type}\` blocks can only be in \`${other}\` messages`)
    const isThought = block.type === 'thinking' || block.type === 'redacted_thinking'
    if (isThought && !signatures.isOurs(block))
      throw invalid(
        path,
        block.type === 'thinking'
          ? 'Invalid `signature` in `thinking` block'
          : 'Invalid `data` in `redacted_thinking` block',
      )
    if (isThought && at === blocks.length - 1)
      throw invalid(['messages', index], 'The final block in an assistant message cannot be `thinking`.')
  })
}

/** Every call is answered at the start of the next message, and nothing else is. */
function checkPairs(all: readonly Json[], index: number): void {
  const called = usesOf(all[index])
  const results = resultsOf(all[index + 1])
  const missing = called.filter((id) => !results.includes(id))
  if (missing.length > 0)
    throw invalid(
      ['messages', index],
      `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    )
  if (new Set(called).size < called.length) throw invalid('messages', '`tool_use` ids must be unique')
  const before = usesOf(all[index - 1])
  const blocks = blocksOf(all[index]!)
  const seen = new Set<unknown>()
  let isPastResults = false
  blocks.forEach(({ type, tool_use_id: id }, at) => {
    if (type !== 'tool_result') isPastResults = true
    if (type !== 'tool_result') return
    if (!before.includes(id) || seen.has(id))
      throw invalid(
        ['messages', index, 'content', at],
        `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
    seen.add(id)
    if (isPastResults)
      throw invalid(
        ['messages', index - 1],
        `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${String(id)}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      )
  })
}

const usesOf = (message: Json | undefined) =>
  message?.role === 'assistant'
    ? blocksOf(message)
        .filter(({ type }) => type === 'tool_use')
        .map(({ id }) => id)
    : []

const resultsOf = (message: Json | undefined) =>
  message?.role === 'user'
    ? blocksOf(message)
        .filter(({ type }) => type === 'tool_result')
        .map(({ tool_use_id: id }) => id)
    : []

/** With a budget for thinking, the turn that the results continue must have begun with a thought. */
function checkStart(all: readonly Json[]): void {
  const asked = all.findLastIndex((message) => message.role === 'user' && resultsOf(message).length === 0)
  const index = all.findIndex((message, at) => at > asked && message.role === 'assistant')
  if (index < 0) return
  const first = blocksOf(all[index]!)[0]?.type
  if (first === 'thinking' || first === 'redacted_thinking') return
  throw invalid(
    ['messages', index, 'content', 0, 'type'],
    `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
  )
}
