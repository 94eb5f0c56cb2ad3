/** Sounds that are a row of frames (MP3, AAC): from the first frames to a length. */
import type { MediaFile } from '../file.ts'
import type { View } from '../view.ts'

/** How much of the file is walked frame by frame; a longer one goes on like that. */
const WALKED_BYTES = 256 * 1024
/** Junk that is tolerated before the first frame. */
const SEARCHED_BYTES = 64 * 1024
/** A tag at the very end, which is no sound. */
const ID3V1_BYTES = 128

export interface AudioFrame {
  readonly bytes: number
  readonly samples: number
  readonly sampleRate: number
  readonly channels: number
}

export interface Walk {
  /** Where the first frame begins. */
  readonly start: number
  readonly first: AudioFrame
  readonly seconds: number
}

/** Reads a frame's header, or says that there is none. Must not look further than the view goes. */
export type FrameReader = (view: View, at: number) => AudioFrame | undefined

/** Where the sound begins after an ID3v2 tag. */
export function afterId3(file: MediaFile): number {
  const { head } = file
  if (head.length < 10 || head.latin1(0, 3) !== 'ID3') return 0
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head.u8(at) & 0x7f), 0)
  const footer = head.u8(5) & 0x10 ? 10 : 0
  return 10 + size + footer
}

/** Walks the frames from `from` on. Throws when there are no two in a row (or one that fills the file). */
export async function walkFrames(file: MediaFile, from: number, read: FrameReader): Promise<Walk> {
  const view = await file.view(from, WALKED_BYTES)
  const begin = findFirst(view, read)
  const first = begin === undefined ? undefined : read(view, begin)
  if (begin === undefined || first === undefined) throw file.broken()
  let at = begin
  let seconds = 0
  for (;;) {
    const frame = read(view, at)
    // The last frame of a file that was cut is not there as a whole.
    if (frame === undefined || at + frame.bytes > view.length) break
    seconds += frame.samples / frame.sampleRate
    at += frame.bytes
  }
  const isAll = from + view.length >= file.sizeBytes
  const bytes = file.sizeBytes - from - begin - (await tailBytes(file))
  return { start: from + begin, first, seconds: isAll ? seconds : (seconds * bytes) / (at - begin) }
}

/** Sync words occur in noise too: a frame is believed when another one follows where it ends. */
function findFirst(view: View, read: FrameReader): number | undefined {
  const end = Math.min(view.length, SEARCHED_BYTES)
  for (let at = 0; at < end; at++) {
    if (view.bytes[at] !== 0xff) continue
    const frame = read(view, at)
    if (frame === undefined) continue
    const next = at + frame.bytes
    if (next === view.length || read(view, next) !== undefined) return at
  }
  return undefined
}

async function tailBytes(file: MediaFile): Promise<number> {
  const tail = await file.view(Math.max(0, file.sizeBytes - ID3V1_BYTES), ID3V1_BYTES)
  return tail.length === ID3V1_BYTES && tail.latin1(0, 3) === 'TAG' ? ID3V1_BYTES : 0
}
