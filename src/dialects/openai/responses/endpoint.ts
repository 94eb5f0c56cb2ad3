/** `POST /v1/responses` */
import type { Endpoint } from '../endpoint.ts'
import { geminiOf } from './request.ts'
import { wholeOf } from './response.ts'
import { responseEvents } from './stream.ts'

export const responses: Endpoint = {
  wire: 'openai-responses',
  path: 'responses',
  verb: 'generateContent',
  keepsAnswers: true,
  toGemini: (asked, model, report) => ({
    verb: 'generateContent',
    body: geminiOf(asked, model, report),
  }),
  whole: wholeOf,
  events: responseEvents,
}
