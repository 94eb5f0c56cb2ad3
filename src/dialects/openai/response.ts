/** Writes a whole answer: an upstream's own bytes where it speaks this wire, else what they come to in its form. */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError, noRoomForAnswers } from '../../errors.ts'
import type { Held } from '../../nouns/held.ts'
import type { Answer, HttpResponse } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { follow } from '../follow.ts'
import { JSON_TYPE } from '../json.ts'
import { bytesOf, writeWhole } from '../whole.ts'
import type { Asked } from './asked.ts'
import type { Endpoint } from './endpoint.ts'
import { failureIn, sendError, sendFailure } from './errors.ts'
import { isObject, type Json, jsonOrUndefined } from './values.ts'

export interface Encoding {
  readonly asked: Asked
  readonly endpoint: Endpoint
  readonly answer: Answer
  readonly response: HttpResponse
  readonly headers: OutgoingHttpHeaders
  /** Bytes of answers that wait here. */
  readonly held: Held
}

/** As they came. */
export function passWhole({ asked, answer, response, headers }: Encoding): Promise<void> {
  return writeWhole(answer, response, headers, (error) => tell(error, asked, response, headers))
}

/** Gemini's answer, or error, in this door's form. */
export function translateWhole({
  asked,
  endpoint,
  answer,
  response,
  headers,
  held,
}: Encoding): Promise<void> {
  const pieces: Buffer[] = []
  let heldBytes = 0
  const letGo = () => {
    held.give(heldBytes)
    heldBytes = 0
  }
  return follow(answer.source, response, {
    render: bytesOf,
    chunk: (bytes) => {
      if (!held.take(bytes.length)) throw noRoomForAnswers()
      heldBytes += bytes.length
      pieces.push(bytes)
      return true
    },
    end: async (last) => {
      const bytes = Buffer.concat(last === undefined ? pieces : [...pieces, last])
      letGo()
      // Whoever stands before an upstream may answer in HTML.
      const document = jsonOrUndefined(bytes.toString('utf8'))
      const { 'content-length': _, 'content-type': __, ...shown } = answer.headers
      try {
        if (answer.status >= 400)
          return sendFailure(failureIn(answer.status, document), asked.isGoogles, response, {
            ...shown,
            ...headers,
          })
        const whole = Buffer.from(JSON.stringify(await wholeOf(document, endpoint, asked)))
        response.head(answer.status, {
          'content-type': JSON_TYPE,
          ...shown,
          ...headers,
          'content-length': whole.length,
        })
        response.end(whole)
      } catch (error) {
        tell(error, asked, response, headers)
      }
    },
    outlivesHalfClose: true,
    fail: (error) => {
      letGo()
      tell(error, asked, response, headers)
    },
  }).finally(letGo)
}

function tell(error: unknown, asked: Asked, response: HttpResponse, headers: OutgoingHttpHeaders): void {
  sendError(error, undefined, asked.isGoogles, response, headers)
}

async function wholeOf(document: unknown, endpoint: Endpoint, asked: Asked): Promise<Json> {
  try {
    if (!isObject(document)) throw new TypeError('no JSON object')
    return await endpoint.whole(document as GenerateContentResponse, asked)
  } catch (cause) {
    throw notItsApi(cause)
  }
}

/** An upstream may send anything: what cannot be read as an answer of Gemini's is its fault. */
export function notItsApi(cause: unknown): GatewayError {
  return new GatewayError('upstream_broken', 'The upstream sent what is no answer of its API.', { cause })
}
