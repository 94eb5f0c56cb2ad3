/** What Chat Completions says, whole and streamed. */

import { sse } from '../../src/cli/faults/wires.ts'
import { OpenAiRefusal } from './openai-server-errors.ts'
import { type OpenAiModel, thinks } from './openai-server-models.ts'
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
import type { Json } from './provider-shape.ts'

export function replyToChat(document: Json, model: OpenAiModel): Reply {
  const prompt = promptOf(document, model)
  const mishap = mishapOf(prompt.text)
  if (mishap.status !== undefined) return failure(mishap.status)
  const choices = Array.from({ length: Number(document.n ?? 1) }, () => choiceOf(document, model, prompt))
  const answer: Answer = { document, model, choices, id: `chatcmpl-${digest(prompt.said)}` }
  if (document.stream === true) return stream(answer, mishap.breaks, mishap.errs)
  if (mishap.garbles) return { status: 200, text: '{"id":"chatcmpl-1","choices":[{"index":0,' }
  return { status: 200, json: whole(answer) }
}

/** As the real ones word it; the rate limit says when to come back. */
export function failure(status: number): Reply {
  const words: Readonly<Record<number, string>> = {
    400: 'Invalid request: told to fail.',
    429: 'Rate limit reached for requests. Please try again in 1s.',
    500: 'The server had an error while processing your request. Sorry about that!',
    503: 'The engine is currently overloaded, please try again later.',
  }
  return new OpenAiRefusal(words[status] ?? 'Told to fail.', {
    status,
    code: status === 429 ? 'rate_limit_exceeded' : null,
    headers: status === 429 ? { 'retry-after': '1', 'retry-after-ms': '700' } : {},
  }).reply()
}

interface Choice {
  readonly said: Said
  readonly text: string
  readonly finish: string
  readonly reasoningTokens: number
}

interface Answer {
  readonly document: Json
  readonly model: OpenAiModel
  readonly choices: readonly Choice[]
  readonly id: string
}

export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(({ text = '' }: { text?: string }) => text).join(' ') : ''
}

function promptOf(document: Json, model: OpenAiModel): Prompt {
  const all = document.messages as readonly Json[]
  // What rides along with results, such as pictures that a tool message cannot hold, is no new question.
  const lastResult = all.findLastIndex(({ role }) => role === 'tool')
  const lastCall = all.findLastIndex(({ role }) => role === 'assistant')
  const isAnswering = lastResult > lastCall
  const users = all.filter(({ role }) => role === 'user')
  const asked = isAnswering ? all.slice(0, lastCall).findLast(({ role }) => role === 'user') : users.at(-1)
  const names = new Map(
    all
      .flatMap(({ tool_calls: calls = [] }) => calls as readonly Json[])
      .map(({ id, function: one }) => [id, String((one as Json).name)]),
  )
  return {
    text: textOf(asked?.content),
    system: all
      .filter(({ role }) => role === 'system' || role === 'developer')
      .map(({ content }) => textOf(content))
      .join('\n'),
    said: users.map(({ content }) => textOf(content)).join(' | '),
    results: isAnswering
      ? all
          .slice(lastCall + 1)
          .filter(({ role }) => role === 'tool')
          .map(({ tool_call_id: id, content }) => ({ name: names.get(id) ?? '', text: textOf(content) }))
      : [],
    ...toolsOf(document),
    format: formatOf(document.response_format as Json | undefined),
    media: mediaOf(users.at(-1)?.content),
    thinks: thinksOf(document, model),
  }
}

function thinksOf(
  { reasoning_effort: effort, chat_template_kwargs: template }: Json,
  model: OpenAiModel,
): boolean {
  if (model.isCompatible && (template as Json | undefined)?.enable_thinking === false) return false
  return thinks(effort, model)
}

function toolsOf({ tools = [], tool_choice: choice = 'auto' }: Json): Pick<Prompt, 'tools' | 'choice'> {
  const all = (tools as readonly Json[]).map(({ function: one }) => {
    const { name, parameters } = one as Json
    return { name: String(name), schema: parameters }
  })
  if (typeof choice === 'string')
    return { tools: all, choice: choice === 'required' ? 'any' : choice === 'none' ? 'none' : 'auto' }
  const { type, function: one, allowed_tools: allowed } = choice as Json
  if (type === 'function') return { tools: all, choice: { name: String((one as Json).name) } }
  const { mode, tools: some } = allowed as Json
  const names = (some as readonly Json[]).map((tool) => (tool.function as Json).name)
  return {
    tools: all.filter(({ name }) => names.includes(name)),
    choice: mode === 'required' ? 'any' : 'auto',
  }
}

function formatOf(format: Json | undefined): unknown {
  if (format?.type === 'json_object') return true
  return format?.type === 'json_schema' ? ((format.json_schema as Json).schema ?? true) : undefined
}

function mediaOf(content: unknown): Prompt['media'] {
  if (!Array.isArray(content)) return []
  return content.flatMap((part: Json) => {
    const { data, format } = (part.input_audio ?? {}) as Json
    if (data !== undefined)
      return [{ mimeType: `audio/${String(format)}`, bytes: Buffer.from(String(data), 'base64').length }]
    const found = readDataUrl(
      String((part.image_url as Json | undefined)?.url ?? (part.file as Json | undefined)?.file_data),
    )
    return found ? [found] : []
  })
}

function choiceOf(document: Json, model: OpenAiModel, prompt: Prompt): Choice {
  const said = answerTo(prompt)
  const { stop = [], max_completion_tokens: limit = document.max_tokens } = document
  const stops = (Array.isArray(stop) ? stop : stop === null ? [] : [stop]) as string[]
  const shown = cut(said.text, stops, typeof limit === 'number' ? limit : undefined)
  const finish = said.calls.length > 0 ? 'tool_calls' : shown.by === 'limit' ? 'length' : 'stop'
  const reasoningTokens = model.reasons && said.thought !== '' ? tokensOf(said.thought) : 0
  return { said, text: shown.text, finish, reasoningTokens }
}

function usageOf({ document, choices }: Answer): Json {
  const prompt = tokensOf(document.messages) + tokensOf(document.tools)
  const reasoning = choices.reduce((sum, { reasoningTokens }) => sum + reasoningTokens, 0)
  const visible = choices.reduce((sum, { text, said }) => sum + tokensOf(text) + tokensOf(said.calls), 0)
  return {
    prompt_tokens: prompt,
    completion_tokens: visible + reasoning,
    total_tokens: prompt + visible + reasoning,
    prompt_tokens_details: { cached_tokens: Math.floor(prompt / 2), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const CREATED = 1_780_000_000

function callsOf({ said }: Choice): readonly Json[] {
  return said.calls.map(({ id, name, args }) => ({
    id: `call_${id}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
}

function whole(answer: Answer): Json {
  const { model, choices, id, document } = answer
  return {
    id,
    object: 'chat.completion',
    created: CREATED,
    model: `${model.id}-2026-04-14`,
    choices: choices.map((choice, index) => ({
      index,
      message: {
        role: 'assistant',
        content: choice.said.calls.length > 0 ? null : choice.text,
        ...(model.isCompatible && choice.said.thought !== '' && { reasoning_content: choice.said.thought }),
        refusal: null,
        annotations: [],
        ...(choice.said.calls.length > 0 && { tool_calls: callsOf(choice) }),
      },
      logprobs:
        document.logprobs === true ? { content: logprobsOf(choice.text, document), refusal: null } : null,
      finish_reason: choice.finish,
    })),
    usage: usageOf(answer),
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
  }
}

function logprobsOf(text: string, { top_logprobs: top }: Json): readonly Json[] {
  return deltasOf(text, [4]).map((token) => {
    const row = { token, logprob: -0.25, bytes: [...Buffer.from(token)] }
    const others = Array.from({ length: Number(top ?? 0) }, (_, rank) => ({ ...row, logprob: -0.25 - rank }))
    return { ...row, top_logprobs: others }
  })
}

function stream(answer: Answer, breaks: boolean, errs: boolean): Reply {
  const { document, choices, model, id } = answer
  const withUsage = (document.stream_options as Json | undefined)?.include_usage === true
  const chunk = (rest: Json) =>
    sse({
      id,
      object: 'chat.completion.chunk',
      created: CREATED,
      model: `${model.id}-2026-04-14`,
      service_tier: 'default',
      system_fingerprint: 'fp_0123456789',
      ...(withUsage && { usage: null }),
      ...rest,
    })
  const frames = choices.flatMap((choice, index) =>
    deltasFor(choice, answer).map(({ delta, logprobs = null, finish = null }) =>
      chunk({ choices: [{ index, delta, logprobs, finish_reason: finish }], obfuscation: 'aB3' }),
    ),
  )
  if (errs) {
    const error = {
      message: 'The server had an error processing your request.',
      type: 'server_error',
      param: null,
      code: null,
    }
    return { frames: [...frames.slice(0, 2), sse({ error })], end: 'clean' }
  }
  if (breaks) return { frames: frames.slice(0, 2), end: 'broken' }
  if (withUsage) frames.push(chunk({ choices: [], usage: usageOf(answer) }))
  return { frames: [...frames, sse('[DONE]')], end: 'clean' }
}

interface Delta {
  readonly delta: Json
  readonly logprobs?: unknown
  readonly finish?: string
}

function deltasFor(choice: Choice, { model, document }: Answer): readonly Delta[] {
  const { said, text, finish } = choice
  const thought = model.isCompatible ? said.thought : ''
  return [
    { delta: { role: 'assistant', content: said.calls.length > 0 ? null : '', refusal: null } },
    ...deltasOf(thought).map((piece) => ({ delta: { reasoning_content: piece } })),
    ...(said.calls.length > 0 ? [] : deltasOf(text)).map((piece) => ({
      delta: { content: piece },
      ...(document.logprobs === true && {
        logprobs: { content: logprobsOf(piece, document), refusal: null },
      }),
    })),
    ...callsOf(choice).flatMap((call, index) => callDeltas(call, index)),
    { delta: {}, finish },
  ]
}

/** The name first, then the arguments in pieces that are no JSON by themselves. */
function callDeltas(call: Json, index: number): readonly Delta[] {
  const { name, arguments: words } = call.function as { name: string; arguments: string }
  const first = { index, id: call.id, type: 'function', function: { name, arguments: '' } }
  return [
    { delta: { tool_calls: [first] } },
    ...deltasOf(words, [3]).map((piece) => ({
      delta: { tool_calls: [{ index, function: { arguments: piece } }] },
    })),
  ]
}
