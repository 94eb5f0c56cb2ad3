/** Writes a unary answer: one JSON body. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Answer, HttpResponse } from '../../nouns.ts'
import { writeWhole } from '../whole.ts'
import { sendError } from './errors.ts'

export function encodeUnary(
  answer: Answer,
  response: HttpResponse,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  return writeWhole(answer, response, headers, (error) => sendError(error, 'unary', response, headers))
}
