/** What of a client's request goes with it to an upstream's store: an allow-list, and never a credential. */
import type { HttpRequest } from '../../nouns.ts'

const FORWARDED = [
  'content-range',
  'content-type',
  'range',
  'user-agent',
  'x-goog-api-client',
  'x-goog-upload-command',
  'x-goog-upload-file-name',
  'x-goog-upload-header-content-length',
  'x-goog-upload-header-content-type',
  'x-goog-upload-offset',
  'x-goog-upload-protocol',
  'x-upload-content-length',
  'x-upload-content-type',
] as const
const FORWARDABLE = /^[\x20-\x7e]{1,1024}$/

/** Those that only we read, and those that would tell the upstream who asks. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  'key',
  'access_token',
  'oauth_token',
  'upload_id',
  'fields',
])
const PARAMETERS_MAX = 20

export function forwardedHeaders(request: HttpRequest): Record<string, string> {
  const forwarded: Record<string, string> = {}
  for (const name of FORWARDED) {
    const value = request.headers[name]
    if (typeof value === 'string' && FORWARDABLE.test(value)) forwarded[name] = value
  }
  return forwarded
}

export function forwardedQuery({ query }: HttpRequest): string {
  const forwarded = new URLSearchParams()
  for (const [name, value] of query) {
    if (!OWN_PARAMETERS.has(name) && forwarded.size < PARAMETERS_MAX) forwarded.append(name, value)
  }
  return forwarded.toString()
}
