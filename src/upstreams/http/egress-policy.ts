/** Which addresses may be dialled for which hosts. Only the operator names hosts; what a name leads to, others may say. */
import { BlockList, isIP } from 'node:net'
import { type AddressKind, isInnerName, kindOf } from './addresses.ts'

export interface EgressPolicy {
  /**
   * Why `address` may not be dialled for `host`; undefined when it may. `host`: a name, or an address without
   * brackets. Each address that a name leads to is to be asked for.
   */
  refusal(host: string, address: string): EgressRefused | undefined
}

export const EGRESS_REFUSED = 'WASAT_EGRESS_REFUSED'

/** Nothing was dialled. The message is for the operator. */
export class EgressRefused extends Error {
  readonly code = EGRESS_REFUSED
}

/** Wherever they lead: whoever serves such a name gives credentials away. */
const METADATA_NAMES: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata.goog'])

const WHAT_IT_IS: Readonly<Record<Exclude<AddressKind, 'public'>, string>> = {
  private: 'a private address, though the name does not say so',
  forbidden: 'a link-local, metadata, multicast or reserved address',
}

/** `allow`: names, addresses and CIDRs that the operator listed on purpose. */
export function createEgressPolicy(allow: readonly string[]): EgressPolicy {
  const { names, ranges } = read(allow)

  function isListed(address: string): boolean {
    const bare = address.replace(/%.*$/s, '')
    return ranges.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4')
  }

  /** Undefined: nothing. */
  function whatIsWrong(name: string, address: string): string | undefined {
    if (isListed(address)) return undefined
    if (METADATA_NAMES.has(name) && !names.has(name)) return 'the metadata service of a cloud'
    const kind = kindOf(address)
    if (kind === 'public') return undefined
    const isMeant = kind === 'private' && (isIP(name) !== 0 || isInnerName(name) || names.has(name))
    return isMeant ? undefined : WHAT_IT_IS[kind]
  }

  return {
    refusal(host, address) {
      const name = nameOf(host)
      const wrong = whatIsWrong(name, address)
      if (wrong === undefined) return undefined
      const where = name === address ? address : `${host} leads to ${address}, which`
      return new EgressRefused(`${where} is ${wrong}; list it under egress.allow if it is meant`)
    },
  }
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function read(allow: readonly string[]): { names: ReadonlySet<string>; ranges: BlockList } {
  const names = new Set<string>()
  const ranges = new BlockList()
  for (const entry of allow) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address)
    if (family === 0) names.add(nameOf(entry))
    else
      ranges.addSubnet(address, Number(prefix ?? (family === 6 ? 128 : 32)), family === 6 ? 'ipv6' : 'ipv4')
  }
  return { names, ranges }
}
