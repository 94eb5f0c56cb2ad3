/** Media that lie in a message as base64, sorted by what they come to in tokens. */
import type { Measure } from './json-watch.ts'

/** `other` is film, documents, and whatever nobody named. */
export type MediaKind = 'image' | 'audio' | 'other'

/** Texts that are no `text/*`. A model reads them letter by letter, so they are no media here. */
const TEXTS: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/json',
  'application/rtf',
  'application/typescript',
  'application/x-ipynb+json',
  'application/x-javascript',
  'application/x-python',
  'application/x-typescript',
  'application/xml',
  'application/yaml',
])

/** Undefined for a text. */
export function mediaKindOf(mimeType: unknown): MediaKind | undefined {
  if (typeof mimeType !== 'string') return 'other'
  const type = mimeType.split(';', 1)[0]!.trim().toLowerCase()
  if (type.startsWith('image/')) return 'image'
  if (type.startsWith('audio/')) return 'audio'
  return type.startsWith('text/') || TEXTS.has(type) ? undefined : 'other'
}

/** `inlineData`, summed by `MediaKind`. */
export const INLINE_DATA: Measure = {
  bytes: 'data',
  label: 'mimeType',
  sumAs: (mimeType) => mediaKindOf(mimeType) ?? '',
}
