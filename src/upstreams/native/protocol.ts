/** Gemini's own wire: bytes pass as they came, and what policy and money need is read on the side. */
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../../errors.ts'
import type { Answer, Call } from '../../nouns.ts'
import { answerError, isRetryable } from '../http/errors.ts'
import type { ErrorAnswer, Protocol } from '../http/exchange.ts'
import { jsonOrUndefined } from '../http/json.ts'
import { isCredentialRefused } from './errors.ts'
import { UnaryReader } from './response.ts'
import { ArrayReader, SseReader } from './stream.ts'

/** What of the upstream's answer headers the client may see. */
const ANSWER_HEADERS = ['content-type', 'content-length', 'retry-after', 'x-gemini-service-tier'] as const

export function nativeProtocol(
  name: string,
  { delivery, facts }: Pick<Call, 'delivery' | 'facts'>,
  translation?: Answer['translation'],
): Protocol {
  return {
    wire: 'gemini',
    delivery,
    reader: (pass) => {
      if (delivery === 'sse') return new SseReader(name, pass, facts.usesSearch)
      return delivery === 'array' ? new ArrayReader(name, pass) : new UnaryReader(name, pass)
    },
    refusal: (status, _, body) => refusalOf(name, status, body),
    headers: visibleHeaders,
    ...(translation !== undefined && { translation }),
  }
}

/** The upstream's own error goes to the client as it is, unless it is about our credential. */
function refusalOf(name: string, status: number, bytes: Buffer): ErrorAnswer | GatewayError {
  const body = jsonOrUndefined(bytes)
  if (isCredentialRefused(status, body)) {
    const hint = `${name}: check the credentials of this upstream (it answered ${status})`
    const message = `The upstream ${name} refused the gateway's credential.`
    return new GatewayError('upstream_refused_credential', message, { hint })
  }
  if (body === undefined) return answerError(name, `answered with status ${status} and no JSON`, false)
  return { status, chunk: { bytes }, retryable: isRetryable(status) }
}

function visibleHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const visible: Record<string, string> = {}
  for (const name of ANSWER_HEADERS) {
    const value = headers[name]
    if (typeof value === 'string') visible[name] = value
  }
  return visible
}
