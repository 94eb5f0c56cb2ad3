/** The upstreams that store things, and which of their accounts is whose. */
import { createHash } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import type { HostAccount, ResourceHost } from '../../nouns/relay.ts'
import type { Caller, HttpRequest, Target, Upstream } from '../../nouns.ts'

/** One account of one upstream. */
export interface Home {
  readonly upstream: string
  readonly host: ResourceHost
  readonly account: HostAccount
}

/** With which a client says where its new things shall lie. */
export const WISH_HEADER = 'x-wasat-upstream'

export interface Hosts {
  /** Whether any upstream stores things. */
  any(): boolean
  /** Every account that there is. */
  all(): readonly Home[]
  /** The account with this tag; undefined when it is not configured any more. */
  find(upstream: string, tag: string): Home | undefined
  /** The same; throws when it is not configured any more. */
  home(upstream: string, tag: string, name: string): Home
  /** Where this caller's new things go; undefined: here. Throws when it wishes for an upstream that there is not. */
  forNew(caller: Caller, request: HttpRequest): Home | undefined
  /** The same for something that belongs to a model; `targets` are where the model leads. */
  forModel(
    caller: Caller,
    request: HttpRequest,
    targets: readonly Target[],
  ): { readonly home: Home; readonly target: Target } | undefined
}

export function createHosts(upstreams: () => readonly Upstream[]): Hosts {
  function wishOf(request: HttpRequest): Upstream | undefined {
    const wish = request.headers[WISH_HEADER]
    if (typeof wish !== 'string' || wish === '') return undefined
    const found = upstreams().find(({ name }) => name === wish)
    if (found !== undefined) return found
    throw new GatewayError('invalid_argument', `There is no upstream ${JSON.stringify(wish.slice(0, 64))}.`)
  }

  function find(upstream: string, tag: string): Home | undefined {
    const host = upstreams().find((one) => one.name === upstream)?.resources
    const account = host?.accounts.find((one) => one.tag === tag)
    return host && account && { upstream, host, account }
  }

  return {
    any: () => upstreams().some(({ resources }) => resources !== undefined),
    all: () =>
      upstreams().flatMap(({ name, resources: host }) =>
        host === undefined ? [] : host.accounts.map((account) => ({ upstream: name, host, account })),
      ),
    find,
    home: (upstream, tag, name) => {
      const home = find(upstream, tag)
      if (home !== undefined) return home
      const text = `${name} lies at the upstream ${upstream}, with a credential that is not configured any more.`
      throw new GatewayError('failed_precondition', text)
    },
    forNew: (caller, request) => {
      const upstream = wishOf(request) ?? upstreams().find(({ resources }) => resources !== undefined)
      return upstream && homeAt(upstream, caller.keyId)
    },
    forModel: (caller, request, targets) => {
      const wish = wishOf(request)
      if (wish !== undefined && !targets.some(({ upstream }) => upstream === wish)) {
        throw new GatewayError('invalid_argument', `The model is not served by the upstream ${wish.name}.`)
      }
      const target = targets.find(({ upstream }) =>
        wish === undefined ? upstream.resources !== undefined : upstream === wish,
      )
      const home = target && homeAt(target.upstream, caller.keyId)
      return home && target && { home, target }
    },
  }
}

/**
 * One key's things stay together: a cache can only use a file of its own account. The account with the highest digest
 * is the key's, so that a credential more or less moves as few keys as possible.
 */
export function homeAt({ name, resources: host }: Upstream, keyId: string): Home | undefined {
  if (host === undefined) return undefined
  const weigh = (account: HostAccount) => createHash('sha256').update(`${keyId} ${account.tag}`).digest('hex')
  let chosen: { readonly account: HostAccount; readonly weight: string } | undefined
  for (const account of host.accounts) {
    const weight = weigh(account)
    if (chosen === undefined || weight > chosen.weight) chosen = { account, weight }
  }
  return chosen && { upstream: name, host, account: chosen.account }
}
