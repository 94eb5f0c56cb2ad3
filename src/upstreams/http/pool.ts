/** The sockets to one upstream, and how long it is waited for. */
import type { Readable } from 'node:stream'
import { Pool } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { Call } from '../../nouns.ts'
import { connectionError } from './errors.ts'
import type { ExchangeTimeouts } from './exchange.ts'

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

export function openPool(origin: string, timeouts: UpstreamTimeouts, connectionsMax: number): Pool {
  return new Pool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    connect: { timeout: timeouts.connect },
    // The exchange keeps its own time.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

/** A small answer, whole; for everything that is not a client's call. Throws when it is no JSON or none came. */
export async function fetchJson(
  name: string,
  pool: Pool,
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
