/** Cross-origin answers for browsers: none unless the operator named origins. Never with credentials. */
import type { OutgoingHttpHeaders } from 'node:http'

export interface Cors {
  /** Exact origins, or `*`. */
  readonly origins: readonly string[]
}

/** What the browser SDKs of Google and OpenAI send, and what of our answers it may read. */
const REQUEST_HEADERS = [
  'authorization, content-type, x-goog-api-client, x-goog-api-key, x-idempotency-key, x-request-id, x-server-timeout',
  'x-wasat-tags, x-wasat-translation, x-wasat-upstream, content-range, range, x-goog-upload-command, x-goog-upload-file-name, x-goog-upload-header-content-length',
  'x-goog-upload-header-content-type, x-goog-upload-offset, x-goog-upload-protocol',
  'openai-beta, openai-organization, openai-project, x-stainless-arch, x-stainless-helper-method, x-stainless-lang',
  'x-stainless-os, x-stainless-package-version, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version',
  'x-stainless-timeout',
].join(', ')
const RESPONSE_HEADERS = [
  'retry-after, server-timing, x-request-id, x-wasat-affinity, x-wasat-attempts, x-wasat-repeat-of, x-wasat-translation, x-wasat-upstream',
  'content-range, location, range, x-goog-upload-chunk-granularity, x-goog-upload-control-url',
  'x-goog-upload-size-received, x-goog-upload-status, x-goog-upload-url, x-guploader-uploadid',
].join(', ')
const PREFLIGHT_SECONDS = '7200'
const NOTHING: OutgoingHttpHeaders = Object.freeze({})

export function corsHeaders(cors: Cors, origin: string | undefined): OutgoingHttpHeaders {
  if (cors.origins.length === 0 || origin === undefined) return NOTHING
  const isAny = cors.origins.includes('*')
  if (!isAny && !cors.origins.includes(origin)) return { vary: 'Origin' }
  return {
    'access-control-allow-origin': isAny ? '*' : origin,
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': REQUEST_HEADERS,
    'access-control-expose-headers': RESPONSE_HEADERS,
    'access-control-max-age': PREFLIGHT_SECONDS,
    vary: 'Origin',
  }
}
