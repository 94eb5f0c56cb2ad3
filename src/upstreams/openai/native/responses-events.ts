/** The events of a streamed response. Its text comes in deltas, and again in each event that closes something. */
import { type Json, objectOf, textOf } from '../responses/json.ts'
import type { EventWords } from './event-words.ts'
import { anyIn, Mark } from './marks.ts'
import { RESPONSE_WATCH, RESPONSES, responseFound } from './responses-words.ts'
import { bytesOf, capturedAt, errorMember, NO_MEDIA } from './words.ts'

const ENDS = ['response.completed', 'response.incomplete', 'response.failed']

export function responsesEvents(): EventWords {
  const marks = ['error', ...ENDS].map((word) => new Mark(`"${word}"`))
  const delta = new Mark('.delta"')
  let response: Json = {}
  let isComplete = false
  return {
    watch: { keys: { type: { capture: true }, response: RESPONSE_WATCH, error: { capture: true } } },
    documentOf: (found) => ({
      type: capturedAt(found, 'type'),
      response: responseFound(found, 'response.'),
      error: capturedAt(found, 'error'),
    }),
    errorOf: (document) =>
      document.type === 'error' ? (errorMember(document) ?? document) : errorMember(document),
    // What is said of it to the end is said by the usage; a picture that is on its way comes more than once.
    mediaOf: () => NO_MEDIA,
    mediaMeasured: () => NO_MEDIA,
    textBytesOf: (document) => (isDelta(document) ? bytesOf(document.delta) : 0),
    isText: isDelta,
    endsWithDone: false,
    matters: (buffer, start, end) => anyIn(marks, buffer, start, end),
    mayHaveText: (buffer, start, end) => delta.isIn(buffer, start, end),
    take: (document) => {
      if (document.response !== undefined) response = objectOf(document.response)
      if (!ENDS.includes(textOf(document.type) ?? '')) return 'pass'
      isComplete = true
      return 'last'
    },
    get isComplete() {
      return isComplete
    },
    reading: () => ({
      usage: RESPONSES.usageOf(response),
      finishReason: RESPONSES.finishReasonOf(response),
      modelVersion: textOf(response.model),
    }),
  }
}

function isDelta({ type }: Json): boolean {
  return textOf(type)?.endsWith('.delta') === true
}
