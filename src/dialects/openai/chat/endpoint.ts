/** `POST /v1/chat/completions` */
import type { Endpoint } from '../endpoint.ts'
import { geminiOf } from './request.ts'
import { completionOf } from './response.ts'
import { chatEvents } from './stream.ts'

export const chat: Endpoint = {
  wire: 'openai-chat',
  path: 'chat/completions',
  verb: 'generateContent',
  toGemini: (asked, model, report) => ({
    verb: 'generateContent',
    body: geminiOf(asked.document(), model, report),
  }),
  whole: completionOf,
  events: chatEvents,
}
