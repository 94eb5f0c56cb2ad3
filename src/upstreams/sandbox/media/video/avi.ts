/** AVI: everything is in `avih` and the stream headers after it. Source: AVI RIFF file reference. */
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording, type Track } from '../found.ts'

const CHUNKS_MAX = 1_000
const HEADER_BYTES = 64 * 1024

interface Film {
  frame: Frame | undefined
  sound: Track | undefined
  seconds: number
  /** What kind of stream the format that comes next is of. */
  kind: string
}

export async function readAvi(file: MediaFile): Promise<Recording> {
  const view = await file.view(12, HEADER_BYTES)
  const film: Film = { frame: undefined, sound: undefined, seconds: 0, kind: '' }
  for (let at = 0, count = 0; at + 12 <= view.length && count < CHUNKS_MAX; count++) {
    const type = view.latin1(at, 4)
    const length = view.u32le(at + 4)
    const list = type === 'LIST' ? view.latin1(at + 8, 4) : undefined
    if (list === 'movi') break
    if (at + 8 + length <= view.length) readChunk(type, view.part(at + 8, length), film)
    // Lists are gone into, everything else is gone over.
    at += list === 'hdrl' || list === 'strl' ? 12 : 8 + length + (length & 1)
  }
  if (film.frame === undefined || !isLength(film.seconds)) throw file.broken()
  const { frame, sound, seconds } = film
  return { format: 'AVI', seconds, isEstimate: seconds === 0, sound, frame }
}

function readChunk(type: string, chunk: ReturnType<MediaFile['head']['part']>, film: Film): void {
  if (type === 'avih') {
    film.frame = { width: chunk.u32le(32), height: chunk.u32le(36) }
    film.seconds = (chunk.u32le(0) * chunk.u32le(16)) / 1e6
  } else if (type === 'strh') film.kind = chunk.latin1(0, 4)
  else if (type === 'strf' && film.kind === 'auds') {
    film.sound ??= { channels: chunk.u16le(2), sampleRate: chunk.u32le(4) }
  }
}
