/** Speaks the admin API, over TCP with the admin key or over the data folder's socket without one. */
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { parseExactJson } from '../wire/exact-json.ts'
import { CliError, type ExitReason } from './failure.ts'

const ANSWER_TIMEOUT_MS = 15_000
/** Pricing or removing a year of rows takes its time, and the answer begins when it is done. */
const LONG_ANSWER_TIMEOUT_MS = 600_000
/** Between two pieces of an export. */
const STALL_TIMEOUT_MS = 60_000
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

export type AdminPlace =
  | { readonly url: URL; readonly adminKey: string; readonly socket?: undefined }
  | { readonly socket: string; readonly url?: undefined }

export interface AdminClient {
  /** `path` is below `/admin/v1`. Integers beyond a double's come as a `bigint`. Throws `CliError`. */
  call<Result>(method: string, path: string, options?: CallOptions): Promise<Result>
  /** Hands on the body of a GET piece by piece, the next one when `sink` is done. Throws `CliError`. */
  stream(path: string, sink: Sink): Promise<void>
  close(): Promise<void>
}

export interface CallOptions {
  readonly body?: object
  /** Waits for ten minutes instead of seconds. */
  readonly isLong?: boolean
}

export type Sink = (piece: Buffer | string) => Promise<void> | undefined

export interface RemoteAdminClient extends AdminClient {
  /** Whether anybody listens. */
  isThere(): Promise<boolean>
}

export interface Received {
  readonly status: number
  readonly text: string
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: object | undefined
  readonly timeoutMs: number
}

export function createAdminClient(place: AdminPlace): RemoteAdminClient {
  async function ask(asked: Asked): Promise<Received> {
    const signal = AbortSignal.timeout(asked.timeoutMs)
    return receive(await send(place, asked, signal))
  }

  async function reaching<Result>(timeoutMs: number, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof CliError) throw error
      throw unreachable(place, error, timeoutMs)
    }
  }

  return {
    async isThere() {
      try {
        await ask({ method: 'GET', path: '/version', timeoutMs: ANSWER_TIMEOUT_MS })
        return true
      } catch (error) {
        // A socket file without a listener is what a killed gateway leaves behind.
        if (isNobodyThere(error)) return false
        throw unreachable(place, error, ANSWER_TIMEOUT_MS)
      }
    },
    async call(method, path, { body, isLong = false } = {}) {
      const timeoutMs = isLong ? LONG_ANSWER_TIMEOUT_MS : ANSWER_TIMEOUT_MS
      const received = await reaching(timeoutMs, () => ask({ method, path, body, timeoutMs }))
      return resultOf(nameOf(place), path, received)
    },
    stream: (path, sink) =>
      reaching(STALL_TIMEOUT_MS, async () => {
        const answer = await send(place, { method: 'GET', path, timeoutMs: STALL_TIMEOUT_MS }, undefined)
        answer.setTimeout(STALL_TIMEOUT_MS, () => answer.destroy(new Error('the answer stalled')))
        if (answer.statusCode !== 200) return resultOf(nameOf(place), path, await receive(answer))
        for await (const piece of answer as AsyncIterable<Buffer>) await sink(piece)
      }),
    close: async () => {},
  }
}

function send(
  place: AdminPlace,
  { method, path, body, timeoutMs }: Asked,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers: Record<string, string> = { accept: 'application/json', connection: 'close' }
  if (text !== undefined) headers['content-type'] = 'application/json'
  if (method !== 'GET') headers['content-length'] = String(Buffer.byteLength(text ?? ''))
  const options: RequestOptions = { method, headers, timeout: timeoutMs, ...(signal && { signal }) }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  if (place.url) {
    const url = new URL(place.url)
    const [pathname = '', query = ''] = path.split('?')
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/admin/v1${pathname}`
    url.search = query
    headers.authorization = `Bearer ${place.adminKey}`
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    request(url, options, resolve).on('error', reject).end(text)
  } else {
    headers.host = 'localhost'
    const local = { ...options, socketPath: place.socket, path: `/admin/v1${path}` }
    requestHttp(local, resolve).on('error', reject).end(text)
  }
  return promise
}

async function receive(answer: IncomingMessage): Promise<Received> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`)
    pieces.push(piece)
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }
}

/** What an answer of the admin API says, wherever it came from. Throws `CliError` for everything but a success. */
export function resultOf<Result>(
  place: string,
  path: string,
  { status, text }: Received,
  hint?: string,
): Result {
  const body = parse(text)
  if (status >= 200 && status < 300 && (body !== undefined || text === '')) return body as Result
  const { title, detail } = (body ?? {}) as { title?: string; detail?: string }
  const message = detail ?? title ?? `${place} answered ${status}`
  throw new CliError(reasonOf(status), message, hint ?? nextOf(status, path, body === undefined))
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}

function reasonOf(status: number): ExitReason {
  if (status === 401 || status === 403) return 'authentication'
  if (status === 404) return 'notFound'
  return status === 400 || status === 413 || status === 422 ? 'usage' : 'failure'
}

function nextOf(status: number, path: string, isForeign: boolean): string | undefined {
  if (status === 401 || status === 403) return 'check WASAT_ADMIN_KEY'
  if (isForeign) return 'the answer is not from the admin API: check WASAT_URL'
  const [, group = ''] = /^\/([a-z]+)/.exec(path) ?? []
  if (status === 404) return `wasat ${group} list shows the ids`
  return status === 400 ? `wasat ${group} --help shows the commands and options` : undefined
}

function nameOf(place: AdminPlace): string {
  return place.url ? place.url.origin : place.socket
}

// The last two: the path is longer than a socket's may be, so nothing can listen there.
const NOBODY_THERE = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'EINVAL', 'ENAMETOOLONG'])

function isNobodyThere(error: unknown): boolean {
  return NOBODY_THERE.has((error as NodeJS.ErrnoException).code ?? '')
}

function unreachable(place: AdminPlace, error: unknown, timeoutMs: number): CliError {
  const { code, message, name } = error as NodeJS.ErrnoException
  const reason = name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : (code ?? message)
  const next = place.url ? 'check WASAT_URL, and that the gateway runs' : 'restart the gateway'
  return new CliError('unreachable', `${nameOf(place)} cannot be reached (${reason})`, next, error)
}
