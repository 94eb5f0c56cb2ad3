/** MP4, MOV, 3GP and M4A: lengths and sizes from `moov`, wherever in the file it is. Source: ISO/IEC 14496-12. */
import { boxesIn, findBox, readBox, topBoxes } from '../boxes.ts'
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording, type Track } from '../found.ts'
import type { View } from '../view.ts'
import { createFragments, type Fragments } from './fragments.ts'

const TRACKS_MAX = 64

interface Movie {
  seconds: number
  sound: Track | undefined
  frame: Frame | undefined
}

export async function readMp4(file: MediaFile): Promise<Recording> {
  let movie: Movie | undefined
  let fragments: Fragments | undefined
  for await (const place of topBoxes(file)) {
    if (place.type === 'moov' && movie === undefined) {
      const moov = await readBox(file, place)
      movie = readMovie(file, moov)
      fragments = createFragments(moov)
    }
    // A film that is told as a whole needs no look at its fragments.
    if (place.type === 'moof' && movie?.seconds === 0) fragments?.add(await readBox(file, place))
  }
  if (movie === undefined || (movie.sound === undefined && movie.frame === undefined)) throw file.broken()
  const seconds = movie.seconds || (fragments?.seconds() ?? 0)
  if (!isLength(seconds)) throw file.broken()
  const { sound, frame } = movie
  return { format: formatOf(file, frame), seconds, isEstimate: seconds === 0, sound, frame }
}

function formatOf({ head }: MediaFile, frame: Frame | undefined): string {
  const brand = head.latin1(4, 4) === 'ftyp' ? head.latin1(8, 4) : 'qt  '
  if (brand === 'qt  ') return 'QuickTime'
  if (brand.startsWith('3g')) return '3GP'
  return frame === undefined ? 'M4A' : 'MP4'
}

function readMovie(file: MediaFile, moov: View): Movie {
  const header = findBox(moov, 'mvhd')
  if (header === undefined) throw file.broken()
  const extended = findBox(moov, 'mvex', 'mehd')
  const timescale = header.u32(header.u8(0) === 1 ? 20 : 12)
  const fragments = extended === undefined ? 0 : numberBy(extended, 4) / timescale
  const movie: Movie = { seconds: durationOf(header) || fragments, sound: undefined, frame: undefined }
  const tracks = boxesIn(moov).filter(({ type }) => type === 'trak')
  for (const { content } of tracks.slice(0, TRACKS_MAX)) readTrack(content, movie)
  return movie
}

/** A number of 4 bytes, or of 8 in version 1 of its box. */
function numberBy(box: View, at: number): number {
  return box.u8(0) === 1 ? box.u64(at) : box.u32(at)
}

/** Seconds that an `mvhd` or `mdhd` says; 0 when it does not know. */
function durationOf(header: View): number {
  const isLong = header.u8(0) === 1
  const timescale = header.u32(isLong ? 20 : 12)
  const duration = isLong ? header.u64(24) : header.u32(16)
  const isUnknown = timescale === 0 || (isLong ? duration >= 2 ** 64 : duration === 0xffffffff)
  return isUnknown ? 0 : duration / timescale
}

function readTrack(trak: View, movie: Movie): void {
  const handler = findBox(trak, 'mdia', 'hdlr')
  const kind = handler !== undefined && handler.length >= 12 ? handler.latin1(8, 4) : ''
  const descriptions = findBox(trak, 'mdia', 'minf', 'stbl', 'stsd')
  if (kind === 'soun') movie.sound ??= soundOf(descriptions)
  if (kind === 'vide') movie.frame ??= frameOf(trak, descriptions)
  const header = findBox(trak, 'mdia', 'mdhd')
  if (movie.seconds === 0 && header !== undefined) movie.seconds = durationOf(header)
}

/** An audio sample entry: channels and the rate as a number with 16 bits after its point. */
function soundOf(descriptions: View | undefined): Track {
  const entry = descriptions?.rest(8)
  if (entry === undefined || entry.length < 36) return {}
  return { channels: entry.u16(24), sampleRate: entry.u16(32) }
}

function frameOf(trak: View, descriptions: View | undefined): Frame {
  const header = findBox(trak, 'tkhd')
  const shown = header === undefined ? { width: 0, height: 0 } : shownSize(header)
  if (shown.width > 0 && shown.height > 0) return shown
  const entry = descriptions?.rest(8)
  if (entry === undefined || entry.length < 36) return { width: 0, height: 0 }
  return { width: entry.u16(32), height: entry.u16(34) }
}

/** A telephone held upright films lying down, and says so with a matrix that turns the picture. */
function shownSize(header: View): Frame {
  const at = header.u8(0) === 1 ? 52 : 40
  const isTurned = header.u32(at) === 0 && header.u32(at + 4) !== 0
  const [width, height] = [header.u16(at + 36), header.u16(at + 40)]
  return isTurned ? { width: height, height: width } : { width, height }
}
