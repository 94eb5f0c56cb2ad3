/** Ogg: what the first page of each stream says, and the position of its last page. Source: RFC 3533, 7845. */
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { flacRecording } from './flac.ts'

/** Pages at the beginning among which the streams announce themselves. */
const FIRST_PAGES_MAX = 16
/** The last page of a stream begins within this much of the end: a page is 64 KiB at most. */
const TAIL_BYTES = 256 * 1024
const PAGE_HEADER_BYTES = 27
const OPUS_RATE = 48_000

interface Stream {
  readonly format: string
  readonly serial: number
  /** Units of the position in a second. */
  readonly rate: number
  /** Samples at the beginning that are not played. */
  readonly skipped: number
  readonly sound?: { readonly sampleRate: number; readonly channels: number }
  readonly frame?: Frame
  /** Of Theora, whose position has two parts. */
  readonly keyframeShift?: number
}

export async function readOgg(file: MediaFile): Promise<Recording> {
  const streams = await readStreams(file)
  const sound = streams.find((stream) => stream.sound !== undefined)
  const film = streams.find((stream) => stream.frame !== undefined)
  const timed = sound ?? film
  if (timed === undefined) throw file.broken()
  const position = await lastPosition(file, timed.serial)
  const seconds = (unitsOf(timed, position) - timed.skipped) / timed.rate
  if (!isLength(seconds)) throw file.broken()
  return {
    format: film?.format ?? timed.format,
    seconds,
    isEstimate: false,
    sound: sound?.sound,
    frame: film?.frame,
  }
}

function unitsOf({ keyframeShift }: Stream, position: number): number {
  if (keyframeShift === undefined) return position
  const step = 2 ** keyframeShift
  return Math.floor(position / step) + (position % step)
}

async function readStreams(file: MediaFile): Promise<Stream[]> {
  const streams: Stream[] = []
  let at = 0
  for (let count = 0; count < FIRST_PAGES_MAX && at < file.sizeBytes; count++) {
    const page = await file.view(at, PAGE_HEADER_BYTES + 255 + 64)
    // Pages that begin a stream come before all others.
    if (page.latin1(0, 4) !== 'OggS' || (page.u8(5) & 2) === 0) break
    const segments = page.u8(26)
    const lengths = page.slice(PAGE_HEADER_BYTES, segments)
    const stream = readStream(file, page.u32le(14), page.rest(PAGE_HEADER_BYTES + segments))
    if (stream !== undefined) streams.push(stream)
    at += PAGE_HEADER_BYTES + segments + lengths.reduce((sum, length) => sum + length, 0)
  }
  return streams
}

function readStream(file: MediaFile, serial: number, packet: View): Stream | undefined {
  const magic = packet.latin1(0, Math.min(8, packet.length))
  if (magic === 'OpusHead') {
    const sound = { sampleRate: packet.u32le(12) || OPUS_RATE, channels: packet.u8(9) }
    return checked(file, { format: 'Ogg Opus', serial, rate: OPUS_RATE, skipped: packet.u16le(10), sound })
  }
  if (magic.startsWith('\x01vorbis')) {
    const rate = packet.u32le(12)
    const sound = { sampleRate: rate, channels: packet.u8(11) }
    return checked(file, { format: 'Ogg Vorbis', serial, rate, skipped: 0, sound })
  }
  if (magic.startsWith('Speex')) {
    const rate = packet.u32le(36)
    const sound = { sampleRate: rate, channels: packet.u32le(48) }
    return checked(file, { format: 'Ogg Speex', serial, rate, skipped: 0, sound })
  }
  if (magic.startsWith('\x7fFLAC')) {
    const { sampleRate = 0, channels = 0 } = flacRecording(file, packet.part(17, 34), 'Ogg FLAC').sound ?? {}
    return { format: 'Ogg FLAC', serial, rate: sampleRate, skipped: 0, sound: { sampleRate, channels } }
  }
  return magic.startsWith('\x80theora') ? readTheora(file, serial, packet) : undefined
}

function checked(file: MediaFile, stream: Stream): Stream {
  if (stream.rate === 0 || stream.sound?.channels === 0) throw file.broken()
  return stream
}

function readTheora(file: MediaFile, serial: number, packet: View): Stream {
  const rate = packet.u32(22) / packet.u32(26)
  const frame = { width: packet.u24(14), height: packet.u24(17) }
  if (!(rate > 0) || frame.width === 0 || frame.height === 0) throw file.broken()
  const keyframeShift = (packet.u16(40) >> 5) & 31
  return { format: 'Ogg Theora', serial, rate, skipped: 0, frame, keyframeShift }
}

/** The position on the last page of a stream that has one. */
async function lastPosition(file: MediaFile, serial: number): Promise<number> {
  const tail = await file.view(Math.max(0, file.sizeBytes - TAIL_BYTES), TAIL_BYTES)
  for (let at = tail.bytes.lastIndexOf('OggS'); at >= 0; ) {
    const isWhole = at + PAGE_HEADER_BYTES <= tail.length
    if (isWhole && tail.u32le(at + 14) === serial) {
      const position = tail.u64le(at + 6)
      // All ones: no packet ends on this page.
      if (position < 2 ** 63) return position
    }
    at = at === 0 ? -1 : tail.bytes.lastIndexOf('OggS', at - 1)
  }
  throw file.broken()
}
