/**
 * Every connection that the gateway opens to an upstream is opened here. A name is looked up once, each address that it
 * leads to is judged, and what was judged is what is dialled: a second answer of the name's server changes nothing.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { createEgressPolicy } from './egress-policy.ts'

/** Opens a socket: what the client library's pools and agents take as their `connect`. */
export type Connector = buildConnector.connector

export interface Egress {
  /** `timeoutMs`: of looking up, TCP and TLS together. */
  connector(timeoutMs: number): Connector
  /** The same, where these names, addresses and CIDRs may be reached as well. */
  allowing(more: readonly string[]): Egress
}

export interface EgressOptions {
  /** Names, addresses and CIDRs, from `egress.allow`. */
  readonly allow: readonly string[]
  /** How a name becomes addresses; for tests. Always asked for all of them. */
  readonly resolve?: Resolve
}

export type Resolve = (
  host: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, found: { address: string; family: number }[]) => void,
) => void

/**
 * How long one address is tried before the next one of the other family is: a network that swallows IPv6 costs no more.
 * Node's own default is twice that.
 */
const NEXT_ADDRESS_AFTER_MS = 250

export function createEgress({ allow, resolve = lookup }: EgressOptions): Egress {
  const policy = createEgressPolicy(allow)

  /** One address that may not be dialled refuses them all: who answers so is not to be trusted with the others. */
  const checkedLookup: LookupFunction = (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      for (const { address } of found) {
        const refusal = policy.refusal(host, address)
        if (refusal !== undefined) return callback(refusal, '')
      }
      if (options.all) return callback(null, found)
      const [first] = found
      callback(null, first?.address ?? '', first?.family)
    })
  }

  return {
    connector(timeoutMs) {
      const connect = buildConnector({
        allowH2: false,
        timeout: timeoutMs,
        lookup: checkedLookup,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
      } as buildConnector.BuildOptions)
      return (options, callback) => {
        const { hostname } = options
        // An address is never looked up.
        const refusal = isIP(hostname) === 0 ? undefined : policy.refusal(hostname, hostname)
        if (refusal === undefined) connect(options, callback)
        else process.nextTick(callback, refusal, null)
      }
    },
    allowing: (more) => createEgress({ allow: [...allow, ...more], resolve }),
  }
}

/** Nothing was listed by anybody. */
export const STRICT_EGRESS: Egress = createEgress({ allow: [] })
