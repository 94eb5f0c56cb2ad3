/** A request to one of OpenAI's endpoints: its bytes as they came, and on demand the same in Gemini's words. */
import type { KeptResponses } from '../../nouns/kept-responses.ts'
import type { Tags } from '../../nouns/ledger.ts'
import { Report } from '../../nouns/report.ts'
import type { Call, Caller, HttpRequest, Opening } from '../../nouns.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import type { JsonLimits } from '../../wire/json-scanner.ts'
import { askingOf } from '../asking.ts'
import { parse, readBody } from '../body.ts'
import { tagsFrom } from '../tags.ts'
import type { Asked } from './asked.ts'
import { type Earlier, earlierOf, inFull, NOTHING_EARLIER } from './earlier.ts'
import type { Endpoint } from './endpoint.ts'
import { factsOf, tierOf, WATCH } from './facts.ts'
import { modelNamed } from './open.ts'
import { invalid, isObject, type Json, wrongType } from './values.ts'

/** A call that this door decoded, and alone can answer. A member, and no map, for decision 0009. */
export interface OpenAiCall extends Call {
  readonly asked: Asked
}

export interface Decoding {
  readonly request: HttpRequest
  readonly opening: Opening
  readonly caller: Caller
  readonly endpoint: Endpoint
  readonly isGoogles: boolean
  readonly limits: JsonLimits
  readonly responses: KeptResponses
}

/** Gemini's version that every model is asked by. */
const GEMINI_VERSION = 'v1beta'

export async function decode(decoding: Decoding): Promise<OpenAiCall> {
  const { request, opening, caller, endpoint, isGoogles, limits, responses } = decoding
  const asking = askingOf(request)
  const { body, scanner } = await readBody(request, limits, WATCH)
  const { found } = scanner
  let parsed: Json | undefined
  const document = () => (parsed ??= parse(body))
  const { keyId } = caller
  const earlier = endpoint.keepsAnswers
    ? await earlierOf({ found, body, document, keyId }, responses)
    : NOTHING_EARLIER
  const asked: Asked = {
    id: request.id,
    caller,
    model: modelIn(found, opening),
    document,
    isStream: isStream(found, endpoint),
    includesUsage: found.captured.get('stream_options.include_usage') === 'true',
    isGoogles,
    createdAt: Math.floor(Date.now() / 1_000),
    earlier,
    keep: (answer) => responses.keep(keyId, answer),
  }
  const own: Call = {
    ...opening,
    ...asking,
    model: asked.model,
    verb: asked.isStream ? 'streamGenerateContent' : endpoint.verb,
    delivery: asked.isStream ? 'sse' : 'unary',
    id: request.id,
    wire: endpoint.wire,
    ...spoken(body, document, earlier),
    facts: factsOf(found, body.length, endpoint.wire, earlier),
    tags: asking.tags ?? metadataTags(found),
    tier: tierOf(found),
    receivedAtMs: request.receivedAtMs,
    clientLeft: () => request.clientLeft(),
  }
  return { ...own, asked, inGemini: rememberingOne((model) => inGemini(own, asked, endpoint, model)) }
}

/** As an upstream of this wire gets it: the bytes that came, unless they name what only we know. */
function spoken(
  body: Buffer,
  document: () => Json,
  earlier: Earlier,
): Pick<Call, 'body' | 'document' | 'losses'> {
  const full = inFull(document, earlier)
  if (full === undefined) return { body, document }
  const { document: whole, losses } = full
  return { body: Buffer.from(JSON.stringify(whole)), document: () => whole, losses }
}

/** Each request asks for one model nearly always, and several times. */
function rememberingOne(make: (model: string) => Call): (model: string) => Call {
  let known: { readonly model: string; readonly call: Call } | undefined
  return (model) => {
    if (known?.model !== model) known = { model, call: make(model) }
    return known.call
  }
}

function inGemini(own: Call, asked: Asked, endpoint: Endpoint, model: string): Call {
  const report = new Report(model, 'model')
  const { verb, body: document } = endpoint.toGemini(asked, model, report)
  report.throwIfStrict(own.isStrict)
  const body = Buffer.from(JSON.stringify(document))
  return {
    ...own,
    wire: 'gemini',
    apiVersion: GEMINI_VERSION,
    verb: asked.isStream ? 'streamGenerateContent' : verb,
    body,
    document: () => document as Record<string, unknown>,
    losses: report.losses(),
  }
}

function modelIn(found: JsonFindings, { apiVersion, verb }: Opening): string {
  const text = found.captured.get('model')
  if (text === undefined || text === 'null' || text === '""')
    throw invalid('model', 'You must provide a model parameter.')
  const name: unknown = JSON.parse(text)
  if (typeof name !== 'string') throw wrongType('model', 'a string', name)
  return modelNamed(name, apiVersion, verb)
}

function isStream(found: JsonFindings, endpoint: Endpoint): boolean {
  const text = found.captured.get('stream') ?? 'false'
  if (text === 'false' || text === 'null') return false
  if (text !== 'true') throw wrongType('stream', 'a boolean', JSON.parse(text))
  if (endpoint.events === undefined) throw invalid('stream', 'This endpoint does not stream.')
  return true
}

/** What a client calls its request by belongs into its reports, as far as it is short and plain. */
function metadataTags(found: JsonFindings): Tags | undefined {
  const metadata: unknown = JSON.parse(found.captured.get('metadata') ?? 'null')
  return isObject(metadata) ? tagsFrom(metadata) : undefined
}
