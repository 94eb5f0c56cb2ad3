/** What is read of an answer on the side, whichever of this wire's endpoints gave it. */
import { mediaTokensMade } from '../../../nouns/estimate.ts'
import type { Reading } from '../../../nouns.ts'
import type { JsonFindings } from '../../../wire/json-findings.ts'
import type { JsonLimits } from '../../../wire/json-scanner.ts'
import type { Watch } from '../../../wire/json-watch.ts'
import { addMedia, type Media } from '../../native/media.ts'
import type { Json } from '../responses/json.ts'

/** 2,048 vectors of 3,072 numbers are six million values; how many bytes they may take is bounded elsewhere. */
export const ANSWER_LIMITS: JsonLimits = { depth: 200, nodes: 50_000_000, keysPerObject: 1_000_000 }

/** One answer, or one event of it, that was parsed; or as much of it as `watch` found. */
export interface AnswerWords {
  /** What is read of one that is too large to be parsed as a whole. */
  readonly watch: Watch
  /** The part of a document that the watch found. */
  documentOf(found: JsonFindings): Json
  usageOf(document: Json): Reading['usage']
  /** In Gemini's words; undefined when it did not end, or has no such word. */
  finishReasonOf(document: Json): string | undefined
  /** What it says in the place of an answer; undefined when it is one. */
  errorOf(document: Json): unknown
  /** Bytes of what the model wrote; undefined where that is no text. */
  textBytesOf(document: Json): number | undefined
  mediaOf(document: Json): Media
  mediaMeasured(found: JsonFindings): Media
}

export const NO_MEDIA: Media = Object.freeze({ bytes: 0, tokens: 0 })

export type MadeKind = 'image' | 'audio'

/** So many of them, of so many bytes of base64 together. */
export function madeMedia(kind: MadeKind, bytes: number, count = 1): Media {
  return bytes === 0 ? NO_MEDIA : { bytes, tokens: mediaTokensMade(kind, count, bytes) }
}

/** What was measured under the name of that kind. */
export function measuredMedia(kind: MadeKind, found: JsonFindings): Media {
  const { count, bytes } = found.measured(kind)
  return madeMedia(kind, bytes, count)
}

export function sumOfMedia(media: readonly Media[]): Media {
  return media.reduce(addMedia, NO_MEDIA)
}

export function bytesOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0
}

export function sumOf<Item>(items: readonly Item[], bytes: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + bytes(item), 0)
}

/** What was captured at a path; undefined when it was not there. */
export function capturedAt(found: JsonFindings, path: string): unknown {
  const text = found.captured.get(path)
  return text === undefined ? undefined : JSON.parse(text)
}

/** An error's own object, or a text in its place. */
export function errorMember({ error }: Json): unknown {
  return error === undefined || error === null || error === false ? undefined : error
}
