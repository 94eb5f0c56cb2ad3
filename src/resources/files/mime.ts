/** What kind of file it is: as the client says, else by its first bytes. */
import { isUtf8 } from 'node:buffer'
import { invalidField } from '../../errors.ts'

/** First bytes that are looked at. */
export const SNIFF_BYTES = 512
const UNKNOWN = 'application/octet-stream'
const MIME_CHARACTERS_MAX = 255
const MIME =
  /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?: *; *[a-z0-9_-]+=(?:"[^"\\\r\n]*"|[^\s";]*))*$/i

/** Signatures by where they stand; text is latin1. */
const SIGNATURES: readonly (readonly [offset: number, bytes: string, mimeType: string])[] = [
  [0, '\x89PNG\r\n\x1a\n', 'image/png'],
  [0, '\xff\xd8\xff', 'image/jpeg'],
  [0, 'GIF8', 'image/gif'],
  [8, 'WEBP', 'image/webp'],
  [8, 'WAVE', 'audio/wav'],
  [8, 'AVI ', 'video/x-msvideo'],
  [4, 'ftypheic', 'image/heic'],
  [4, 'ftypavif', 'image/avif'],
  [4, 'ftypM4A', 'audio/mp4'],
  [4, 'ftypqt', 'video/quicktime'],
  [4, 'ftyp', 'video/mp4'],
  [0, '\x1aE\xdf\xa3', 'video/webm'],
  [0, 'OggS', 'audio/ogg'],
  [0, 'fLaC', 'audio/flac'],
  [0, 'ID3', 'audio/mpeg'],
  [0, '\xff\xfb', 'audio/mpeg'],
  [0, '%PDF-', 'application/pdf'],
  [0, 'PK\x03\x04', 'application/zip'],
]

/** What Google's own examples call the requests of a batch, though it is no mime type. */
const JSONL = 'jsonl'

/** A mime type as the client names it, checked; undefined when it names none. */
export function checkedMime(mimeType: string | undefined, field: string): string | undefined {
  if (mimeType === undefined || mimeType === '') return undefined
  if (mimeType === JSONL || (mimeType.length <= MIME_CHARACTERS_MAX && MIME.test(mimeType))) return mimeType
  throw invalidField(field, `Invalid MIME type: ${JSON.stringify(mimeType.slice(0, 64))}`)
}

/** By the first bytes of a file. */
export function sniffMime(start: Buffer): string {
  const text = start.toString('latin1')
  const found = SIGNATURES.find(([offset, bytes]) => text.startsWith(bytes, offset))
  if (found !== undefined) return found[2]
  return isText(start) ? 'text/plain' : UNKNOWN
}

function isText(start: Buffer): boolean {
  if (start.length === 0) return false
  // The last character may be cut; it has at most four bytes.
  const isWhole = start.length < SNIFF_BYTES
  const ends = isWhole ? [start.length] : [0, 1, 2, 3].map((cut) => start.length - cut)
  return !start.includes(0) && ends.some((end) => isUtf8(start.subarray(0, end)))
}
