/** What the replay server says by itself: Google's answers, from hand-written bytes in `fixtures/`. */
import { readFileSync } from 'node:fs'

export interface PlainAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Written one by one; a stream has several and goes chunked. */
  readonly pieces: readonly Buffer[]
  readonly streamed: boolean
}

/** The request as far as an answer depends on it. */
export interface Asked {
  readonly method: string
  readonly version: string
  /** The model named in the path, percent-decoded; empty when there is none. */
  readonly model: string
  /** `generateContent` and so on; `get` and `list` for the two reading routes; empty for anything else. */
  readonly verb: string
  readonly query: URLSearchParams
}

const JSON_TYPE = 'application/json; charset=UTF-8'
const EMBEDDING_DIMENSIONS = 3072
const EMBEDDINGS_MAX = 100
const PAGE_SIZE_DEFAULT = 50

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const UNARY = fixture('generate-content.body')
const SSE_EVENTS = fixture('stream-generate-content.sse').split(/(?<=\r\n\r\n)/)
const ARRAY_PIECES = fixture('stream-generate-content.array').split(/(?=\n,\r\n)|(?=\n\]\n$)/)
const COUNT = fixture('count-tokens.body')
const KEY_INVALID = fixture('error-api-key-invalid.body')
const MODEL_NOT_FOUND = fixture('error-model-not-found.body')
const INVALID_ARGUMENT = fixture('error-invalid-argument.body')
const MODELS: { name: string }[] = JSON.parse(fixture('models.body')).models

/** The headers of Google's front end, as recorded. */
function googleHeaders(contentType: string): [string, string][] {
  return [
    ['Content-Type', contentType],
    ['Vary', 'Origin'],
    ['Vary', 'X-Origin'],
    ['Vary', 'Referer'],
    ['Date', new Date().toUTCString()],
    ['Server', 'scaffolding on HTTPServer2'],
    ['X-XSS-Protection', '0'],
    ['X-Frame-Options', 'SAMEORIGIN'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Server-Timing', 'gfet4t7; dur=317'],
  ]
}

function json(status: number, text: string): PlainAnswer {
  return { status, headers: googleHeaders(JSON_TYPE), pieces: [Buffer.from(text)], streamed: false }
}

function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/@([A-Z]+)@/g, (mark, name: string) =>
    String(values[name.toLowerCase()] ?? mark),
  )
}

export const keyInvalid = (): PlainAnswer => json(400, KEY_INVALID)

/** Splits a request head into what the answer depends on. */
export function asked(head: Buffer): Asked {
  const [method = '', target = ''] = head.toString('latin1').split('\r\n', 1)[0]!.split(' ')
  const [path = '', query = ''] = target.split(/\?(.*)/s, 2)
  const [version = '', collection, ...rest] = path.split('/').filter(Boolean)
  const name = decodeURIComponent(rest.join('/'))
  const colon = name.lastIndexOf(':')
  const known = collection === 'models' || collection === 'projects' || collection === 'publishers'
  const base = { method, version, query: new URLSearchParams(query) }
  if (!known) return { ...base, model: '', verb: '' }
  if (colon >= 0)
    return { ...base, model: name.slice(0, colon).split('/').at(-1)!, verb: name.slice(colon + 1) }
  return { ...base, model: name, verb: name === '' ? 'list' : 'get' }
}

/** The default answer; `body` is the request's, without framing. */
export function answer(request: Asked, body: Buffer): PlainAnswer {
  if (request.verb === 'list' && request.method === 'GET') return listModels(request.query)
  if (request.verb === 'get' && request.method === 'GET') return getModel(request)
  if (request.method !== 'POST' || request.model === 'missing-model') return modelNotFound(request)
  let document: Record<string, unknown>
  try {
    // Google's front end skips a byte order mark, JSON.parse does not.
    document = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return invalidArgument('Invalid JSON payload received. Unexpected token.\\n')
  }
  return answerVerb(request, document)
}

function answerVerb(request: Asked, document: Record<string, unknown>): PlainAnswer {
  const contents = listLength(document.contents)
  const values = { contents, model: request.model }
  switch (request.verb) {
    case 'generateContent':
      if (contents === 0) return contentsMissing()
      return json(200, fill(UNARY, values))
    case 'streamGenerateContent':
      if (contents === 0) return contentsMissing()
      return stream(request.query.get('alt') === 'sse', values)
    case 'countTokens':
      return json(200, COUNT)
    case 'embedContent':
      return json(200, `{\n  "embedding": ${embedding(0, document)}\n}\n`)
    case 'batchEmbedContents':
      return batchEmbeddings(document)
    default:
      return modelNotFound(request)
  }
}

function stream(sse: boolean, values: Readonly<Record<string, string | number>>): PlainAnswer {
  const templates = sse ? SSE_EVENTS : ARRAY_PIECES
  const headers = googleHeaders(sse ? 'text/event-stream' : JSON_TYPE)
  if (sse) headers.push(['Content-Disposition', 'attachment'])
  return {
    status: 200,
    headers,
    pieces: templates.map((template) => Buffer.from(fill(template, values))),
    streamed: true,
  }
}

/** A repeated field that was given as a single object counts as one element. */
function listLength(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return value === undefined || value === null ? 0 : 1
}

function batchEmbeddings(document: Record<string, unknown>): PlainAnswer {
  const requests = Array.isArray(document.requests) ? document.requests : []
  if (requests.length > EMBEDDINGS_MAX) {
    return invalidArgument(
      `* BatchEmbedContentsRequest.requests: at most ${EMBEDDINGS_MAX} requests can be in one batch\\n`,
    )
  }
  const list = requests.map((item, index) => embedding(index, item)).join(',\n')
  return json(200, `{\n  "embeddings": [\n${list}\n  ]\n}\n`)
}

/** A unit-like vector whose first value tells its place in the batch, so that a test sees a mixed-up order. */
function embedding(index: number, request: Record<string, unknown>): string {
  const config = (request.embedContentConfig ?? request) as Record<string, unknown>
  const asked = Number(config.outputDimensionality ?? request.outputDimensionality)
  const dimensions = asked > 0 && asked <= EMBEDDING_DIMENSIONS ? asked : EMBEDDING_DIMENSIONS
  const values = [index / 1000, ...Array.from({ length: dimensions - 1 }, (_, at) => ((at % 7) - 3) / 100)]
  return `{\n    "values": [\n      ${values.join(',\n      ')}\n    ]\n  }`
}

function listModels(query: URLSearchParams): PlainAnswer {
  const size = Number(query.get('pageSize') || PAGE_SIZE_DEFAULT)
  const token = query.get('pageToken')
  const from = token ? Number(Buffer.from(token, 'base64url').toString()) : 0
  if (!Number.isInteger(from) || from < 0) return invalidArgument('Request contains an invalid argument.')
  const page = { models: MODELS.slice(from, from + size) }
  const next = Buffer.from(String(from + size)).toString('base64url')
  return json(
    200,
    `${JSON.stringify(from + size < MODELS.length ? { ...page, nextPageToken: next } : page, null, 2)}\n`,
  )
}

function getModel(request: Asked): PlainAnswer {
  const found = MODELS.find((model) => model.name === `models/${request.model}`)
  return found ? json(200, `${JSON.stringify(found, null, 2)}\n`) : modelNotFound(request)
}

function modelNotFound({ model, version, verb }: Asked): PlainAnswer {
  return json(404, fill(MODEL_NOT_FOUND, { model, version, verb }))
}

const contentsMissing = () =>
  invalidArgument('* GenerateContentRequest.contents: contents is not specified\\n')

/** `message` is JSON-escaped already. */
function invalidArgument(message: string): PlainAnswer {
  return json(400, fill(INVALID_ARGUMENT, { message }))
}
