/**
 * The request target: what may stand between the method and the version of an HTTP request line.
 * Everything is decoded once and here, so that no later room sees two spellings of one path.
 */
import { GatewayError } from '../errors.ts'

export interface RequestTarget {
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

/** RFC 3986 `pchar` and `/`, without `%`: the targets that need no second look. */
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/
const NO_QUERY = new URLSearchParams()
const QUERY_PARAMETERS_MAX = 1_000

/** Splits and decodes an origin-form target; throws 400 for every other form and every trick. */
export function parseTarget(target: string): RequestTarget {
  if (!target.startsWith('/')) throw malformed('The request target must be a path.')
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  if (target.includes('#')) throw malformed('The request target must not have a fragment.')
  return { path: parsePath(rawPath), query: mark < 0 ? NO_QUERY : parseQuery(target.slice(mark + 1)) }
}

function parsePath(rawPath: string): string[] {
  const isPlain = PLAIN_PATH.test(rawPath)
  if (!isPlain && !rawPath.includes('%')) throw malformed('The path has a character that must be encoded.')
  const raw = rawPath.split('/')
  const path: string[] = []
  for (let at = 1; at < raw.length; at++) {
    const segment = raw[at] as string
    // Repeated slashes come from base URLs that end in one; only the last empty segment means something.
    if (segment === '' && at < raw.length - 1) continue
    path.push(isPlain ? segment : decodeSegment(segment))
  }
  if (rawPath.includes('.') || !isPlain) path.forEach(refuseDots)
  return path
}

function decodeSegment(segment: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    throw malformed('The path is not valid percent-encoded UTF-8.')
  }
  // A second layer of encoding, a query or a fragment in disguise, a backslash, a control character.
  if (/[%?#\\\u0000-\u001f\u007f]/.test(decoded)) throw malformed('The path has a forbidden character.')
  return decoded
}

/** `..`, and `..;x` which some servers read as `..`, in any part of a segment. */
function refuseDots(segment: string): void {
  for (const part of segment.split('/')) {
    const name = part.split(';', 1)[0]
    if (name === '.' || name === '..') throw malformed('The path must not have dot segments.')
  }
}

function parseQuery(text: string): URLSearchParams {
  let parameters = 1
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) parameters++
  if (parameters > QUERY_PARAMETERS_MAX) throw malformed('The query has too many parameters.')
  return new URLSearchParams(text)
}

function malformed(message: string): GatewayError {
  return new GatewayError('invalid_argument', message)
}
