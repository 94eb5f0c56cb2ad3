/** The body of a Gemini request: bounded and checked while it arrives, kept as the bytes that it is. */
import { isUtf8 } from 'node:buffer'
import { badRequest, GatewayError } from '../../errors.ts'
import type { Call, HttpRequest, Opening } from '../../nouns.ts'
import { type JsonLimits, JsonScanError, JsonScanner } from '../../wire/json-scanner.ts'
import { factsOf, tierOf, WATCH } from './facts.ts'
import { HOP_HEADER, nextHop } from './hops.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import { isStrict } from './strict.ts'
import { tagsOf } from './tags.ts'

const SECONDS = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i
const DEADLINE_MIN_MS = 1_000
const DEADLINE_MAX_MS = 600_000

/** Content types that a JSON body comes under: Google ignores the header, and an old SDK of its sends text/plain. */
const JSON_TYPES = /^(?:application\/json|text\/plain)[ \t]*(?:;[ \t]*charset="?utf-?8"?[ \t]*)?$/i

/** Request headers that an upstream of the same wire may see. Never a credential, never a hop-by-hop header. */
const FORWARDED = ['x-goog-api-client', 'user-agent', 'traceparent', 'tracestate'] as const
/** What has a form of its own (W3C Trace Context) goes on in that form alone. */
const FORMS: { readonly [name: string]: RegExp } = {
  traceparent: /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/,
  tracestate: /^(?=.{1,512}$)[^,]+(?:,[^,]+){0,31}$/,
}
const KEEP_ALIVE = 'keep-alive'
const FORWARDABLE = /^[\x20-\x7e]{1,1024}$/

/** Query parameters that may travel on. Not `fields`: it could mask the usage and the end that metering needs. */
const FORWARDED_QUERY = ['prettyPrint', 'quotaUser'] as const

export async function decode(request: HttpRequest, opening: Opening, limits: JsonLimits): Promise<Call> {
  refuseContentType(request.headers['content-type'])
  const tags = tagsOf(request.headers['x-wasat-tags'])
  const strict = isStrict(request.headers['x-wasat-translation'])
  const idempotencyKey = idempotencyKeyOf(request.headers['x-idempotency-key'])
  const hop = nextHop(request.headers[HOP_HEADER])
  const scanner = new JsonScanner(limits, WATCH)
  const body = await request.body(visitor(scanner))
  finishScan(scanner, body)
  return {
    ...callOf(opening, body, scanner, request),
    tags,
    idempotencyKey,
    isStrict: strict,
    forwardHeaders: forwardHeaders(request, hop),
    forwardQuery: forwardQuery(request.query),
    deadlineAtMs: deadlineOf(request),
  }
}

/** Whoever asks: a client's request, or what stands for it. */
export interface Asker extends Pick<HttpRequest, 'id' | 'receivedAtMs' | 'clientLeft'> {
  readonly tags?: Call['tags']
  /** Instead of the one that the body asks for. */
  readonly tier?: Call['tier']
}

/** A call from a body that came as a part of something else, such as a line of a batch; checked like a client's. */
export function callFrom(body: Buffer, opening: Opening, limits: JsonLimits, asker: Asker): Call {
  const scanner = new JsonScanner(limits, WATCH)
  visitor(scanner)(body)
  finishScan(scanner, body)
  return callOf(opening, body, scanner, asker)
}

function callOf(opening: Opening, body: Buffer, scanner: JsonScanner, asker: Asker): Call {
  let document: Record<string, unknown> | undefined
  return {
    ...opening,
    id: asker.id,
    wire: 'gemini',
    body,
    document: () => {
      document ??= parse(body)
      return document
    },
    facts: factsOf(scanner.found, opening.verb, body.length),
    forwardHeaders: {},
    forwardQuery: '',
    tags: asker.tags,
    idempotencyKey: undefined,
    tier: asker.tier ?? tierOf(scanner.found),
    isStrict: false,
    receivedAtMs: asker.receivedAtMs,
    deadlineAtMs: undefined,
    clientLeft: () => asker.clientLeft(),
  }
}

/** The JSON object that a resource is made from, within the same limits; `{}` when there is no body. */
export async function readDocument(
  request: HttpRequest,
  limits: JsonLimits,
): Promise<Record<string, unknown>> {
  refuseContentType(request.headers['content-type'])
  const scanner = new JsonScanner(limits)
  const body = await request.body(visitor(scanner))
  if (body.length === 0) return {}
  finishScan(scanner, body)
  return parse(body)
}

/** The same for a text that came as a part of something else. */
export function parseDocument(body: Buffer, limits: JsonLimits): Record<string, unknown> {
  const scanner = new JsonScanner(limits)
  visitor(scanner)(body)
  finishScan(scanner, body)
  return parse(body)
}

function parse(body: Buffer): Record<string, unknown> {
  return JSON.parse(withoutBom(body).toString('utf8')) as Record<string, unknown>
}

function refuseContentType(contentType: string | undefined): void {
  if (contentType === undefined || contentType === '' || JSON_TYPES.test(contentType)) return
  throw new GatewayError(
    'invalid_argument',
    'The request body must be JSON: send Content-Type: application/json.',
  )
}

const BOM = [0xef, 0xbb, 0xbf]

function withoutBom(body: Buffer): Buffer {
  return BOM.every((byte, at) => body[at] === byte) ? body.subarray(3) : body
}

/** Feeds the scanner as the body arrives, so that a bomb is refused before it is whole. */
function visitor(scanner: JsonScanner): (piece: Buffer) => void {
  let start: Buffer | undefined = Buffer.alloc(0)
  return (piece) => {
    let bytes = piece
    if (start !== undefined) {
      // A byte order mark may be cut in pieces like anything else.
      bytes = start.length === 0 ? piece : Buffer.concat([start, piece])
      if (bytes.length < 3 && bytes[0] === BOM[0]) {
        start = bytes
        return
      }
      bytes = withoutBom(bytes)
      start = undefined
    }
    scan(() => scanner.write(bytes))
  }
}

function finishScan(scanner: JsonScanner, body: Buffer): void {
  if (!isUtf8(body)) throw invalidPayload('Encountered non UTF-8 code points.')
  scan(() => scanner.end())
  if (!scanner.isObject) throw invalidPayload('Root element must be a message.')
}

function scan(step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error
    if (error.problem === 'duplicate') throw duplicate(error.message)
    throw invalidPayload(error.message)
  }
}

function invalidPayload(what: string): GatewayError {
  const message = `Invalid JSON payload received. ${what}`
  return new GatewayError('invalid_argument', message, { details: [badRequest('', message)] })
}

/** Two readers of one field could disagree about its value; a budget and an upstream must not. */
function duplicate(path: string): GatewayError {
  const field = path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return invalidPayload(`Field "${field}" is given more than once.`)
}

function forwardHeaders(request: HttpRequest, hop: string): Record<string, string> {
  const forwarded: Record<string, string> = { [HOP_HEADER]: hop }
  const { connection = '' } = request.headers
  for (const name of FORWARDED) {
    const value = request.headers[name]
    // A header that Connection names was meant for us alone.
    if (connection.length > KEEP_ALIVE.length && connection.toLowerCase().includes(name)) continue
    const form = FORMS[name] ?? FORWARDABLE
    if (typeof value === 'string' && FORWARDABLE.test(value) && form.test(value)) forwarded[name] = value
  }
  return forwarded
}

function forwardQuery(query: URLSearchParams): string {
  if (query.size === 0) return ''
  const forwarded = new URLSearchParams()
  for (const name of FORWARDED_QUERY) {
    const value = query.get(name)
    if (value !== null) forwarded.set(name, value)
  }
  return forwarded.toString()
}

/** `x-server-timeout`, in seconds, as the SDKs send it. */
function deadlineOf(request: HttpRequest): number | undefined {
  const text = String(request.headers['x-server-timeout'] ?? '')
  // `Number` alone would take an empty header for 0 seconds, and `0x10` for 16.
  if (!SECONDS.test(text)) return undefined
  const seconds = Number(text)
  const waitMs = Math.min(Math.max(seconds * 1000, DEADLINE_MIN_MS), DEADLINE_MAX_MS)
  return request.receivedAtMs + waitMs
}
