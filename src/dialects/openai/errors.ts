/** Failures in OpenAI's shape: `{"error":{message,type,param,code}}`; on Google's own paths, Google's in a list. */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from '../../errors.ts'
import type { HttpResponse, Opening } from '../../nouns.ts'
import type { ErrorBody } from '../../wire/gemini.ts'
import { JSON_TYPE } from '../json.ts'
import { paramNamed } from './params.ts'
import { isObject, type Json } from './values.ts'

/** What both shapes are made of. */
export interface Failure {
  readonly http: number
  /** Of google.rpc. */
  readonly status: string
  readonly message: string
  readonly details: readonly object[]
  /** Our own word, where the failure is ours. */
  readonly code: string | undefined
}

/** Google's own paths keep its statuses, where a wrong key is a 400. */
export function failureOf(thrown: unknown, opening: Opening | undefined, isGoogles: boolean): Failure {
  const { code, http, status, message, details } = GatewayError.from(thrown)
  const isKeyless = code === 'permission_denied' && opening !== undefined && opening.credential === undefined
  if (isGoogles) return { http, status, message, details, code }
  if (!isKeyless) return { http: code === 'api_key_invalid' ? 401 : http, status, message, details, code }
  return { http: 401, status, message: NO_KEY, details, code: 'api_key_missing' }
}

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
  '(i.e. Authorization: Bearer YOUR_KEY).'

/** An upstream's, in Gemini's shape. */
export function failureIn(http: number, body: unknown): Failure {
  const whole = Array.isArray(body) ? body[0] : body
  const error = isObject(whole) && isObject(whole.error) ? whole.error : {}
  const { message, status, details } = error as Partial<ErrorBody['error']>
  return {
    http,
    status: typeof status === 'string' ? status : '',
    message: typeof message === 'string' ? message : 'The upstream answered with an error.',
    details: Array.isArray(details) ? details : [],
    code: undefined,
  }
}

interface Kind {
  readonly type: string
  readonly code: string | null
}

const INVALID = 'invalid_request_error'
const SERVER = 'server_error'

/** `error` alone, without what is around it. */
export function openAiError(failure: Failure): Json {
  const { type, code } = kindOf(failure)
  const message = isAboutModel(failure) ? noSuchModel(failure.message) : failure.message
  return { message, type, param: paramOf(failure), code }
}

function kindOf(failure: Failure): Kind {
  const { http, code } = failure
  if (http === 401) return { type: INVALID, code: code === 'api_key_missing' ? null : 'invalid_api_key' }
  if (http === 403) return { type: INVALID, code: 'permission_denied' }
  const own = ownCode(failure)
  if (own !== undefined) return { type: INVALID, code: own }
  if (http === 404) return { type: INVALID, code: missingOf(failure) }
  if (http === 429)
    return isSpent(failure)
      ? { type: 'insufficient_quota', code: 'insufficient_quota' }
      : { type: 'rate_limit_error', code: 'rate_limit_exceeded' }
  if (http < 500) return { type: INVALID, code: code === 'untranslatable' ? 'unsupported_parameter' : null }
  return { type: SERVER, code: code ?? (failure.status.toLowerCase() || null) }
}

/** What is not there; null for anything that has no word of its own, such as a file. */
function missingOf(failure: Failure): string | null {
  if (isAboutModel(failure)) return 'model_not_found'
  return failure.message.startsWith(NO_SUCH_URL) ? 'unknown_url' : null
}

/** What a 404 of ours about a path begins with. */
export const NO_SUCH_URL = 'Invalid URL'

/** Where OpenAI has a word of its own for what happened. */
const OWN_CODES: ReadonlyMap<unknown, string> = new Map([
  ['PREVIOUS_RESPONSE_NOT_FOUND', 'previous_response_not_found'],
])

function ownCode({ details }: Failure): string | undefined {
  return details.map((detail) => OWN_CODES.get((detail as Json).reason)).find((code) => code !== undefined)
}

function isAboutModel({ http, message }: Failure): boolean {
  return http === 404 && /^(?:models\/|Model is not found|The model `)/.test(message)
}

function noSuchModel(message: string): string {
  if (message.startsWith('The model `')) return message
  const model = /models\/(\S+)/.exec(message)?.[1] ?? ''
  return `The model \`${model}\` does not exist or you do not have access to it.`
}

/** All that was paid for is spent: to come again soon is of no use. */
export function isSpent({ details }: Pick<Failure, 'details'>): boolean {
  return details.some((detail) => (detail as Json).reason === 'BUDGET_EXCEEDED')
}

/** The first field that was wrong. */
function paramOf({ details }: Failure): string | null {
  for (const detail of details) {
    const { fieldViolations } = detail as { fieldViolations?: readonly { field?: string }[] }
    const field = fieldViolations?.[0]?.field
    if (field !== undefined && field !== '') return paramNamed(field)
  }
  return null
}

const DURATION = /^(\d{1,9}(?:\.\d{1,9})?)s$/

/** When to come again, as Google says it in the body and OpenAI's clients look for it in the head. */
function retryAfterOf({ details }: Failure): OutgoingHttpHeaders {
  const delays = details.map((detail) => DURATION.exec(String((detail as Json).retryDelay))?.[1])
  const seconds = delays.find((delay) => delay !== undefined)
  return seconds === undefined ? {} : { 'retry-after': `${Math.ceil(Number(seconds))}` }
}

function googleError({ http, status, message, details }: Failure): Json {
  return { code: http, message, status, ...(details.length > 0 && { details }) }
}

/** The member `error`, as the paths of this door have it. */
export function errorIn(failure: Failure, isGoogles: boolean): Json {
  return isGoogles ? googleError(failure) : openAiError(failure)
}

export function sendFailure(
  failure: Failure,
  isGoogles: boolean,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
): void {
  const body = { error: errorIn(failure, isGoogles) }
  const bytes = Buffer.from(`${JSON.stringify(isGoogles ? [body] : body, undefined, 2)}\n`)
  response.head(failure.http, {
    'content-type': JSON_TYPE,
    'content-length': bytes.length,
    // OpenAI's clients try each 429 again, unless they are told.
    ...(isSpent(failure) && { 'x-should-retry': 'false' }),
    ...retryAfterOf(failure),
    ...headers,
  })
  response.end(bytes)
}

export function sendError(
  thrown: unknown,
  opening: Opening | undefined,
  isGoogles: boolean,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
): void {
  const own = GatewayError.from(thrown).headers
  sendFailure(failureOf(thrown, opening, isGoogles), isGoogles, response, { ...own, ...headers })
}
