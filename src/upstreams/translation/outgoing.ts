/** A provider's request on its way out. */
import { HOP_HEADER } from '../../nouns/headers.ts'
import type { Call } from '../../nouns.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import { Exchange, type Protocol } from '../http/exchange.ts'
import { type OriginPool, timeoutsFor, type UpstreamTimeouts } from '../http/pool.ts'
import type { ProviderRequest } from './translator.ts'

/** Where requests of one call go. */
export interface Line {
  /** The upstream's name. */
  readonly name: string
  readonly pool: Pick<OriginPool, 'dispatch'>
  /** In front of each request's path, without a slash at its end. */
  readonly basePath: string
  readonly headersFor: (key: string) => Readonly<Record<string, string>>
  /** Empty when there is no credential. */
  readonly key: string
  readonly timeouts: UpstreamTimeouts
  readonly bounds?: AnswerBounds | undefined
}

/** Printed once, however often it is sent. */
export interface Outgoing {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export function outgoingOf({ path, headers = {}, body }: ProviderRequest): Outgoing {
  return { path, headers, body: Buffer.from(JSON.stringify(body)) }
}

export interface Launch {
  readonly protocol: Protocol
  /** Whether the provider answers with events. */
  readonly isStream: boolean
  readonly call: Pick<Call, 'delivery' | 'deadlineAtMs' | 'forwardHeaders'>
}

/** Sends it. Throws `deadline_exceeded` when the client's time is up. */
export function launch(line: Line, outgoing: Outgoing, { protocol, isStream, call }: Launch): Exchange {
  const { name, key, pool } = line
  const { delivery, deadlineAtMs, forwardHeaders } = call
  const hop = forwardHeaders[HOP_HEADER]
  const timeouts = timeoutsFor(line.timeouts, { delivery: isStream ? delivery : 'unary', deadlineAtMs })
  const exchange = new Exchange({ name, protocol, timeouts, key, bounds: line.bounds })
  const request = {
    method: 'POST' as const,
    path: `${line.basePath}${outgoing.path}`,
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      // Of what the client's request had, only this: the rest says who the client is, in another provider's terms.
      ...(hop !== undefined && { [HOP_HEADER]: hop }),
      ...line.headersFor(key),
      ...outgoing.headers,
    },
    body: outgoing.body,
  }
  pool.dispatch(request, exchange)
  return exchange
}
