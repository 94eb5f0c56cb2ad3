/** What the Responses API says, whole and streamed. */

import { sse } from '../../src/cli/faults/wires.ts'
import { failure, textOf } from './openai-server-chat-answer.ts'
import { type OpenAiModel, thinks } from './openai-server-models.ts'
import type { Reasoning } from './openai-server-reasoning.ts'
import {
  answerTo,
  cut,
  deltasOf,
  digest,
  mishapOf,
  type Prompt,
  readDataUrl,
  type Said,
  tokensOf,
} from './provider-mind.ts'
import type { Reply } from './provider-server.ts'
import { isJson, type Json } from './provider-shape.ts'

export function replyToResponse(body: Json, model: OpenAiModel, reasoning: Reasoning): Reply {
  const prompt = promptOf(body, model)
  const mishap = mishapOf(prompt.text)
  if (mishap.status !== undefined) return failure(mishap.status)
  const response = responseOf(body, model, prompt, reasoning)
  if (body.stream === true) return stream(response, mishap.breaks, mishap.errs)
  if (mishap.garbles) return { status: 200, text: '{"id":"resp_1","output":[{"type":"message",' }
  return { status: 200, json: response }
}

export function itemsOf({ input }: Json): readonly Json[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input as readonly Json[])
}

function promptOf(body: Json, model: OpenAiModel): Prompt {
  const items = itemsOf(body)
  const lastOutput = items.findLastIndex(({ type }) => type === 'function_call_output')
  const lastMade = items.findLastIndex(({ type, role }) => type === 'function_call' || role === 'assistant')
  const isAnswering = lastOutput > lastMade
  const users = items.filter(({ role }) => role === 'user')
  const asked = isAnswering ? items.slice(0, lastMade).findLast(({ role }) => role === 'user') : users.at(-1)
  const names = new Map(
    items.filter(({ type }) => type === 'function_call').map((item) => [item.call_id, String(item.name)]),
  )
  return {
    text: textOf(asked?.content),
    system: [String(body.instructions ?? '')]
      .concat(
        items
          .filter(({ role }) => role === 'system' || role === 'developer')
          .map(({ content }) => textOf(content)),
      )
      .join('\n'),
    said: users.map(({ content }) => textOf(content)).join(' | '),
    results: isAnswering
      ? items
          .slice(lastMade + 1)
          .filter(({ type }) => type === 'function_call_output')
          .map(({ call_id: id, output }) => ({ name: names.get(id) ?? '', text: textOf(output) }))
      : [],
    ...toolsOf(body),
    format: formatOf((body.text as Json | undefined)?.format as Json | undefined),
    media: mediaOf(users.at(-1)?.content),
    thinks: thinks((body.reasoning as Json | undefined)?.effort, model),
  }
}

function toolsOf({ tools = [], tool_choice: choice = 'auto' }: Json): Pick<Prompt, 'tools' | 'choice'> {
  const all = (tools as readonly Json[])
    .filter(({ type }) => type === 'function')
    .map(({ name, parameters }) => ({ name: String(name), schema: parameters }))
  if (typeof choice === 'string')
    return { tools: all, choice: choice === 'required' ? 'any' : choice === 'none' ? 'none' : 'auto' }
  const { type, name, mode, tools: some } = choice as Json
  if (type === 'function') return { tools: all, choice: { name: String(name) } }
  const names = (some as readonly Json[]).map((tool) => tool.name)
  return {
    tools: all.filter((tool) => names.includes(tool.name)),
    choice: mode === 'required' ? 'any' : 'auto',
  }
}

function formatOf(format: Json | undefined): unknown {
  if (format?.type === 'json_object') return true
  return format?.type === 'json_schema' ? format.schema : undefined
}

function mediaOf(content: unknown): Prompt['media'] {
  if (!Array.isArray(content)) return []
  return content.flatMap((part: Json) => readDataUrl(String(part.image_url ?? part.file_data)) ?? [])
}

function responseOf(body: Json, model: OpenAiModel, prompt: Prompt, reasoning: Reasoning): Json {
  const said = answerTo(prompt)
  const key = digest(JSON.stringify([body.input, said]))
  const limit = body.max_output_tokens
  const shown = cut(said.text, [], typeof limit === 'number' ? limit : undefined)
  const made = said.calls.length > 0 ? said.calls.map(callOf) : [messageOf(`msg_${key}`, shown.text)]
  const thought = said.thought === '' ? [] : [thoughtOf(body, said.thought, key, made[0]!, reasoning)]
  const isCut = shown.by === 'limit'
  return {
    id: `resp_${key}`,
    object: 'response',
    created_at: 1_780_000_000,
    status: isCut ? 'incomplete' : 'completed',
    background: false,
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: limit ?? null,
    model: `${model.id}-2026-04-14`,
    output: [...thought, ...made],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: (body.reasoning as Json | undefined)?.effort ?? null, summary: null },
    service_tier: 'default',
    store: body.store ?? true,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    usage: usageOf(body, said, shown.text),
    user: null,
    metadata: {},
  }
}

function usageOf(body: Json, { thought, calls }: Said, text: string): Json {
  const input = tokensOf(body.input) + tokensOf(body.tools)
  const reasoning = thought === '' ? 0 : tokensOf(thought)
  const output = tokensOf(text) + tokensOf(calls) + reasoning
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: Math.floor(input / 2) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

function callOf({ id, name, args }: Said['calls'][number]): Json {
  return {
    id: `fc_${id}`,
    type: 'function_call',
    status: 'completed',
    call_id: `call_${id}`,
    name,
    arguments: JSON.stringify(args),
  }
}

function messageOf(id: string, text: string): Json {
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text }]
  return { id, type: 'message', status: 'completed', role: 'assistant', content, phase: 'final_answer' }
}

function thoughtOf(body: Json, thought: string, key: string, next: Json, reasoning: Reasoning): Json {
  const id = `rs_${key}`
  const isShown = (body.reasoning as Json | undefined)?.summary
  const include = (body.include ?? []) as readonly string[]
  const encrypted = reasoning.seal(id, thought, next)
  return {
    id,
    type: 'reasoning',
    ...(include.includes('reasoning.encrypted_content') && { encrypted_content: encrypted }),
    summary: isShown ? [{ type: 'summary_text', text: thought }] : [],
  }
}

function stream(response: Json, breaks: boolean, errs: boolean): Reply {
  const open = { ...response, status: 'in_progress', output: [], usage: null, incomplete_details: null }
  const output = response.output as readonly Json[]
  const events: Json[] = [
    { type: 'response.created', response: open },
    { type: 'response.in_progress', response: open },
    ...output.flatMap((item, index) => itemEvents(item, index)),
  ]
  if (errs) {
    const error = {
      type: 'error',
      code: 'server_error',
      message: 'The server had an error processing your request.',
      param: null,
    }
    return { frames: framesOf([...events.slice(0, 5), error]), end: 'clean' }
  }
  if (breaks) return { frames: framesOf(events.slice(0, 6)), end: 'broken' }
  const last = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
  return { frames: framesOf([...events, { type: last, response }]), end: 'clean' }
}

function framesOf(events: readonly Json[]): readonly string[] {
  return events.map((event, index) => sse({ ...event, sequence_number: index }, String(event.type)))
}

function itemEvents(item: Json, index: number): readonly Json[] {
  const at = { item_id: item.id, output_index: index }
  const added = (start: Json): Json => ({
    type: 'response.output_item.added',
    output_index: index,
    item: start,
  })
  const done = { type: 'response.output_item.done', output_index: index, item }
  if (item.type === 'reasoning') return [added({ ...item, summary: [] }), ...summaryEvents(item, at), done]
  if (item.type === 'function_call') {
    const words = String(item.arguments)
    return [
      added({ ...item, status: 'in_progress', arguments: '' }),
      ...deltasOf(words, [3]).map((delta) => ({
        type: 'response.function_call_arguments.delta',
        ...at,
        delta,
      })),
      { type: 'response.function_call_arguments.done', ...at, arguments: words },
      done,
    ]
  }
  return [added({ ...item, status: 'in_progress', content: [] }), ...textEvents(item, at), done]
}

function summaryEvents({ summary }: Json, at: Json): readonly Json[] {
  return (summary as readonly Json[]).flatMap((part, index) => {
    const place = { ...at, summary_index: index }
    return [
      { type: 'response.reasoning_summary_part.added', ...place, part: { ...part, text: '' } },
      ...deltasOf(String(part.text)).map((delta) => ({
        type: 'response.reasoning_summary_text.delta',
        ...place,
        delta,
      })),
      { type: 'response.reasoning_summary_text.done', ...place, text: part.text },
      { type: 'response.reasoning_summary_part.done', ...place, part },
    ]
  })
}

function textEvents({ content }: Json, at: Json): readonly Json[] {
  const [part] = content as readonly Json[]
  const place = { ...at, content_index: 0 }
  if (!isJson(part)) return []
  return [
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...deltasOf(String(part.text)).map((delta) => ({
      type: 'response.output_text.delta',
      ...place,
      delta,
      logprobs: [],
    })),
    { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part },
  ]
}
