/** Media that a model made, counted for an estimate: base64 is no text. */
import { mediaTokensMade } from '../../nouns/estimate.ts'
import type { Reading } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { type MediaKind, mediaKindOf } from '../../wire/inline-media.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'

export type Media = NonNullable<Reading['media']>

const NO_MEDIA: Media = Object.freeze({ bytes: 0, tokens: 0 })
const KINDS: readonly MediaKind[] = ['image', 'audio', 'other']

export function mediaOf({ candidates }: GenerateContentResponse): Media {
  let sum = NO_MEDIA
  if (!Array.isArray(candidates)) return sum
  for (const candidate of candidates) {
    const parts: unknown = candidate?.content?.parts
    if (!Array.isArray(parts)) continue
    for (const part of parts) {
      const { mimeType, data } = part?.inlineData ?? {}
      const kind = mediaKindOf(mimeType)
      if (kind !== undefined && typeof data === 'string') sum = addMedia(sum, made(kind, 1, data.length))
    }
  }
  return sum
}

/** The same, of what was measured under the names of `INLINE_DATA`. */
export function mediaMeasured(found: JsonFindings): Media {
  let sum = NO_MEDIA
  for (const kind of KINDS) {
    const { count, bytes } = found.measured(kind)
    if (count > 0) sum = addMedia(sum, made(kind, count, bytes))
  }
  return sum
}

export function addMedia(one: Media, other: Media): Media {
  return { bytes: one.bytes + other.bytes, tokens: one.tokens + other.tokens }
}

function made(kind: MediaKind, count: number, bytes: number): Media {
  return { bytes, tokens: mediaTokensMade(kind, count, bytes) }
}
