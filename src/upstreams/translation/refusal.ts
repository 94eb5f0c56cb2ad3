/** A provider's error in Google's shape. */
import { errorInfo, GatewayError, retryInfo } from '../../errors.ts'
import type { RetryHint } from '../../nouns/retry.ts'
import type { Delivery } from '../../nouns.ts'
import { isRetryable } from '../http/errors.ts'
import type { ErrorAnswer } from '../http/exchange.ts'
import { delayMs } from '../http/retry-after.ts'
import type { ProviderRefusal } from './translator.ts'

/** What Google calls each status, and the one that it gives for it. All other 4xx are a wrong argument. */
const STATUSES: Readonly<Record<number, readonly [code: number, status: string]>> = {
  // Our account there is empty; the client is told what it would be told of its own.
  402: [429, 'RESOURCE_EXHAUSTED'],
  403: [403, 'PERMISSION_DENIED'],
  404: [404, 'NOT_FOUND'],
  408: [504, 'DEADLINE_EXCEEDED'],
  409: [409, 'ABORTED'],
  429: [429, 'RESOURCE_EXHAUSTED'],
  501: [501, 'UNIMPLEMENTED'],
  502: [503, 'UNAVAILABLE'],
  503: [503, 'UNAVAILABLE'],
  504: [504, 'DEADLINE_EXCEEDED'],
  529: [503, 'UNAVAILABLE'],
}
const WRONG_ARGUMENT = [400, 'INVALID_ARGUMENT'] as const
const INTERNAL = [500, 'INTERNAL'] as const

/** A reason is a word, and stands in a header-like place; a provider's may be anything. */
const REASON = /^[A-Za-z0-9_.:-]{1,100}$/
const MESSAGE_CHARACTERS_MAX = 10_000

/** `name` is the upstream's. */
export function refusalOf(
  name: string,
  refusal: ProviderRefusal,
  delivery: Delivery,
): ErrorAnswer | GatewayError {
  if (isOurs(refusal)) return credentialRefused(name, refusal)
  const [code, status] = STATUSES[refusal.status] ?? (refusal.status < 500 ? WRONG_ARGUMENT : INTERNAL)
  const message =
    refusal.message.slice(0, MESSAGE_CHARACTERS_MAX) ||
    `The upstream ${name} answered with status ${refusal.status}.`
  const retryable = isRetryable(refusal.status) || isRetryable(code)
  const hint = retryable ? hintOf(refusal) : undefined
  const details = detailsOf(name, refusal, hint)
  const error = { code, message, status, ...(details.length > 0 && { details }) }
  // As Google does where a list was asked for.
  const body = delivery === 'array' ? [{ error }] : { error }
  return {
    status: code,
    chunk: { bytes: Buffer.from(`${JSON.stringify(body, undefined, 2)}\n`) },
    retryable,
    hint,
  }
}

/** Whether it is about our credential, which is not the client's business. */
export function isOurs({ isCredential, status }: ProviderRefusal): boolean {
  return isCredential === true || status === 401
}

export function credentialRefused(name: string, { message: said }: ProviderRefusal): GatewayError {
  const hint = `${name}: check the credentials of this upstream (it said: ${said.slice(0, 200)})`
  const message = `The upstream ${name} refused the gateway's credential.`
  return new GatewayError('upstream_refused_credential', message, { hint })
}

export function hintOf({ retryAfterMs, scope, isDaily = false }: ProviderRefusal): RetryHint {
  return { afterMs: delayMs(retryAfterMs), scope, isDaily }
}

function detailsOf(name: string, { reason }: ProviderRefusal, hint: RetryHint | undefined): object[] {
  return [
    ...(reason !== undefined && REASON.test(reason) ? [errorInfo(reason, name)] : []),
    ...(hint?.afterMs !== undefined ? [retryInfo(hint.afterMs)] : []),
  ]
}
