/** Frames of H.264 as an MP4 file (ISO/IEC 14496-12 and -15): one video track, its tables before its data. */
import type { Film } from './h264.ts'

export interface Frame {
  /** One NAL unit. */
  readonly unit: Buffer
  /** Whether it can be decoded without those before it. */
  readonly isKey: boolean
}

/** Ticks of one frame; the time scale is this times the frame rate. */
const FRAME_TICKS = 512
/** Bytes of the length before each NAL unit. */
const LENGTH_BYTES = 4
const LANGUAGE_UNDETERMINED = 0x55c4
/** 1 in the fixed-point numbers of headers. */
const ONE = 0x0001_0000
/** Turns nothing and moves nothing. */
const IDENTITY = numbers(ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000)

export function writeMp4(film: Film, frames: readonly Frame[], framesPerSecond: number): Buffer {
  const brands = ['isom', 'iso2', 'avc1', 'mp41'].map((brand) => Buffer.from(brand))
  const type = box('ftyp', Buffer.from('isom'), numbers(0x200), ...brands)
  const samples = frames.map(({ unit }) => Buffer.concat([numbers(unit.length), unit]))
  const data = box('mdat', ...samples)
  const movieOf = (offset: number): Buffer => movie(film, frames, framesPerSecond, offset)
  // The offset of the data is a number in the movie, whose length does not depend on it.
  const start = type.length + movieOf(0).length + 8
  return Buffer.concat([type, movieOf(start), data])
}

function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    buffer.writeUInt32BE(value, index * 4)
  })
  return buffer
}

function shorts(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2)
  values.forEach((value, index) => {
    buffer.writeUInt16BE(value, index * 2)
  })
  return buffer
}

function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 8)
  return Buffer.concat([numbers(length), Buffer.from(type, 'latin1'), ...contents])
}

/** A box with a version and flags. */
function fullBox(type: string, flags: number, ...contents: readonly Buffer[]): Buffer {
  return box(type, numbers(flags), ...contents)
}

function movie(film: Film, frames: readonly Frame[], framesPerSecond: number, offset: number): Buffer {
  const scale = FRAME_TICKS * framesPerSecond
  const duration = frames.length * FRAME_TICKS
  // No times of creation: the same request gives the same bytes. Usual speed, full volume, next track 2.
  const header = fullBox(
    'mvhd',
    0,
    numbers(0, 0, scale, duration, ONE),
    shorts(0x0100, 0),
    numbers(0, 0),
    IDENTITY,
    numbers(0, 0, 0, 0, 0, 0, 2),
  )
  return box('moov', header, track(film, frames, scale, duration, offset))
}

function track(
  film: Film,
  frames: readonly Frame[],
  scale: number,
  duration: number,
  offset: number,
): Buffer {
  const size = numbers(film.width * ONE, film.height * ONE)
  // Enabled, in the movie, in its preview.
  const header = fullBox('tkhd', 7, numbers(0, 0, 1, 0, duration, 0, 0, 0, 0), IDENTITY, size)
  const media = box(
    'mdia',
    fullBox('mdhd', 0, numbers(0, 0, scale, duration), shorts(LANGUAGE_UNDETERMINED, 0)),
    fullBox('hdlr', 0, numbers(0), Buffer.from('vide'), numbers(0, 0, 0), Buffer.from('Video\0')),
    box(
      'minf',
      fullBox('vmhd', 1, numbers(0, 0)),
      box('dinf', fullBox('dref', 0, numbers(1), fullBox('url ', 1))),
      sampleTable(film, frames, offset),
    ),
  )
  return box('trak', header, media)
}

function sampleTable(film: Film, frames: readonly Frame[], offset: number): Buffer {
  const keys = frames.flatMap(({ isKey }, index) => (isKey ? [index + 1] : []))
  const sizes = frames.map(({ unit }) => unit.length + LENGTH_BYTES)
  return box(
    'stbl',
    fullBox('stsd', 0, numbers(1), sampleEntry(film)),
    fullBox('stts', 0, numbers(1, frames.length, FRAME_TICKS)),
    fullBox('stss', 0, numbers(keys.length, ...keys)),
    // Everything is one chunk.
    fullBox('stsc', 0, numbers(1, 1, frames.length, 1)),
    fullBox('stsz', 0, numbers(0, frames.length, ...sizes)),
    fullBox('stco', 0, numbers(1, offset)),
  )
}

const PIXELS_PER_INCH = 72 * ONE
const DEPTH_COLOUR = 0x18

function sampleEntry(film: Film): Buffer {
  return box(
    'avc1',
    shorts(0, 0, 0, 1),
    Buffer.alloc(16),
    shorts(film.width, film.height),
    numbers(PIXELS_PER_INCH, PIXELS_PER_INCH, 0),
    shorts(1),
    Buffer.alloc(32),
    shorts(DEPTH_COLOUR, 0xffff),
    configuration(film),
  )
}

/** The decoder's configuration: profile, compatibility and level as the sequence has them, then both parameter sets. */
function configuration({ sequence, picture }: Film): Buffer {
  return box(
    'avcC',
    Buffer.from([1, sequence[1]!, sequence[2]!, sequence[3]!, 0xfc | (LENGTH_BYTES - 1), 0xe0 | 1]),
    shorts(sequence.length),
    sequence,
    Buffer.from([1]),
    shorts(picture.length),
    picture,
  )
}
