/** What the Messages API says, whole and streamed, with thoughts that it signs. */
import { createHmac, randomBytes } from 'node:crypto'
import { sse } from '../../src/cli/faults/wires.ts'
import { AnthropicRefusal } from './anthropic-server-errors.ts'
import type { AnthropicModel } from './anthropic-server-models.ts'
import { type Block, blocksOf, type Signatures } from './anthropic-server-rules.ts'
import { answerTo, cut, deltasOf, digest, mishapOf, type Prompt, tokensOf } from './provider-mind.ts'
import type { Reply } from './provider-server.ts'
import type { Json } from './provider-shape.ts'

export interface Signer extends Signatures {
  thinking(thought: string, shown: string): Json
  redacted(thought: string): Json
}

export function createSigner(): Signer {
  const key = randomBytes(32)
  const mark = (kind: string, text: string) =>
    createHmac('sha256', key).update(`${kind}\n${text}`).digest('base64')
  return {
    thinking: (_thought, shown) => ({
      type: 'thinking',
      thinking: shown,
      signature: mark('thinking', shown),
    }),
    redacted(thought) {
      const body = Buffer.from(thought).toString('base64')
      return { type: 'redacted_thinking', data: `${body}.${mark('redacted', body)}` }
    },
    isOurs({ type, thinking, signature, data }) {
      if (type === 'thinking') return signature === mark('thinking', String(thinking))
      const [body = '', seal] = String(data).split('.')
      return seal === mark('redacted', body)
    },
  }
}

/** Prompts that were marked for the cache, by digest. */
export type PromptCache = Set<string>

export interface Voice {
  readonly signer: Signer
  readonly cache: PromptCache
}

export function replyToMessages(body: Json, model: AnthropicModel, voice: Voice): Reply {
  const prompt = promptOf(body)
  const mishap = mishapOf(prompt.text)
  if (mishap.status !== undefined) return failure(mishap.status)
  const message = messageOf(body, model, prompt, voice)
  if (body.stream === true) return stream(message, mishap.breaks, mishap.errs)
  if (mishap.garbles) return { status: 200, text: '{"id":"msg_1","type":"message","content":[{"type":' }
  return { status: 200, headers: { 'request-id': 'req_1' }, json: message }
}

function failure(status: number): Reply {
  const words: Readonly<Record<number, string>> = {
    400: 'Told to fail.',
    429: "This request would exceed your organization's rate limit of 50 requests per minute.",
    500: 'Internal server error',
    529: 'Overloaded',
  }
  const headers = {
    'retry-after': '1',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': '2026-11-21T00:00:01Z',
  }
  return new AnthropicRefusal(words[status] ?? 'Told to fail.', status, status === 429 ? headers : {}).reply()
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(({ text = '' }: { text?: string }) => text).join(' ') : ''
}

const plain = (blocks: readonly Block[]) => textIn(blocks.filter(({ type }) => type === 'text'))

function promptOf(body: Json): Prompt {
  const all = (body.messages as readonly Json[]).map((message) => ({
    role: message.role,
    blocks: blocksOf(message),
  }))
  const names = new Map(
    all
      .flatMap(({ blocks }) => blocks)
      .map(({ type, id, name }) => [type === 'tool_use' ? id : undefined, name]),
  )
  const users = all.filter(({ role }) => role === 'user')
  const last = users.at(-1)?.blocks ?? []
  const results = last.filter(({ type }) => type === 'tool_result')
  const asking = users.filter(({ blocks }) => !blocks.some(({ type }) => type === 'tool_result'))
  const { tool_choice: choice, thinking } = body as { [name: string]: Json | undefined }
  return {
    text: plain(results.length > 0 && plain(last) === '' ? (asking.at(-1)?.blocks ?? []) : last),
    system: textIn(body.system),
    said: users.map(({ blocks }) => plain(blocks)).join(' | '),
    results: results.map(({ tool_use_id: id, content }) => ({
      name: String(names.get(id)),
      text: textIn(content),
    })),
    tools: ((body.tools ?? []) as readonly Json[])
      .filter(({ input_schema: schema }) => schema !== undefined)
      .map(({ name, input_schema: schema }) => ({ name: String(name), schema })),
    choice:
      choice?.type === 'tool'
        ? { name: String(choice.name) }
        : ((choice?.type ?? 'auto') as 'auto' | 'any' | 'none'),
    format: ((body.output_config as Json | undefined)?.format as Json | undefined)?.schema,
    media: last.flatMap(mediumOf),
    thinks: thinking !== undefined && thinking.type !== 'disabled',
  }
}

function mediumOf({ type, source }: Block): Prompt['media'] {
  const { data, media_type: mimeType } = (source ?? {}) as Json
  if (type === 'text' || data === undefined) return []
  const encoding = mimeType === 'text/plain' ? 'utf8' : 'base64'
  return [{ mimeType: String(mimeType), bytes: Buffer.from(String(data), encoding).length }]
}

function messageOf(body: Json, model: AnthropicModel, prompt: Prompt, { signer, cache }: Voice): Json {
  const said = answerTo(prompt)
  const stops = (body.stop_sequences ?? []) as readonly string[]
  const shown = cut(said.text, stops, Number(body.max_tokens))
  const content = [
    ...thoughtsOf(said.thought, body, prompt, signer),
    ...(said.calls.length > 0
      ? calls(said.calls)
      : shown.text === ''
        ? []
        : [{ type: 'text', text: shown.text }]),
  ]
  const reason =
    said.calls.length > 0 ? 'tool_use' : { limit: 'max_tokens', stop: 'stop_sequence' }[String(shown.by)]
  const thinking = tokensOf(said.thought === '' ? '' : said.thought)
  const output = tokensOf(shown.text) + tokensOf(said.calls) + (said.thought === '' ? 0 : thinking)
  return {
    id: `msg_01${digest(prompt.said)}`,
    type: 'message',
    role: 'assistant',
    model: `${model.id}-20260414`,
    content,
    stop_reason: reason ?? 'end_turn',
    stop_sequence: shown.stop ?? null,
    usage: {
      ...promptUsage(body, cache),
      output_tokens: output,
      ...(said.thought !== '' && { output_tokens_details: { thinking_tokens: thinking } }),
      service_tier: 'standard',
      inference_geo: 'not_available',
    },
  }
}

/** A long prompt has part of its thoughts hidden. */
function thoughtsOf(thought: string, { thinking }: Json, { text }: Prompt, signer: Signer): readonly Json[] {
  if (thought === '') return []
  const shown = (thinking as Json).display === 'omitted' ? '' : thought
  const first = signer.thinking(thought, shown)
  return /\bsecret\b/.test(text) ? [first, signer.redacted(thought)] : [first]
}

function calls(made: readonly { id: string; name: string; args: Json }[]): readonly Json[] {
  return made.map(({ id, name, args }) => ({ type: 'tool_use', id: `toolu_01${id}`, name, input: args }))
}

/** What is marked is written the first time and read the next. */
function promptUsage(body: Json, cache: PromptCache): Json {
  const total = tokensOf(body.messages) + tokensOf(body.system) + tokensOf(body.tools)
  const marked = markedPart(body)
  if (marked === undefined)
    return { input_tokens: total, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  const key = digest(marked)
  const isKnown = cache.has(key)
  cache.add(key)
  const tokens = Math.min(total, tokensOf(marked))
  return {
    input_tokens: total - tokens,
    cache_creation_input_tokens: isKnown ? 0 : tokens,
    cache_read_input_tokens: isKnown ? tokens : 0,
  }
}

/** The prompt up to its last mark. */
function markedPart({ tools = [], system, messages }: Json): string | undefined {
  const turns = (messages as readonly Json[]).flatMap(blocksOf)
  const blocks = [...(tools as readonly Json[]), ...(Array.isArray(system) ? system : [system]), ...turns]
  const last = blocks.findLastIndex((block) => (block as Json | undefined)?.cache_control)
  return last < 0 ? undefined : JSON.stringify(blocks.slice(0, last + 1))
}

function stream(message: Json, breaks: boolean, errs: boolean): Reply {
  const { usage, content, stop_reason: reason, stop_sequence: sequence } = message as { [name: string]: Json }
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  }
  const events: Json[] = [
    { type: 'message_start', message: start },
    { type: 'ping' },
    ...(content as unknown as readonly Block[]).flatMap(blockEvents),
  ]
  if (errs) {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    return { frames: framesOf([...events.slice(0, 5), error]), end: 'clean' }
  }
  if (breaks) return { frames: framesOf(events.slice(0, 5)), end: 'broken' }
  events.push({ type: 'message_delta', delta: { stop_reason: reason, stop_sequence: sequence }, usage })
  return { frames: framesOf([...events, { type: 'message_stop' }]), end: 'clean' }
}

function framesOf(events: readonly Json[]): readonly string[] {
  return events.map((event) => sse(event, String(event.type)))
}

function blockEvents(block: Block, index: number): readonly Json[] {
  const delta = (rest: Json): Json => ({ type: 'content_block_delta', index, delta: rest })
  const frame = (start: Json, deltas: readonly Json[]): readonly Json[] => [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map(delta),
    { type: 'content_block_stop', index },
  ]
  switch (block.type) {
    case 'text':
      return frame(
        { ...block, text: '' },
        deltasOf(String(block.text)).map((text) => ({ type: 'text_delta', text })),
      )
    case 'thinking':
      return frame({ ...block, thinking: '', signature: '' }, [
        ...deltasOf(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature },
      ])
    case 'tool_use':
      return frame({ ...block, input: {} }, [
        { type: 'input_json_delta', partial_json: '' },
        ...deltasOf(JSON.stringify(block.input), [3]).map((piece) => ({
          type: 'input_json_delta',
          partial_json: piece,
        })),
      ])
    default:
      return frame(block, [])
  }
}
