/** What is said of a medium that cannot be made sense of. */
import { GatewayError } from '../../../errors.ts'
import type { Modality } from '../../translation/checks/mime-types.ts'

const NOUNS: Readonly<Record<Modality, string>> = {
  IMAGE: 'image',
  AUDIO: 'audio',
  VIDEO: 'video',
  DOCUMENT: 'document',
  TEXT: 'text',
}

/** Google's answer to an image that it cannot decode; the other modalities are told in the same words. */
export function brokenMedium(modality: Modality): GatewayError {
  return new GatewayError(
    'invalid_argument',
    `Unable to process input ${NOUNS[modality]}. Please retry or report in ` +
      'https://developers.generativeai.google/guide/troubleshooting',
  )
}
