/** Speaks the admin API, over TCP with the admin key or over the data folder's socket without one. */
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { CliError, type ExitReason } from './failure.ts'

const ANSWER_TIMEOUT_MS = 15_000
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

export type AdminPlace =
  | { readonly url: URL; readonly adminKey: string; readonly socket?: undefined }
  | { readonly socket: string; readonly url?: undefined }

export interface AdminClient {
  /** Whether anybody listens. */
  isThere(): Promise<boolean>
  /** `path` is below `/admin/v1`. Throws `CliError`. */
  call<Result>(method: string, path: string, body?: unknown): Promise<Result>
}

interface Received {
  readonly status: number
  readonly text: string
}

export function createAdminClient(place: AdminPlace): AdminClient {
  return {
    async isThere() {
      try {
        await send(place, 'GET', '/keys', undefined)
        return true
      } catch (error) {
        // A socket file without a listener is what a killed gateway leaves behind.
        if (isNobodyThere(error)) return false
        throw unreachable(place, error)
      }
    },
    async call(method, path, body) {
      let received: Received
      try {
        received = await send(place, method, path, body)
      } catch (error) {
        throw unreachable(place, error)
      }
      return read(place, received)
    },
  }
}

function send(place: AdminPlace, method: string, path: string, body: unknown): Promise<Received> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers: Record<string, string> = { accept: 'application/json', connection: 'close' }
  if (text !== undefined) headers['content-type'] = 'application/json'
  if (method === 'POST') headers['content-length'] = String(Buffer.byteLength(text ?? ''))
  const options: RequestOptions = { method, headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const onAnswer = (answer: IncomingMessage): void => {
    receive(answer).then(resolve, reject)
  }
  if (place.url) {
    const url = new URL(place.url)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/admin/v1${path}`
    headers.authorization = `Bearer ${place.adminKey}`
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    request(url, options, onAnswer).on('error', reject).end(text)
  } else {
    headers.host = 'localhost'
    const local = { ...options, socketPath: place.socket, path: `/admin/v1${path}` }
    requestHttp(local, onAnswer).on('error', reject).end(text)
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

function read<Result>(place: AdminPlace, { status, text }: Received): Result {
  const body = parse(text)
  if (status >= 200 && status < 300 && (body !== undefined || text === '')) return body as Result
  const { title, detail } = (body ?? {}) as { title?: string; detail?: string }
  const message = detail ?? title ?? `${nameOf(place)} answered ${status}`
  throw new CliError(reasonOf(status), message, nextOf(status, body === undefined))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(status: number): ExitReason {
  if (status === 401 || status === 403) return 'authentication'
  if (status === 404) return 'notFound'
  return status === 400 ? 'usage' : 'failure'
}

function nextOf(status: number, isForeign: boolean): string | undefined {
  if (status === 401 || status === 403) return 'check WASAT_ADMIN_KEY'
  if (isForeign) return 'the answer is not from the admin API: check WASAT_URL'
  return status === 404 ? 'wasat keys list shows the ids' : undefined
}

function nameOf(place: AdminPlace): string {
  return place.url ? place.url.origin : place.socket
}

// The last two: the path is longer than a socket's may be, so nothing can listen there.
const NOBODY_THERE = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'EINVAL', 'ENAMETOOLONG'])

function isNobodyThere(error: unknown): boolean {
  return NOBODY_THERE.has((error as NodeJS.ErrnoException).code ?? '')
}

function unreachable(place: AdminPlace, error: unknown): CliError {
  const { code, message, name } = error as NodeJS.ErrnoException
  const reason =
    name === 'TimeoutError' ? `no answer within ${ANSWER_TIMEOUT_MS / 1000} s` : (code ?? message)
  const next = place.url ? 'check WASAT_URL, and that the gateway runs' : 'restart the gateway'
  return new CliError('unreachable', `${nameOf(place)} cannot be reached (${reason})`, next, error)
}
