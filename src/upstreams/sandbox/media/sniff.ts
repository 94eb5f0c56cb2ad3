/** Which format bytes are in, by what they begin with. */
import type { View } from './view.ts'

export type Format =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'heif'
  | 'wav'
  | 'aiff'
  | 'flac'
  | 'mp3'
  | 'adts'
  | 'ogg'
  | 'mp4'
  | 'matroska'
  | 'avi'
  | 'transport'
  | 'program'
  | 'flv'
  | 'asf'
  | 'pdf'

/** PDFs may have some junk before their mark. */
const PDF_SEARCHED_BYTES = 1_024
const ASF_GUID = '3026b2758e66cf11a6d900aa0062ce6c'

const HEIF_BRANDS = /^(?:hei[cxms]|hev[cx]|mif1|msf1|avi[fs])$/

/** The format, or `undefined` when the bytes show none that is known here. */
export function formatOf(head: View): Format | undefined {
  const text = head.latin1(0, Math.min(head.length, PDF_SEARCHED_BYTES))
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (/^GIF8[79]a/.test(text)) return 'gif'
  if (/^(?:RIFF|RF64)/.test(text)) return RIFF.get(text.slice(8, 12))
  if (/^FORM[\s\S]{4}AIF[FC]/.test(text)) return 'aiff'
  if (text.startsWith('fLaC')) return 'flac'
  if (text.startsWith('OggS')) return 'ogg'
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'matroska'
  if (text.startsWith('FLV\x01')) return 'flv'
  if (head.length >= 30 && head.slice(0, 16).toString('hex') === ASF_GUID) return 'asf'
  if (/^[\s\S]{4}(?:ftyp|moov|mdat|wide|free|skip|styp)/.test(text)) {
    return text.slice(4, 8) === 'ftyp' && HEIF_BRANDS.test(text.slice(8, 12)) ? 'heif' : 'mp4'
  }
  if (/^\0\0\x01[\xb3\xba]/.test(text)) return 'program'
  return formatOfFrames(head, text)
}

const RIFF: ReadonlyMap<string, Format> = new Map([
  ['WAVE', 'wav'],
  ['WEBP', 'webp'],
  ['AVI ', 'avi'],
])

/** Formats that begin with less than four letters that say so. */
function formatOfFrames(head: View, text: string): Format | undefined {
  if (text.startsWith('ID3')) return 'mp3'
  const sync = head.length >= 2 ? head.u16(0) : 0
  if ((sync & 0xfff6) === 0xfff0) return 'adts'
  // Sync, a version and a layer that there are.
  if ((sync & 0xffe0) === 0xffe0 && (sync & 0x18) !== 0x08 && (sync & 0x06) !== 0) return 'mp3'
  if (isTransportHead(head)) return 'transport'
  return text.includes('%PDF-') ? 'pdf' : undefined
}

/** Packets of 188 bytes, or of 192 with their sync byte after 4 others. */
function isTransportHead(head: View): boolean {
  return [0, 4].some((skip) => {
    const second = skip + 188 + skip
    return second < head.length && head.u8(skip) === 0x47 && head.u8(second) === 0x47
  })
}
