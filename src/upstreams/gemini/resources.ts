/** The files, caches and batches of a Gemini-compatible upstream: one exchange with the account of one credential. */
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { RelayAnswer, RelayRequest, ResourceHost } from '../../nouns/relay.ts'
import { answerError, connectionError, withoutKey } from '../http/errors.ts'
import type { OriginPool } from '../http/pool.ts'
import { isCredentialRefused } from '../native/errors.ts'
import { withoutSealsInJson } from '../native/signatures.ts'
import { inBlocks } from './blocks.ts'
import { credentialHeader, type Endpoint, versionFor } from './request.ts'

export interface ResourceHostOptions {
  readonly name: string
  readonly endpoint: Endpoint
  readonly origin: string
  readonly pool: Pick<OriginPool, 'request'>
  readonly keys: readonly string[]
  /** In milliseconds. `firstByte`: of waiting for the upstream, whether it takes or answers. */
  readonly timeouts: { readonly firstByte: number; readonly streamIdle: number }
}

const ERROR_BYTES_MAX = 1024 * 1024
/** A generated video is fetched by way of a redirect. */
const REDIRECTS_MAX = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** 308 in answer to an upload means: go on. */
const GETS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** What of the answer's head the client may see. Not `x-guploader-uploadid`: it is the upload's key. */
const ANSWER_HEADERS = [
  'accept-ranges',
  'content-length',
  'content-range',
  'content-type',
  'range',
  'retry-after',
  'x-goog-upload-chunk-granularity',
  'x-goog-upload-size-received',
  'x-goog-upload-status',
] as const

type Sent = Pick<RelayRequest, 'method' | 'headers' | 'body'> & { readonly key: string }
type Received = Dispatcher.ResponseData

export function createResourceHost(options: ResourceHostOptions): ResourceHost {
  const { name, endpoint, origin, pool, keys, timeouts } = options

  /** One exchange; the answer's body is the caller's to read. */
  async function exchange(path: string, { method, headers, body, key }: Sent): Promise<Received> {
    const timer = createTimer(timeouts.firstByte)
    timer.start()
    try {
      return await pool.request({
        path,
        method: method as 'GET',
        headers: { ...headers, 'accept-encoding': 'identity', ...credentialHeader(endpoint, key) },
        body: outgoing(body, timer),
        signal: timer.signal,
        // Our own timer runs while the body is sent, too.
        headersTimeout: 0,
        bodyTimeout: timeouts.streamIdle,
      })
    } catch (thrown) {
      if (timer.signal.aborted) throw timer.signal.reason
      throw failure(name, thrown, false)
    } finally {
      timer.end()
    }
  }

  async function relay(request: RelayRequest): Promise<RelayAnswer> {
    const key = keys[request.credential % keys.length] as string
    const sent: Sent = { ...request, key }
    let path = pathOf(endpoint, request.to)
    let answer = await exchange(path, sent)
    for (let step = 0; isRedirect(request, answer); step++) {
      path = redirectOf(options, path, answer, step)
      await answer.body.dump()
      answer = await exchange(path, sent)
    }
    const { statusCode: status, headers } = answer
    const body = pieces(name, answer)
    const continueAt = continuationOf(endpoint, origin, headers)
    if (status < 400) return { status, headers: visible(headers), continueAt, body }
    return {
      status,
      headers: visible(headers),
      continueAt,
      body: one(await errorOf(name, status, body, key)),
    }
  }

  return {
    accounts: keys.map((key, credential) => ({ credential, tag: tagOf(name, key) })),
    addressOf: (resource) => `${origin}${endpoint.basePath}/${endpoint.apiVersion ?? 'v1beta'}/${resource}`,
    relay,
  }
}

const TAG_CHARACTERS = 6
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Stands in names that clients see: the credential cannot be found by it but by guessing the whole of it. */
export function tagOf(upstream: string, key: string): string {
  const digest = createHmac('sha256', 'wasat: account of an upstream').update(`${upstream}\n${key}`).digest()
  let tag = ''
  for (let at = 0; at < TAG_CHARACTERS; at++) tag += ALPHABET[(digest[at] as number) % ALPHABET.length]
  return tag
}

function pathOf(endpoint: Endpoint, to: RelayRequest['to']): string {
  if ('continueAt' in to) return to.continueAt
  const upload = to.isUpload ? '/upload' : ''
  const version = versionFor(endpoint, to.apiVersion)
  return `${endpoint.basePath}${upload}/${version}/${to.path}${to.query && `?${to.query}`}`
}

/**
 * The upload's address on our own way to the upstream: whatever host it names, no credential is sent to another one.
 * Behind a proxy that passes Google's addresses on as they are, this is the way back to it.
 */
function continuationOf(
  { basePath }: Endpoint,
  origin: string,
  headers: IncomingHttpHeaders,
): string | undefined {
  const address = headers['x-goog-upload-url'] ?? headers.location
  if (typeof address !== 'string' || !URL.canParse(address, origin)) return undefined
  const url = new URL(address, origin)
  // Of others the path is none.
  if (!/^https?:$/.test(url.protocol)) return undefined
  const isBelow = url.origin === origin || url.pathname.startsWith(`${basePath}/`)
  return `${isBelow ? '' : basePath}${url.pathname}${url.search}`
}

function isRedirect({ method }: RelayRequest, { statusCode }: Received): boolean {
  return GETS.has(method) && REDIRECTS.has(statusCode)
}

/** Only to the same host: the credential goes nowhere else. */
function redirectOf(
  { name, origin }: ResourceHostOptions,
  path: string,
  { headers }: Received,
  step: number,
): string {
  const { location } = headers
  const from = origin + path
  const url =
    typeof location === 'string' && URL.canParse(location, from) ? new URL(location, from) : undefined
  if (url?.origin === origin && step < REDIRECTS_MAX) return url.pathname + url.search
  throw answerError(name, 'sent the request elsewhere', false)
}

function visible(headers: IncomingHttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const name of ANSWER_HEADERS) {
    const value = headers[name]
    if (typeof value === 'string') shown[name] = value
  }
  return shown
}

/** A body that passes through, while whose pieces are waited for no time runs out. */
function outgoing(body: Sent['body'], timer: Timer): Buffer | Readable | null {
  if (body === undefined) return null
  if (Buffer.isBuffer(body)) return withoutSealsInJson(body)
  const blocks = inBlocks(body, { body: timer.stop, taker: timer.start })
  // The client takes any iterable, as it says everywhere but in its types. A Readable would read ahead.
  return blocks as AsyncIterable<Buffer> as Readable
}

interface Timer {
  readonly signal: AbortSignal
  start(): void
  stop(): void
  /** For good. */
  end(): void
}

/** Runs out once the upstream has been waited for so long, at one time. */
function createTimer(ms: number): Timer {
  const late = new AbortController()
  let running: NodeJS.Timeout | undefined
  let isOver = false
  const stop = () => clearTimeout(running)
  const start = () => {
    stop()
    // An answer may come while its request is still being sent.
    if (!isOver) running = setTimeout(() => late.abort(timeout()), ms)
  }
  const end = () => {
    isOver = true
    stop()
  }
  return { signal: late.signal, start, stop, end }
}

async function* pieces(name: string, { body }: Received): AsyncGenerator<Buffer> {
  try {
    for await (const piece of body) yield piece as Buffer
  } catch (thrown) {
    throw failure(name, thrown, true)
  }
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** The upstream's own error goes to the client as it is, unless it is about our credential. */
async function errorOf(
  name: string,
  status: number,
  body: AsyncIterable<Buffer>,
  key: string,
): Promise<Buffer> {
  const collected: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > ERROR_BYTES_MAX) throw answerError(name, 'sent too long an error', false)
    collected.push(piece)
  }
  const shown = withoutKey(Buffer.concat(collected), key)
  if (!isCredentialRefused(status, parsed(shown))) return shown
  throw new GatewayError(
    'upstream_refused_credential',
    `The upstream ${name} refused the gateway's credential.`,
    { hint: `${name}: check the keys of this upstream (it answered ${status})` },
  )
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** What the client's side of a body threw is not the upstream's failure. */
function failure(name: string, thrown: unknown, begun: boolean): GatewayError {
  return thrown instanceof GatewayError ? thrown : connectionError(name, thrown as Error, begun)
}

function timeout(): GatewayError {
  return new GatewayError('upstream_timeout', 'Deadline expired before operation could complete.')
}
