/**
 * A Gemini upstream that keeps its own bill: what it generated for which request, and what it charges, whoever received
 * it. Started inside a test's process, or in one of its own:
 *
 *   node test/servers/billing-upstream.ts [--port 0]
 *
 * prints `{"port":…}` when it is ready and exits when its standard input ends. `GET /bill` is its bill as JSON,
 * `POST /bill/reset` forgets it.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { eventOf, frame, piecesOf } from './billing-events.ts'
import { type Counts, charge, countsAfter, type Plan, planOf, TARIFF, type Tariff } from './billing-plan.ts'

/** Entries of the bill; a test that makes more has to reset it. */
const ENTRIES_MAX = 500_000

/** One attempt that reached this upstream. */
export interface BillEntry {
  /** As the prompt says. */
  readonly id: string
  /** 1 for the first with this id. */
  readonly attempt: number
  readonly verb: string
  readonly model: string
  /** 0 when the connection was reset instead of an answer. */
  readonly status: number
  /** What was generated: the whole of it, also when the connection broke before. */
  readonly counts: Counts
  /** What that costs; 0 for a failed attempt and for counting. */
  readonly nanoUsd: number
  /** What the last event that went out says, and what it would cost. */
  readonly sentCounts: Counts | undefined
  readonly sentNanoUsd: number
  /** Whether the whole answer was handed to the socket. */
  readonly isWhole: boolean
}

/** Where an answer is: the moments at which a gateway can be killed. */
export type BillingMoment = 'arrived' | 'firstEvent' | 'lastEvent' | 'ended'

export interface BillingOptions {
  readonly port?: number
  readonly tariff?: Tariff
  /** Called before whatever comes next is written. */
  readonly onMoment?: (moment: BillingMoment, id: string) => void
  /** With which status every attempt fails at this moment; 0: the connection is reset. Undefined: it answers. */
  readonly failing?: () => number | undefined
}

export interface Billing {
  readonly url: string
  readonly port: number
  bill(): readonly BillEntry[]
  reset(): void
  close(): Promise<void>
}

export async function startBilling(options: BillingOptions = {}): Promise<Billing> {
  const book = createBook(options)
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.socket?.setNoDelay(true)
    response.on('error', () => undefined)
    serve(book, request, response).catch(() => response.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    bill: () => book.entries,
    reset: book.reset,
    close: () => closeServer(server),
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

interface Book {
  readonly entries: BillEntry[]
  readonly tariff: Tariff
  /** The number of this attempt. */
  arrive(id: string): number
  write(entry: BillEntry): void
  at(moment: BillingMoment, id: string): void
  failing(): number | undefined
  reset(): void
}

function createBook({ tariff = TARIFF, onMoment, failing }: BillingOptions): Book {
  const entries: BillEntry[] = []
  const attempts = new Map<string, number>()
  return {
    entries,
    tariff,
    arrive(id) {
      const attempt = (attempts.get(id) ?? 0) + 1
      attempts.set(id, attempt)
      return attempt
    },
    write(entry) {
      if (entries.length >= ENTRIES_MAX) throw new Error(`the bill has ${ENTRIES_MAX} entries: reset it`)
      entries.push(entry)
    },
    at: (moment, id) => onMoment?.(moment, id),
    failing: () => failing?.(),
    reset() {
      entries.length = 0
      attempts.clear()
    },
  }
}

/** One attempt under way. */
interface Attempt {
  readonly plan: Plan
  readonly verb: string
  readonly model: string
  readonly attempt: number
}

async function serve(book: Book, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream')
  const body = await bodyOf(request)
  if (pathname === '/bill') return sendJson(response, 200, book.entries)
  if (pathname === '/bill/reset') {
    book.reset()
    return sendJson(response, 200, {})
  }
  const [, model = '', verb = ''] = /\/models\/([^/:]+):(\w+)$/.exec(decodeURIComponent(pathname)) ?? []
  if (verb === '') return sendJson(response, 200, { models: MODELS })
  const document = JSON.parse(body) as RequestDocument
  const plan = planOf(textOf(document), document.generationConfig?.maxOutputTokens)
  const attempt: Attempt = { plan, verb, model, attempt: book.arrive(plan.id) }
  book.at('arrived', plan.id)
  const failing = book.failing()
  if (failing !== undefined) return fail(book, attempt, response, failing)
  await pause(plan.delayBeforeMs)
  if (plan.fail !== undefined && attempt.attempt <= plan.failures)
    return fail(book, attempt, response, plan.fail)
  if (verb === 'streamGenerateContent') {
    return sendStream(book, attempt, response, searchParams.get('alt') === 'sse')
  }
  sendWhole(book, attempt, response, document)
}

interface RequestDocument {
  readonly contents?: readonly { readonly parts?: readonly { readonly text?: string }[] }[]
  readonly content?: { readonly parts?: readonly { readonly text?: string }[] }
  readonly requests?: readonly RequestDocument[]
  readonly generationConfig?: { readonly maxOutputTokens?: number }
}

const MODELS = [
  {
    name: 'models/billed-model',
    version: '001',
    inputTokenLimit: 1_000_000,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'embedContent'],
  },
]

function textOf(document: RequestDocument): string {
  const contents = document.contents ?? (document.content === undefined ? [] : [document.content])
  const own = contents.flatMap((content) => content.parts ?? []).map((part) => part.text ?? '')
  return [...own, ...(document.requests ?? []).map(textOf)].join(' ')
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

function sendJson(response: ServerResponse, status: number, document: unknown): void {
  const body = JSON.stringify(document)
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

const NOTHING: Counts = planOf('prompt=0 output=0 thoughts=0 cached=0 tool=0').counts

function enter(book: Book, { plan, verb, model, attempt }: Attempt, rest: Partial<BillEntry>): void {
  const { sentCounts } = rest
  const isFree = verb === 'countTokens'
  const price = (counts: Counts) => (isFree ? 0 : charge(counts, book.tariff))
  const counts = rest.counts ?? plan.counts
  book.write({
    id: plan.id,
    attempt,
    verb,
    model,
    status: 200,
    counts,
    nanoUsd: price(counts),
    sentCounts,
    sentNanoUsd: sentCounts === undefined ? 0 : price(sentCounts),
    isWhole: false,
    ...rest,
  })
}

function fail(book: Book, attempt: Attempt, response: ServerResponse, status: number): void {
  enter(book, attempt, { status, counts: NOTHING, nanoUsd: 0 })
  if (status === 0) return void response.socket?.resetAndDestroy()
  sendJson(response, status, { error: { code: status, message: 'as told', status: 'UNAVAILABLE' } })
}

function sendWhole(book: Book, attempt: Attempt, response: ServerResponse, document: RequestDocument): void {
  const { plan, verb, model } = attempt
  const { counts } = plan
  if (verb === 'countTokens') {
    enter(book, attempt, { sentCounts: counts, isWhole: true })
    return sendJson(response, 200, { totalTokens: counts.prompt })
  }
  if (verb === 'embedContent' || verb === 'batchEmbedContents') {
    return sendEmbeddings(book, attempt, response, document.requests?.length)
  }
  if (plan.cut !== undefined) {
    enter(book, attempt, {})
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
    response.write('{"candidates": [')
    return void setImmediate(() => response.socket?.resetAndDestroy())
  }
  enter(book, attempt, { sentCounts: counts, isWhole: true })
  book.at('lastEvent', plan.id)
  response.on('finish', () => book.at('ended', plan.id))
  sendJson(response, 200, eventOf(plan, model, 0, plan.chunks))
}

function sendEmbeddings(
  book: Book,
  attempt: Attempt,
  response: ServerResponse,
  items: number | undefined,
): void {
  const { plan } = attempt
  const { prompt } = plan.counts
  const counts = { ...NOTHING, prompt }
  const usage = plan.hasUsage && {
    usageMetadata: {
      promptTokenCount: prompt,
      promptTokenDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    },
  }
  const embedding = { values: [0.25, -0.5, 0.75] }
  enter(book, attempt, { counts, sentCounts: counts, isWhole: true })
  book.at('lastEvent', plan.id)
  response.on('finish', () => book.at('ended', plan.id))
  const one = items === undefined
  sendJson(
    response,
    200,
    one ? { embedding, ...usage } : { embeddings: Array(items).fill(embedding), ...usage },
  )
}

async function sendStream(
  book: Book,
  attempt: Attempt,
  response: ServerResponse,
  isSse: boolean,
): Promise<void> {
  const { plan, model } = attempt
  const events = Array.from({ length: plan.chunks }, (_, index) => eventOf(plan, model, index, index + 1))
  const framed = events.map((event, index) => frame(event, index, events.length, isSse))
  const whole = plan.cut === undefined || plan.cut >= framed.length
  const shown = whole ? framed.length : (plan.cut as number)
  const after = shown === 0 ? undefined : countsAfter(plan.counts, shown, plan.chunks)
  // Before the first byte: whatever becomes of the connection, this was generated and is charged.
  enter(book, attempt, { sentCounts: after, isWhole: whole })
  response.writeHead(200, { 'content-type': isSse ? 'text/event-stream' : 'application/json; charset=UTF-8' })
  for (const [index, piece] of piecesOf(framed.slice(0, shown), plan).entries()) {
    if (index === 1) book.at('firstEvent', plan.id)
    if (index > 0) await pause(plan.delayMs)
    await write(response, piece)
  }
  book.at('lastEvent', plan.id)
  if (!whole) return void response.socket?.resetAndDestroy()
  await pause(plan.delayMs)
  response.on('finish', () => book.at('ended', plan.id))
  response.end()
}

/** Resolves a turn of the event loop after the socket took it: each write leaves by itself. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => (error ? reject(error) : setImmediate(resolve)))
  })
}

function pause(milliseconds: number): Promise<void> | undefined {
  return milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
  const { port } = await startBilling({ port: Number(values.port) })
  console.log(JSON.stringify({ port }))
  process.stdin.resume()
  process.stdin.once('end', () => process.exit(0))
  process.stdin.once('error', () => process.exit(0))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
