/** A Gemini-compatible upstream: Google AI Studio, or any base URL that speaks its wire. */
import { Pool } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { Answer, Call, Target, Upstream } from '../../nouns.ts'
import { connectionError } from './errors.ts'
import { Exchange, type ExchangeTimeouts } from './exchange.ts'
import { listModels } from './models.ts'
import { buildRequest, type Endpoint, type OutgoingRequest } from './request.ts'
import { createResourceHost } from './resources.ts'

export interface GeminiOptions {
  readonly name: string
  /** `https://host[:port][/path]`; the API version follows it. */
  readonly baseUrl: string
  /** Undefined: the version that the client asked for. */
  readonly apiVersion?: string | undefined
  readonly keys: readonly string[]
  readonly credential: 'header' | 'bearer'
  /** All in milliseconds. */
  readonly timeouts: {
    readonly connect: number
    readonly firstByte: number
    readonly streamFirstByte: number
    readonly streamIdle: number
    readonly streamTotal: number
  }
  readonly connectionsMax: number
}

/** Response headers of an upstream, in all. */
const HEADER_BYTES_MAX = 16 * 1024

export function createGeminiUpstream(options: GeminiOptions): Upstream {
  const url = new URL(options.baseUrl)
  const endpoint: Endpoint = {
    basePath: url.pathname.replace(/\/+$/, ''),
    apiVersion: options.apiVersion,
    credential: options.credential,
  }
  const pool = new Pool(url.origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    connect: { timeout: options.timeouts.connect },
    // The exchange keeps its own time.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const keyAt = (turn: number) => options.keys[turn % options.keys.length] as string
  let listings = 0

  function send(call: Call, target: Target): Promise<Answer> {
    const key = keyAt(target.credential)
    const exchange = new Exchange({ name: options.name, call, timeouts: timeoutsFor(options, call), key })
    pool.dispatch(buildRequest(call, target, endpoint, key), exchange)
    return exchange.answer
  }

  /** A small answer, whole; for everything that is not a client's call. */
  async function fetchJson(request: OutgoingRequest): Promise<{ status: number; body: unknown }> {
    try {
      const answer = await pool.request({
        ...request,
        headersTimeout: options.timeouts.connect,
        bodyTimeout: options.timeouts.connect,
      })
      return { status: answer.statusCode, body: await answer.body.json() }
    } catch (error) {
      throw connectionError(options.name, error as Error, false)
    }
  }

  return {
    name: options.name,
    kind: 'gemini',
    credentials: options.keys.length,
    resources: createResourceHost({ ...options, endpoint, origin: url.origin, pool }),
    send,
    listModels: () => listModels(options.name, endpoint, keyAt(listings++), fetchJson),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

/** The smaller of what the operator allows and what the client will wait for. */
function timeoutsFor(options: GeminiOptions, call: Call): ExchangeTimeouts {
  const { timeouts } = options
  const isStream = call.delivery !== 'unary'
  const leftMs =
    call.deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : call.deadlineAtMs - performance.now()
  if (leftMs <= 0)
    throw new GatewayError('deadline_exceeded', 'Deadline expired before operation could complete.')
  return {
    begin: Math.min(isStream ? timeouts.streamFirstByte : timeouts.firstByte, leftMs),
    idle: timeouts.streamIdle,
    total: Math.min(isStream ? timeouts.streamTotal : timeouts.firstByte, leftMs),
  }
}
