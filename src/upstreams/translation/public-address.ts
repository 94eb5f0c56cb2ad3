/**
 * Which addresses of a client may be told to a target that will fetch them. We never fetch one ourselves, but a server
 * of the operator's own does, and stands where the client's hand must not reach.
 *
 * The name is not looked up: whoever fetches resolves it once more, and may be told something else.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Host and port as they are written. Two parsers that disagree about a text must not be given it. */
const AUTHORITY = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i
/** What only some parsers skip, take for a slash, or walk up by. */
const AMBIGUOUS = /[\\\x00-\x20\x7f]|\/(?:\.|%2e){1,2}(?=[/?#]|$)/i

const PORTS: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443'])

/** Names that exist in somebody's own network only; a name without a dot is one too. */
const INNER_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|arpa)$/

const INNER_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
/** Within 2000::/3, which is all that is public: what carries an IPv4 address, and documentation. */
const INNER_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const inner = new BlockList()
for (const [network, prefix] of INNER_V4) inner.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of INNER_V6) inner.addSubnet(network, prefix, 'ipv6')
const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')

/** What is wrong with an `http:` or `https:` address as one that anybody may be asked to fetch; undefined when nothing is. */
export function whyNotPublic(address: string): string | undefined {
  const url = AUTHORITY.test(address) && !AMBIGUOUS.test(address) ? URL.parse(address) : null
  if (url === null) return 'is not a plain http or https address: write the host in ASCII, and no user info'
  if (!PORTS.has(url.port)) return `has a port other than ${[...PORTS].filter(Boolean).join(', ')}`
  return isPublicHost(url.hostname) ? undefined : 'does not lead to a public host'
}

function isPublicHost(hostname: string): boolean {
  if (isIPv4(hostname)) return !inner.check(hostname, 'ipv4')
  if (hostname.startsWith('[')) {
    const address = hostname.slice(1, -1)
    return isIPv6(address) && publicV6.check(address, 'ipv6') && !inner.check(address, 'ipv6')
  }
  const name = hostname.replace(/\.$/, '')
  return name.includes('.') && !INNER_NAME.test(name)
}
