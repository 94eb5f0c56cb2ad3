/** The sockets to one upstream, and how long it is waited for. */
import type { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { Call } from '../../nouns.ts'
import { type Egress, STRICT_EGRESS } from './egress.ts'
import { connectionError } from './errors.ts'
import type { ExchangeTimeouts } from './patience.ts'

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query, percent-encoded. */
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer | Readable | null
}

/** All in milliseconds. */
export interface UpstreamTimeouts {
  readonly connect: number
  readonly firstByte: number
  readonly streamFirstByte: number
  readonly streamIdle: number
  readonly streamTotal: number
}

/** Response headers of an upstream, in all. */
const HEADER_BYTES_MAX = 16 * 1024

export interface PoolOptions {
  readonly timeouts: Pick<UpstreamTimeouts, 'connect'>
  readonly connectionsMax: number
  /** Undefined: the strictest. */
  readonly egress?: Egress | undefined
}

/** What is said of a request beside its path. */
type Waits = Partial<Pick<Dispatcher.RequestOptions, 'headersTimeout' | 'bodyTimeout' | 'signal'>>
type Sendable = Pick<Dispatcher.RequestOptions, 'method' | 'path' | 'body'> & Pick<OutgoingRequest, 'headers'>

/**
 * Sockets to one origin, and the only place where a credential is put on a request: a request to it cannot say where it
 * goes, so no address that anybody answers with takes a credential elsewhere. No redirect is followed.
 */
export interface OriginPool {
  dispatch(request: Sendable, handler: Dispatcher.DispatchHandler): void
  request(request: Sendable & Waits): Promise<Dispatcher.ResponseData>
  /** When what is under way has ended. */
  close(): Promise<void>
  destroy(): Promise<void>
}

export function openPool(origin: string, options: PoolOptions): OriginPool {
  const { timeouts, connectionsMax, egress = STRICT_EGRESS } = options
  const pool = new Pool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    connect: egress.connector(timeouts.connect),
    // The exchange keeps its own time.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    dispatch: (request, handler) => void pool.dispatch(checked(request), handler),
    request: (request) => pool.request(checked(request)),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

/** A path that is a whole address, or a `host` of its own, would name another place than the socket leads to. */
function checked<Request extends Sendable>(request: Request): Request {
  if (request.path.startsWith('/') && request.headers.host === undefined) return request
  throw new GatewayError('internal', 'A request to an upstream names a host.')
}

/** A small answer, whole; for everything that is not a client's call. Throws when it is no JSON or none came. */
export async function fetchJson(
  name: string,
  pool: Pick<OriginPool, 'request'>,
  request: OutgoingRequest,
  timeoutMs: number,
): Promise<{ status: number; body: unknown }> {
  try {
    const answer = await pool.request({ ...request, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
    return { status: answer.statusCode, body: await answer.body.json() }
  } catch (error) {
    throw connectionError(name, error as Error, false)
  }
}

/** The smaller of what the operator allows and what the client will wait for. Throws `deadline_exceeded`. */
export function timeoutsFor(
  timeouts: UpstreamTimeouts,
  { delivery, deadlineAtMs }: Pick<Call, 'delivery' | 'deadlineAtMs'>,
): ExchangeTimeouts {
  const isStream = delivery !== 'unary'
  const leftMs = deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : deadlineAtMs - performance.now()
  if (leftMs <= 0)
    throw new GatewayError('deadline_exceeded', 'Deadline expired before operation could complete.')
  return {
    begin: Math.min(isStream ? timeouts.streamFirstByte : timeouts.firstByte, leftMs),
    idle: timeouts.streamIdle,
    total: Math.min(isStream ? timeouts.streamTotal : timeouts.firstByte, leftMs),
  }
}
