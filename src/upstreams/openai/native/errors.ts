/** Errors of this wire for a client that speaks it: they pass as they came, unless they are about our credential. */
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../../../errors.ts'
import { isRetryable, RefusedInside } from '../../http/errors.ts'
import type { ErrorAnswer } from '../../http/exchange.ts'
import { jsonOrUndefined } from '../../http/json.ts'
import { credentialRefused, hintOf, isOurs } from '../../translation/refusal.ts'
import type { ProviderRefusal } from '../../translation/translator.ts'
import { messageOf, readRefusal, refusedInside } from '../errors.ts'
import { isObject, type Json, objectOf, textOf } from '../responses/json.ts'

/** Our account there is empty; the client is told what it would be told of its own. */
const PAYMENT_REQUIRED = 402
const TOO_MANY_REQUESTS = 429

/** `bytes` is the whole body, without our credential. */
export function refusalOf(
  name: string,
  status: number,
  headers: IncomingHttpHeaders,
  bytes: Buffer,
): ErrorAnswer | GatewayError {
  const body = jsonOrUndefined(bytes)
  const refusal = read(status, headers, body)
  if (isOurs(refusal)) return credentialRefused(name, refusal)
  const shown = status === PAYMENT_REQUIRED ? TOO_MANY_REQUESTS : status
  const retryable = isRetryable(shown)
  return {
    status: shown,
    chunk: { bytes: isObject(body) || Array.isArray(body) ? bytes : wordless(name, shown) },
    retryable,
    hint: retryable ? hintOf(refusal) : undefined,
  }
}

/** What a reader of errors stumbles over is an error all the same. */
function read(status: number, headers: IncomingHttpHeaders, body: unknown): ProviderRefusal {
  try {
    return readRefusal(status, headers, body)
  } catch {
    return { status, message: '' }
  }
}

/** A page, or nothing, where this wire has JSON: from a box in between, or from a server without such a path. */
function wordless(name: string, status: number): Buffer {
  const message = `The upstream ${name} answered with status ${status} and no JSON.`
  const error = { message, type: typeOf(status), param: null, code: null }
  return Buffer.from(`${JSON.stringify({ error }, undefined, 2)}\n`)
}

function typeOf(status: number): string {
  if (status === TOO_MANY_REQUESTS) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

/**
 * An error in the place of an answer. What comes before anything else is the error answer that it should have been;
 * behind that, it is a break. `bytes` is the document that holds it.
 */
export function errorInAnswer(
  name: string,
  error: unknown,
  { document, bytes }: { document: Json; bytes: Buffer },
  begun: boolean,
): GatewayError | RefusedInside {
  if (!begun) return new RefusedInside(statusOf(error), document.error === error ? bytes : wrapped(error))
  const { code, type } = objectOf(error)
  const message = messageOf({ error }) || `The upstream ${name} broke off its answer.`
  return new GatewayError('upstream_broken', message, {
    hint: `${name}: error inside an answer: ${textOf(code) ?? textOf(type) ?? 'no code'}`,
  })
}

/** Where errors have a status of their own, they stand in a member of that name. */
function wrapped(error: unknown): Buffer {
  return Buffer.from(JSON.stringify({ error }))
}

function statusOf(error: unknown): number {
  const said = refusedInside(error)?.status
  if (said !== undefined) return said
  return objectOf(error).type === 'invalid_request_error' ? 400 : 500
}
