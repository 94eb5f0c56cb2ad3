/** What kind of place an IP address or a host's name leads to. Nothing is looked up here. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * `private`: somebody's own network or this very machine. `forbidden`: what no model server has: the metadata of a
 * cloud, link-local, many at once, nobody, and whatever is reserved.
 */
export type AddressKind = 'public' | 'private' | 'forbidden'

type Network = readonly [network: string, prefix: number]

/** Sources: IANA's special-purpose registries, and each cloud's page on its metadata service. */
const FORBIDDEN_V4: readonly Network[] = [
  ['0.0.0.0', 8],
  // Alibaba's metadata, within the range that carriers share.
  ['100.100.100.200', 32],
  // Azure's platform, at an address that looks public.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
const PRIVATE_V4: readonly Network[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]
/** Within what is public or private otherwise: documentation, protocols, and the metadata of AWS and Google. */
const FORBIDDEN_V6: readonly Network[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
]
const PRIVATE_V6: readonly Network[] = [
  ['::1', 128],
  ['fc00::', 7],
]
/** All that is public; whatever else there is, is reserved. */
const PUBLIC_V6: readonly Network[] = [['2000::', 3]]

const forbidden = blockListOf(FORBIDDEN_V4, FORBIDDEN_V6)
const inner = blockListOf(PRIVATE_V4, PRIVATE_V6)
const open = blockListOf([], PUBLIC_V6)

function blockListOf(v4: readonly Network[], v6: readonly Network[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of v4) list.addSubnet(network, prefix, 'ipv4')
  for (const [network, prefix] of v6) list.addSubnet(network, prefix, 'ipv6')
  return list
}

/** `address`: an IP address without brackets. One that carries an IPv4 address is what that one is. */
export function kindOf(address: string): AddressKind {
  const bare = withoutZone(address)
  const v4 = isIPv4(bare) ? bare : carriedV4(bare)
  if (v4 !== undefined) {
    if (forbidden.check(v4, 'ipv4')) return 'forbidden'
    return inner.check(v4, 'ipv4') ? 'private' : 'public'
  }
  if (!isIPv6(bare) || forbidden.check(bare, 'ipv6')) return 'forbidden'
  if (inner.check(bare, 'ipv6')) return 'private'
  return open.check(bare, 'ipv6') ? 'public' : 'forbidden'
}

const MAPPED = [0, 0, 0, 0, 0, 0xffff]
const NAT64 = [0x64, 0xff9b, 0, 0, 0, 0]
const SIX_TO_FOUR = 0x2002

/** The IPv4 address inside an IPv6 one: mapped, behind a NAT64, or 6to4. */
export function carriedV4(address: string): string | undefined {
  const groups = groupsOf(withoutZone(address))
  if (groups === undefined) return undefined
  const begins = (prefix: readonly number[]) => prefix.every((group, at) => groups[at] === group)
  if (begins(MAPPED) || begins(NAT64)) return dotted(groups.slice(6))
  return groups[0] === SIX_TO_FOUR ? dotted(groups.slice(1, 3)) : undefined
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')
}

/** The eight groups of an IPv6 address; undefined when it is none. */
function groupsOf(address: string): number[] | undefined {
  const url = isIPv6(address) ? URL.parse(`http://[${address}]`) : null
  if (url === null) return undefined
  // The URL's parser writes every form the same way: groups of hexadecimal digits, and at most one gap.
  const [front = '', back] = url.hostname.slice(1, -1).split('::')
  const read = (half: string) =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))
  const [first, last] = [read(front), read(back ?? '')]
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/s, '')
}

/** Names that exist in somebody's own network only; a name without a dot is one too. */
const INNER_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|svc|arpa)$/

/** `name`: as URLs write it, in small letters. */
export function isInnerName(name: string): boolean {
  const bare = name.replace(/\.$/, '')
  return !bare.includes('.') || INNER_NAME.test(bare)
}
