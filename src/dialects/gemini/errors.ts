/** Failures in Google's shape: `{"error":{code,message,status,details}}`. */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from '../../errors.ts'
import type { Delivery, HttpResponse } from '../../nouns.ts'
import type { ErrorBody } from '../../wire/gemini.ts'
import { JSON_TYPE } from '../json.ts'

export function errorBody(thrown: unknown): ErrorBody {
  const error = GatewayError.from(thrown)
  const { details } = error
  return {
    error: {
      code: error.http,
      message: error.message,
      status: error.status,
      ...(details.length > 0 && { details }),
    },
  }
}

/** A real status and a JSON body; wrapped in an array where the client asked for one. */
export function sendError(
  thrown: unknown,
  delivery: Delivery,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
): void {
  const error = GatewayError.from(thrown)
  const body = errorBody(error)
  const bytes = Buffer.from(`${JSON.stringify(delivery === 'array' ? [body] : body, undefined, 2)}\n`)
  response.head(error.http, {
    'content-type': JSON_TYPE,
    'content-length': bytes.length,
    ...error.headers,
    ...headers,
  })
  response.end(bytes)
}
