/**
 * Which addresses of a client may be told to a target that will fetch them. We never fetch one ourselves, but a server
 * of the operator's own does, and stands where the client's hand must not reach.
 *
 * The name is not looked up: whoever fetches resolves it once more, and may be told something else.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { carriedV4, isInnerName, kindOf } from '../http/addresses.ts'

/** Host and port as they are written. Two parsers that disagree about a text must not be given it. */
const AUTHORITY = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i
/** What only some parsers skip, take for a slash, or walk up by. */
const AMBIGUOUS = /[\\\x00-\x20\x7f]|\/(?:\.|%2e){1,2}(?=[/?#]|$)/i

const PORTS: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443'])

/** What is wrong with an `http:` or `https:` address as one that anybody may be asked to fetch; undefined when nothing is. */
export function whyNotPublic(address: string): string | undefined {
  const url = AUTHORITY.test(address) && !AMBIGUOUS.test(address) ? URL.parse(address) : null
  if (url === null) return 'is not a plain http or https address: write the host in ASCII, and no user info'
  if (!PORTS.has(url.port)) return `has a port other than ${[...PORTS].filter(Boolean).join(', ')}`
  return isPublicHost(url.hostname) ? undefined : 'does not lead to a public host'
}

function isPublicHost(hostname: string): boolean {
  if (isIPv4(hostname)) return kindOf(hostname) === 'public'
  if (!hostname.startsWith('[')) return !isInnerName(hostname)
  const address = hostname.slice(1, -1)
  // Where an address leads that carries another one, the network beside the server decides.
  return isIPv6(address) && kindOf(address) === 'public' && carriedV4(address) === undefined
}
