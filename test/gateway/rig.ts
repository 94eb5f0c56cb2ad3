/** What the tests of the whole gateway share: the real process with a data folder that outlives it, and a plain client. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { startWasat, type WasatOptions, type WasatProcess } from '../servers/wasat-process.ts'

export const MODEL = 'gemini-2.5-flash'
export const ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'
export const UNARY = `/v1beta/models/${MODEL}:generateContent`
export const SSE = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`
export const ARRAY = `/v1beta/models/${MODEL}:streamGenerateContent`

export interface Received {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** False when the connection broke before the answer was whole. */
  readonly complete: boolean
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Without the client's key. */
  readonly anonymous?: boolean
}

/** The status and Google's error object of an answer. */
export function errorOf(received: Received): { code: number; message: string; status: string } {
  const body = JSON.parse(received.text)
  return (Array.isArray(body) ? body[0] : body).error
}

export interface Gateway extends WasatProcess {
  /** POST with the client's key unless told otherwise; each on a connection of its own. */
  ask(path: string, asking?: Asking): Promise<Received>
  /** Only sends. */
  send(path: string, asking?: Asking): ClientRequest
  /** The same, handed over when the head of the answer is there. */
  open(path: string, asking?: Asking): Promise<OpenAnswer>
  metric(name: string): Promise<number>
  /** The request's line in the log, once it is written. */
  logged(requestId: string): Promise<Record<string, unknown>>
}

export interface OpenAnswer {
  readonly request: ClientRequest
  readonly response: IncomingMessage
  /** What has come so far. */
  text(): string
  /** Resolves when the connection's part of this answer is over, whole or not. */
  readonly over: Promise<Received>
  /** Resolves when the text so far satisfies. */
  seen(isEnough: (text: string) => boolean): Promise<void>
  leave(): void
}

/** Half of a start is compiling, and most of that the test files themselves have done: they keep it in the same place. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/wasat', import.meta.url)),
}

export async function startGateway(options: WasatOptions = {}): Promise<Gateway> {
  const wasat = await startWasat({ ...options, env: { ...COMPILE_CACHE, ...options.env } })
  const send = (path: string, asking: Asking = {}) => sendRequest(wasat, path, asking)
  const open = (path: string, asking: Asking = {}) => openAnswer(send(path, asking))
  const ask = async (path: string, asking: Asking = {}) => (await open(path, asking)).over
  return {
    ...wasat,
    ask,
    send,
    open,
    metric: async (name) => {
      const { text } = await ask('/metrics', { method: 'GET', anonymous: true })
      const line = text.split('\n').find((one) => one.startsWith(`${name}{`) || one.startsWith(`${name} `))
      return Number(line?.split(' ').at(-1))
    },
    logged: async (requestId) => {
      const find = () =>
        wasat
          .output()
          .split('\n')
          .find((line) => line.includes(`"requestId":"${requestId}"`) && line.endsWith('}'))
      await until(`a log line of ${requestId}`, () => find() !== undefined)
      return JSON.parse(find() as string)
    },
  }
}

function sendRequest(wasat: WasatProcess, path: string, asking: Asking): ClientRequest {
  const { method = 'POST' } = asking
  const body = asking.body ?? (method === 'POST' ? ASK : undefined)
  const headers: Record<string, string> = {
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
    ...(!asking.anonymous && { 'x-goog-api-key': wasat.key }),
    ...asking.headers,
  }
  const request = httpRequest({ agent: false, host: '127.0.0.1', port: wasat.port, method, path, headers })
  request.end(body)
  return request
}

function openAnswer(request: ClientRequest): Promise<OpenAnswer> {
  return new Promise((resolve, reject) => {
    request.on('response', (response) => resolve(follow(request, response)))
    request.on('error', reject)
  })
}

function follow(request: ClientRequest, response: IncomingMessage): OpenAnswer {
  let text = ''
  const watchers = new Set<() => void>()
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    for (const watch of watchers) watch()
  })
  response.on('error', () => undefined)
  const over = new Promise<Received>((resolve) => {
    response.on('close', () => {
      for (const watch of watchers) watch()
      const { statusCode = 0, headers, complete } = response
      resolve({ status: statusCode, headers, text, complete })
    })
  })
  const seen = (isEnough: (text: string) => boolean) =>
    new Promise<void>((resolve, reject) => {
      const watch = () => {
        if (isEnough(text)) resolve()
        else if (response.destroyed) reject(new Error(`the answer ended before that was seen: ${text}`))
      }
      watchers.add(watch)
      watch()
    })
  return { request, response, text: () => text, over, seen, leave: () => request.destroy() }
}

const POLL_MS = 10

/** Waits for a condition, and fails when it does not come. */
export async function until(
  what: string,
  isDone: () => boolean | Promise<boolean>,
  withinMs = 8_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isDone())) {
    assert.ok(performance.now() < deadline, `${what}: not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** A data folder that the gateway does not remove when it stops. */
export async function dataFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'wasat-gateway-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export type Row = Readonly<Record<string, string | number | null>>

/** The ledger by request id; only for a gateway that has ended. */
export function ledgerRows(folder: string): ReadonlyMap<string, Row> {
  const database = new DatabaseSync(join(folder, 'wasat.db'))
  try {
    const rows = database.prepare('SELECT * FROM requests').all() as Row[]
    return new Map(rows.map((row) => [String(row.request_id), row]))
  } finally {
    database.close()
  }
}

export interface Event {
  readonly text: string
  readonly total?: number
  readonly finish?: string
}

/** One event of a Gemini stream, as Google frames it. `total` counts 3 tokens of prompt and the rest as output. */
export function sseEvent({ text, total, finish }: Event): string {
  const candidate = {
    content: { parts: [{ text }], role: 'model' },
    ...(finish && { finishReason: finish }),
    index: 0,
  }
  const usage = total !== undefined && {
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: total - 3, totalTokenCount: total },
  }
  return `data: ${JSON.stringify({ candidates: [candidate], ...usage, modelVersion: 'played-001' })}\r\n\r\n`
}

export const SSE_HEADERS = [['content-type', 'text/event-stream']] as const
