/** A Gemini-compatible upstream: Google AI Studio, or any base URL that speaks its wire. */
import { Report } from '../../nouns/report.ts'
import type { Answer, Call, Target, Upstream } from '../../nouns.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import type { Egress } from '../http/egress.ts'
import { Exchange } from '../http/exchange.ts'
import { fetchJson, openPool, timeoutsFor, type UpstreamTimeouts } from '../http/pool.ts'
import { nativeProtocol } from '../native/protocol.ts'
import { rewriteNative } from '../native/rewrite.ts'
import { withoutDifferences } from './differences.ts'
import { listModels } from './models.ts'
import { buildRequest, type Endpoint } from './request.ts'
import { createResourceHost } from './resources.ts'

export interface GeminiOptions {
  readonly name: string
  /** `https://host[:port][/path]`; the API version follows it. */
  readonly baseUrl: string
  /** Undefined: the version that the client asked for. */
  readonly apiVersion?: string | undefined
  readonly keys: readonly string[]
  readonly credential: 'header' | 'bearer'
  readonly timeouts: UpstreamTimeouts
  readonly connectionsMax: number
  readonly egress?: Egress | undefined
  readonly bounds?: AnswerBounds
}

export function createGeminiUpstream(options: GeminiOptions): Upstream {
  const { name } = options
  const url = new URL(options.baseUrl)
  const endpoint: Endpoint = {
    basePath: url.pathname.replace(/\/+$/, ''),
    apiVersion: options.apiVersion,
    credential: options.credential,
  }
  const pool = openPool(url.origin, options)
  const keyAt = (turn: number) => options.keys[turn % options.keys.length] as string
  let listings = 0

  function send(call: Call, target: Target): Promise<Answer> {
    let report: Report | undefined
    const tell = () => (report ??= new Report(name))
    const own = withoutDifferences(rewriteNative(call, target, tell), target.model, tell)
    const losses = report as Report | undefined
    losses?.throwIfStrict(call.isStrict)
    const key = keyAt(target.credential)
    const timeouts = timeoutsFor(options.timeouts, call)
    const protocol = nativeProtocol(name, call, losses)
    const exchange = new Exchange({ name, protocol, timeouts, key, bounds: options.bounds })
    pool.dispatch(buildRequest(own, target, endpoint, key), exchange)
    return exchange.answer
  }

  return {
    name,
    kind: 'gemini',
    credentials: options.keys.length,
    resources: createResourceHost({ ...options, endpoint, origin: url.origin, pool }),
    send,
    listModels: () =>
      listModels(name, endpoint, keyAt(listings++), (request) =>
        fetchJson(name, pool, request, options.timeouts.connect),
      ),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}
