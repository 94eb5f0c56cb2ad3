/** Requests through the translator, and answers back through it, without a socket. */

import { Report } from '../../../nouns/report.ts'
import type { Library } from '../../../nouns/resources.ts'
import { CALLER, callOf } from '../../../nouns.fixture.ts'
import type { Call } from '../../../nouns.ts'
import type { GenerateContentResponse, Part } from '../../../wire/gemini.ts'
import { createComposer } from '../../translation/composer.ts'
import { settleLeftovers } from '../../translation/leftovers.ts'
import { readConversation } from '../../translation/read.ts'
import { createSeals } from '../../translation/seals.ts'
import type { Asking } from '../../translation/translator.ts'
import { vendorNamed } from '../vendors.ts'
import type { Json } from './json.ts'
import { createResponsesTranslator } from './translator.ts'

const NO_LIBRARY: Library = {
  file: () => Promise.reject(new Error('no files')),
  cachedContent: () => Promise.reject(new Error('no caches')),
  documents: () => Promise.reject(new Error('no documents')),
}

const ORIGIN = 'o/m'
const seals = createSeals()
seals.use(Buffer.alloc(32, 3))

const translatorFor = (vendor: string) =>
  createResponsesTranslator((model) => vendorNamed(vendor)!.flagsFor(model))
export const translator = translatorFor('openai')

export const signature = (state: unknown): string => seals.seal(ORIGIN, state)
export const stateOf = (part: Part | undefined): unknown => {
  const opened = seals.open(ORIGIN, part?.thoughtSignature ?? '')
  return opened.kind === 'own' ? opened.state : opened.kind
}

export interface Sent {
  readonly body: Json
  readonly losses: Record<string, string>
}

export function callWith(request: object): Call {
  return callOf({ document: () => request as Record<string, unknown> })
}

/** What goes out for a request; a text alone is a user's. */
export async function send(
  request: object,
  model = 'gpt-5.2',
  rest: { isStream?: boolean; vendor?: string } = {},
): Promise<Sent> {
  const { isStream = false, vendor = 'openai' } = rest
  const report = new Report('o')
  const call = callWith({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], ...request })
  const options = { model, caller: CALLER, library: NO_LIBRARY, seals, origin: ORIGIN, report }
  const { conversation } = await readConversation(call, { ...options, rules: translator.rules })
  const asking: Asking = { call, model, isStream, candidates: 1 }
  const { body } = translatorFor(vendor).generate(conversation, asking, report)
  settleLeftovers(conversation, report)
  return {
    body: JSON.parse(JSON.stringify(body)),
    losses: Object.fromEntries(report.losses().map(({ path, kind }) => [path, kind])),
  }
}

export const user = (...parts: object[]) => ({ role: 'user', parts })
export const model = (...parts: object[]) => ({ role: 'model', parts })

export interface Read {
  readonly chunks: readonly GenerateContentResponse[]
  readonly parts: readonly Part[]
  readonly last: GenerateContentResponse
  readonly isComplete: boolean
}

const composerFor = (emit?: (chunk: GenerateContentResponse) => void) =>
  createComposer({
    isStream: emit !== undefined,
    model: 'gpt-5.2',
    includeThoughts: true,
    originalName: (name) => name,
    seal: signature,
    emit,
  })

export function readWhole(document: unknown, request: object = {}): Read {
  const composer = composerFor()
  const asking = { call: callWith(request), model: 'gpt-5.2', isStream: false, candidates: 1 }
  translator.readWhole(document, composer, asking, new Report('o'))
  const last = composer.end()
  return { chunks: [last], parts: last.candidates?.[0]?.content?.parts ?? [], last, isComplete: true }
}

/** The parts of all chunks, one after the other. */
export function readStream(events: readonly object[], request: object = {}): Read {
  const chunks: GenerateContentResponse[] = []
  const composer = composerFor((chunk) => chunks.push(chunk))
  const asking = { call: callWith(request), model: 'gpt-5.2', isStream: true, candidates: 1 }
  const reading = translator.readEvents(composer, asking, new Report('o'))
  for (const event of events) reading.event('', event)
  const last = composer.end()
  const parts = [...chunks, last].flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
  return { chunks, parts, last, isComplete: reading.isComplete }
}

export const responseOf = (output: readonly object[], rest: object = {}): Json => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  error: null,
  incomplete_details: null,
  model: 'gpt-5.2-2025-12-11',
  output,
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 40,
  },
  ...rest,
})

export const reasoning = (id: string, summary = '') => ({
  type: 'reasoning',
  id,
  summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
  encrypted_content: `ENC-${id}`,
  status: null,
})
export const messageItem = (text: string, rest: object = {}) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [], ...rest }],
})
export const callItem = (id: string, name: string, args: string, rest: object = {}) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args,
  status: 'completed',
  ...rest,
})

export const created = { type: 'response.created', response: responseOf([], { status: 'in_progress' }) }
export const completed = { type: 'response.completed', response: responseOf([]) }

/** Events of items one after the other, their texts in deltas of `size` characters. */
export function eventsOf(items: readonly Json[], size = 3): Json[] {
  return items.flatMap((item, output_index) => {
    const start = { ...item, content: [], arguments: '', summary: [], status: 'in_progress' }
    return [
      { type: 'response.output_item.added', output_index, item: start },
      ...deltasOf(item, size).map((delta) => ({ ...delta, output_index, item_id: item.id })),
      { type: 'response.output_item.done', output_index, item },
    ]
  })
}

function deltasOf(item: Json, size: number): object[] {
  const split = (text: string) =>
    [...text].flatMap((_, at, all) => (at % size === 0 ? [all.slice(at, at + size).join('')] : []))
  const texts = (parts: unknown) => (parts as { text?: string; refusal?: string }[]) ?? []
  if (item.type === 'function_call') {
    const type = 'response.function_call_arguments.delta'
    return split(String(item.arguments)).map((delta) => ({ type, delta }))
  }
  if (item.type === 'reasoning') {
    const type = 'response.reasoning_summary_text.delta'
    return texts(item.summary).flatMap(({ text = '' }, summary_index) =>
      split(text).map((delta) => ({ type, summary_index, delta })),
    )
  }
  return texts(item.content).flatMap(({ text, refusal }, content_index) => {
    const type = refusal === undefined ? 'response.output_text.delta' : 'response.refusal.delta'
    return split(text ?? refusal ?? '').map((delta) => ({ type, content_index, delta }))
  })
}
