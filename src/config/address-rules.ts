/** Addresses that an operator writes down. One that two readers could take for two places is refused. */
import { isIP } from 'node:net'
import type { UpstreamConfig } from './schema.ts'

/** What is wrong, and what to do about it. */
export type Complaint = readonly [message: string, suggestion?: string]

/** Scheme, host and port as they are written; an address ends there or goes on with a slash. */
const AUTHORITY =
  /^https?:\/\/(?<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?=\/|$)/i
/** The parser drops some of these, and takes a backslash for a slash. */
const UNSEEN = /[\x00-\x20\x7f\\]/
const WALKING_UP = /\/(?:\.|%2e){1,2}(?=\/|$)/i
/** Services that are no model servers, and that take lines of text from anybody. */
const PORTS_OF_OTHERS: ReadonlySet<string> = new Set(
  '0 21 22 23 25 53 110 143 389 445 465 587 993 995 1433 3306 5432 6379 11211 27017'.split(' '),
)

/** Undefined when the address is as it should be. The value may carry a password, so no message repeats it. */
export function whatIsWrong(kind: UpstreamConfig['kind'], baseUrl: string): Complaint | undefined {
  const url = URL.parse(baseUrl)
  if (!url || !/^https?:$/.test(url.protocol)) return ['must be an http:// or https:// address']
  if (url.username || url.password) return ['must not have user info', 'put the key under keys']
  if (/[?#]/.test(baseUrl)) return ['must not have a query or fragment']
  if (UNSEEN.test(baseUrl)) return ['must not have spaces, control characters or backslashes']
  const host = AUTHORITY.exec(baseUrl)?.groups?.host?.toLowerCase()
  if (host === undefined)
    return ['must have a plain host', 'write it in ASCII (xn--…), and no user info or dot at its end']
  if (host !== url.hostname && !host.startsWith('['))
    return ['has an IPv4 address in a form that is not common', 'write four decimal numbers']
  if (PORTS_OF_OTHERS.has(url.port)) return [`has port ${url.port}, where no model server listens`]
  if (WALKING_UP.test(baseUrl)) return ['must not have . or .. in its path']
  if (kind === 'gemini' && /\/v[0-9]+[a-z0-9]*\/*$/.test(url.pathname))
    return ['must not end in an API version', 'put the version under apiVersion']
  return undefined
}

export function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return false
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A name as URLs have it; not what only looks like one and is an address (`127.1`). */
export function isHostName(text: string): boolean {
  return AUTHORITY.test(`http://${text}`) && URL.parse(`http://${text}`)?.host === text.toLowerCase()
}
