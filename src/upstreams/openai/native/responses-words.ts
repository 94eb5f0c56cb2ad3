/** Responses, whole; and the events of a streamed one, whose last holds the whole again. */
import type { JsonFindings } from '../../../wire/json-findings.ts'
import type { Watch } from '../../../wire/json-watch.ts'
import type { Media } from '../../native/media.ts'
import { type Json, objectsOf } from '../responses/json.ts'
import { endReasonOf } from '../responses/response.ts'
import { readUsage } from '../responses/usage.ts'
import {
  type AnswerWords,
  bytesOf,
  capturedAt,
  errorMember,
  madeMedia,
  measuredMedia,
  sumOf,
  sumOfMedia,
} from './words.ts'

const IMAGE_CALL = 'image_generation_call'

/** What is read of a response that is too large to be parsed. */
export const RESPONSE_WATCH: Watch = {
  keys: {
    status: { capture: true },
    incompleteDetails: { capture: true },
    usage: { capture: true },
    model: { capture: true },
    error: { capture: true },
    output: {
      each: {
        measure: { bytes: 'result', label: 'type', sumAs: (type) => (type === IMAGE_CALL ? 'image' : '') },
      },
    },
  },
}

export const RESPONSES: AnswerWords = {
  watch: RESPONSE_WATCH,
  documentOf: (found) => responseFound(found, ''),
  usageOf: ({ usage }) => readUsage(usage),
  finishReasonOf: (document) => endReasonOf(document),
  errorOf: (document) => errorMember(document),
  textBytesOf: ({ output }) => sumOf(objectsOf(output), itemBytes),
  mediaOf: ({ output }) => sumOfMedia(objectsOf(output).map(imageIn)),
  mediaMeasured: (found) => measuredMedia('image', found),
}

/** `prefix` is empty, or ends with a dot. */
export function responseFound(found: JsonFindings, prefix: string): Json {
  const at = (name: string) => capturedAt(found, `${prefix}${name}`)
  return {
    status: at('status'),
    incomplete_details: at('incompleteDetails'),
    usage: at('usage'),
    model: at('model'),
    error: at('error'),
  }
}

function itemBytes(item: Json): number {
  const texts = [...objectsOf(item.content), ...objectsOf(item.summary)]
  const written = sumOf(texts, ({ text, refusal }) => bytesOf(text) + bytesOf(refusal))
  return written + bytesOf(item.name) + bytesOf(item.arguments) + bytesOf(item.input)
}

function imageIn({ type, result }: Json): Media {
  return madeMedia('image', type === IMAGE_CALL ? bytesOf(result) : 0)
}
