/** Answers that are no text: vectors and pictures. */
import type { Reading } from '../../../nouns.ts'
import { type Json, numberOf, objectOf, objectsOf } from '../responses/json.ts'
import { usageOf } from '../usage.ts'
import {
  type AnswerWords,
  bytesOf,
  capturedAt,
  errorMember,
  madeMedia,
  measuredMedia,
  NO_MEDIA,
  sumOfMedia,
} from './words.ts'

const WATCHED = { usage: { capture: true }, model: { capture: true }, error: { capture: true } } as const

const BOTH: Pick<AnswerWords, 'documentOf' | 'finishReasonOf' | 'errorOf' | 'textBytesOf'> = {
  documentOf: (found) => ({
    usage: capturedAt(found, 'usage'),
    model: capturedAt(found, 'model'),
    error: capturedAt(found, 'error'),
  }),
  finishReasonOf: () => undefined,
  errorOf: errorMember,
  textBytesOf: () => undefined,
}

export const EMBEDDINGS: AnswerWords = {
  ...BOTH,
  watch: { keys: WATCHED },
  usageOf: ({ usage }) => usageOf(usage),
  mediaOf: () => NO_MEDIA,
  mediaMeasured: () => NO_MEDIA,
}

export const IMAGES: AnswerWords = {
  ...BOTH,
  watch: {
    keys: {
      ...WATCHED,
      data: { each: { measure: { bytes: 'b64Json', label: 'revisedPrompt', sumAs: () => 'image' } } },
    },
  },
  usageOf: ({ usage }) => imageUsageOf(objectOf(usage)),
  mediaOf: ({ data }) =>
    sumOfMedia(objectsOf(data).map(({ b64_json }) => madeMedia('image', bytesOf(b64_json)))),
  mediaMeasured: (found) => measuredMedia('image', found),
}

/** All that is put out is pictures; what was put in may be pictures as well. */
function imageUsageOf(usage: Json): Reading['usage'] {
  const prompt = numberOf(usage.input_tokens)
  const output = numberOf(usage.output_tokens)
  if (prompt === undefined && output === undefined) return undefined
  const shown = numberOf(objectOf(usage.input_tokens_details).image_tokens) ?? 0
  return {
    promptTokenCount: prompt ?? 0,
    candidatesTokenCount: output ?? 0,
    ...(shown > 0 && { promptTokensDetails: [{ modality: 'IMAGE', tokenCount: shown }] }),
    ...(output !== undefined && {
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: output }],
    }),
  }
}
