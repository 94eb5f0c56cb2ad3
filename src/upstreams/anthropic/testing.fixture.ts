/** A request of Gemini's through this folder's translation and back, without a server. */
import type { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Loss } from '../../nouns/translation.ts'
import { CALLER, callOf } from '../../nouns.fixture.ts'
import type { Call } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { createComposer } from '../translation/composer.ts'
import { readConversation, readCountable } from '../translation/read.ts'
import { createSeals, type Seals } from '../translation/seals.ts'
import type { Asking } from '../translation/translator.ts'
import { createTranslator } from './translator.ts'

export const MODEL = 'claude-opus-4-8'
/** Thinks within a budget, and lets itself be sampled. */
export const OLDER = 'claude-haiku-4-5'
export const NEWEST = 'claude-opus-5-5'

const NAME = 'claude'
const translator = createTranslator()

export const seals: Seals = (() => {
  const made = createSeals()
  made.use(Buffer.alloc(32, 7))
  return made
})()

export const NO_LIBRARY: Library = {
  file: () => Promise.reject(new Error('no file was expected')),
  cachedContent: () => Promise.reject(new Error('no cache was expected')),
  documents: () => Promise.reject(new Error('no store was expected')),
}

export interface Sent {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any JSON
  readonly body: any
  readonly losses: readonly Loss[]
}

interface Options {
  readonly model?: string
  readonly call?: Partial<Call>
  readonly library?: Library
}

export async function sent(request: object, options: Options = {}): Promise<Sent> {
  const { call, asking, report, read } = scene(request, options)
  const { conversation } = await readConversation(call, read)
  const made = translator.generate(conversation, asking, report)
  return { headers: {}, ...made, losses: report.losses() }
}

export async function counted(request: object, options: Options = {}): Promise<Sent> {
  const { call, asking, report, read } = scene(request, options)
  const { conversation } = await readCountable(call, read)
  const made = translator.count?.build(conversation, asking, report)
  if (made === undefined) throw new Error('nothing counts')
  return { headers: {}, ...made, losses: report.losses() }
}

export interface Answered {
  readonly chunks: readonly GenerateContentResponse[]
  readonly losses: readonly Loss[]
  readonly isComplete: boolean
}

/** The last chunk of a stream is the end's. */
export function streamed(events: readonly object[], includeThoughts = true): Answered {
  const chunks: GenerateContentResponse[] = []
  const { composer, asking, report } = answering(includeThoughts, (chunk) => chunks.push(chunk))
  const reading = translator.readEvents(composer, asking, report)
  for (const event of events) reading.event((event as { type: string }).type, event)
  chunks.push(composer.end())
  return { chunks, losses: report.losses(), isComplete: reading.isComplete }
}

export function whole(document: unknown, includeThoughts = true): Answered {
  const { composer, asking, report } = answering(includeThoughts)
  translator.readWhole(document, composer, asking, report)
  return { chunks: [composer.end()], losses: report.losses(), isComplete: true }
}

/** Of a signature that `whole` or `streamed` gave. */
export function opened(signature: unknown): unknown {
  const found = seals.open(`${NAME}/${MODEL}`, String(signature))
  return found.kind === 'own' ? found.state : found.kind
}

export function sealed(state: unknown, model = MODEL): string {
  return seals.seal(`${NAME}/${model}`, state)
}

export function lossOf({ losses }: { losses: readonly Loss[] }, path: string): string | undefined {
  return losses.find((loss) => loss.path === path)?.kind
}

export function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    return error as GatewayError
  }
  throw new Error('nothing was thrown')
}

function scene(request: object, { model = MODEL, call: rest, library = NO_LIBRARY }: Options) {
  const call = callOf({ body: Buffer.from(JSON.stringify(request)), model, ...rest })
  const report = new Report(NAME)
  const asking: Asking = { call, model, isStream: call.delivery !== 'unary', candidates: 1 }
  const { rules } = translator
  const origin = `${NAME}/${model}`
  return { call, report, asking, read: { model, rules, caller: CALLER, library, seals, origin, report } }
}

function answering(includeThoughts: boolean, emit?: (chunk: GenerateContentResponse) => void) {
  const report = new Report(NAME)
  const asking: Asking = { call: callOf(), model: MODEL, isStream: emit !== undefined, candidates: 1 }
  const composer = createComposer({
    isStream: emit !== undefined,
    model: MODEL,
    includeThoughts,
    originalName: (name) => name,
    seal: (state) => sealed(state),
    emit,
  })
  return { composer, asking, report }
}
