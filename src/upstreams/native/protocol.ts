/** Gemini's own wire: bytes pass as they came, and what policy and money need is read on the side. */
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError, retryInfo } from '../../errors.ts'
import type { RetryHint } from '../../nouns/retry.ts'
import type { Answer, Call } from '../../nouns.ts'
import { isRetryable } from '../http/errors.ts'
import type { ErrorAnswer, Protocol } from '../http/exchange.ts'
import { jsonOrUndefined } from '../http/json.ts'
import { retryAfterHeader } from '../http/retry-after.ts'
import { isCredentialRefused } from './errors.ts'
import { UnaryReader } from './response.ts'
import { retryHintOf } from './retry-hint.ts'
import { ArrayReader, SseReader } from './stream.ts'

/** What of the upstream's answer headers the client may see, beside a content type that is right. */
const ANSWER_HEADERS = ['content-length', 'x-gemini-service-tier'] as const

export function nativeProtocol(
  name: string,
  { delivery, facts }: Pick<Call, 'delivery' | 'facts'>,
  translation?: Answer['translation'],
): Protocol {
  return {
    wire: 'gemini',
    delivery,
    reader: (pass, eventBytesMax) => {
      if (delivery === 'sse') return new SseReader(name, pass, facts, eventBytesMax)
      return delivery === 'array' ? new ArrayReader(name, pass) : new UnaryReader(name, pass)
    },
    refusal: (status, headers, body) => refusalOf(name, { status, headers, body, delivery }),
    headers: (headers, status) => visibleHeaders(headers, delivery === 'sse' && status === 200),
    ...(translation !== undefined && { translation }),
  }
}

interface Refused extends Pick<Call, 'delivery'> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The upstream's own error goes to the client as it is, unless it is about our credential. */
function refusalOf(
  name: string,
  { status, headers, body: bytes, delivery }: Refused,
): ErrorAnswer | GatewayError {
  const body = jsonOrUndefined(bytes)
  if (isCredentialRefused(status, body)) {
    const hint = `${name}: check the credentials of this upstream (it answered ${status})`
    const message = `The upstream ${name} refused the gateway's credential.`
    return new GatewayError('upstream_refused_credential', message, { hint })
  }
  const retryable = isRetryable(status)
  const retry = retryable ? retryHintOf(headers, body) : undefined
  if (body !== undefined) return { status, chunk: { bytes }, retryable, hint: retry }
  if (status === 429 && retry !== undefined) return limited(name, retry, delivery)
  return noJson(name, status, retry)
}

/** A limit that a box in between keeps, which does not know whose API it guards. */
function limited(name: string, hint: RetryHint, delivery: Call['delivery']): ErrorAnswer {
  const message = `The upstream ${name} is limited.`
  const details = hint.afterMs === undefined ? undefined : [retryInfo(hint.afterMs)]
  const error = { code: 429, message, status: 'RESOURCE_EXHAUSTED', ...(details && { details }) }
  const body = delivery === 'array' ? [{ error }] : { error }
  const bytes = Buffer.from(`${JSON.stringify(body, undefined, 2)}\n`)
  return { status: 429, chunk: { bytes }, retryable: true, hint }
}

function noJson(name: string, status: number, retry: RetryHint | undefined): GatewayError {
  const what = `answered with status ${status} and no JSON`
  return new GatewayError('upstream_unavailable', `The upstream ${name} ${what}.`, {
    hint: `${name}: ${what}`,
    headers: retryAfterHeader(retry),
    ...(retry !== undefined && { retry }),
    ...(retry?.afterMs !== undefined && { details: [retryInfo(retry.afterMs)] }),
  })
}

/** Errors are JSON whatever was asked for, and what some services call their streams is not what is made of them. */
function visibleHeaders(headers: IncomingHttpHeaders, isStream: boolean): Record<string, string> {
  const visible: Record<string, string> = {}
  const type = headers['content-type']
  if (type !== undefined && (isStream ? EVENTS : JSON_TYPE).test(type)) visible['content-type'] = type
  for (const name of ANSWER_HEADERS) {
    const value = headers[name]
    if (typeof value === 'string') visible[name] = value
  }
  return visible
}

const EVENTS = /^text\/event-stream\b/i
const JSON_TYPE = /\bjson\b/i
