/** WebM and Matroska: length and tracks from the first elements of the segment. Source: RFC 8794, RFC 9559. */
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording, type Track } from '../found.ts'
import type { View } from '../view.ts'

/** Elements that are looked at, over all levels. */
const ELEMENTS_MAX = 20_000
/** Elements inside of one element. */
const CHILDREN_MAX = 1_000
const TRACKS_MAX = 64
/** Index elements are small. */
const ELEMENT_BYTES_MAX = 4 * 1024 * 1024
const HEADER_BYTES_MAX = 12
/** Where the last cluster of a film without a length is looked for. */
const TAIL_BYTES = 1024 * 1024

const EBML = 0x1a45dfa3
const DOC_TYPE = 0x4282
const SEGMENT = 0x18538067
const INFO = 0x1549a966
const SCALE = 0x2ad7b1
const DURATION = 0x4489
const TRACKS = 0x1654ae6b
const TRACK = 0xae
const VIDEO = 0xe0
const WIDTH = 0xb0
const HEIGHT = 0xba
const AUDIO = 0xe1
const RATE = 0xb5
const CHANNELS = 0x9f
const CLUSTER = 0x1f43b675
const TIMESTAMP = 0xe7
const SIMPLE_BLOCK = 0xa3
const CLUSTER_MARK = Buffer.from([0x1f, 0x43, 0xb6, 0x75])
/** Sizes, rates and times beyond this are damage. */
const NUMBER_MAX = 2 ** 40
const SCALE_NANOS = 1_000_000

interface Element {
  readonly id: number
  readonly start: number
  readonly end: number
}

interface Segment {
  format: string
  scale: number
  /** In units of the scale; 0 when not told. */
  duration: number
  sound: Track | undefined
  frame: Frame | undefined
}

export async function readMatroska(file: MediaFile): Promise<Recording> {
  const segment: Segment = {
    format: 'Matroska',
    scale: SCALE_NANOS,
    duration: 0,
    sound: undefined,
    frame: undefined,
  }
  await readElements(file, segment)
  if (segment.sound === undefined && segment.frame === undefined) throw file.broken()
  const isTold = segment.duration > 0
  const units = isTold ? segment.duration : await lastTimestamp(file)
  const seconds = (units * segment.scale) / 1e9
  if (!isLength(seconds)) throw file.broken()
  const { format, sound, frame } = segment
  return { format, seconds, isEstimate: !isTold, sound, frame }
}

/** Goes down into the segment, and over its clusters. */
async function readElements(file: MediaFile, segment: Segment): Promise<void> {
  const seen = new Set<number>()
  let at = 0
  for (let count = 0; count < ELEMENTS_MAX && at < file.sizeBytes; count++) {
    const element = elementAt(await file.view(at, HEADER_BYTES_MAX), 0)
    if (element === undefined) throw file.broken()
    const start = at + element.start
    const end = Math.min(file.sizeBytes, at + element.end)
    const read = seen.has(element.id) ? undefined : READERS[element.id]
    seen.add(element.id)
    if (read !== undefined) read(await file.view(start, Math.min(end - start, ELEMENT_BYTES_MAX)), segment)
    if (element.id === CLUSTER && segment.duration > 0) return
    // A live recording does not know where its clusters end either.
    at = element.id === SEGMENT || element.end === Number.POSITIVE_INFINITY ? start : end
  }
}

const READERS: Readonly<Record<number, (content: View, segment: Segment) => void>> = {
  [EBML](content, segment) {
    const type = childrenOf(content).get(DOC_TYPE)?.[0]
    if (type?.latin1(0, Math.min(4, type.length)) === 'webm') segment.format = 'WebM'
  },
  [INFO](content, segment) {
    const children = childrenOf(content)
    segment.scale = unsigned(children.get(SCALE)?.[0]) || SCALE_NANOS
    segment.duration = float(children.get(DURATION)?.[0])
  },
  [TRACKS](content, segment) {
    for (const track of childrenOf(content).get(TRACK)?.slice(0, TRACKS_MAX) ?? []) {
      const children = childrenOf(track)
      const [video] = children.get(VIDEO) ?? []
      const [audio] = children.get(AUDIO) ?? []
      if (video !== undefined) segment.frame ??= frameOf(video)
      if (audio !== undefined) segment.sound ??= soundOf(audio)
    }
  },
}

function frameOf(video: View): Frame {
  const children = childrenOf(video)
  return { width: unsigned(children.get(WIDTH)?.[0]), height: unsigned(children.get(HEIGHT)?.[0]) }
}

function soundOf(audio: View): Track {
  const children = childrenOf(audio)
  return {
    sampleRate: float(children.get(RATE)?.[0]) || 8_000,
    channels: unsigned(children.get(CHANNELS)?.[0]) || 1,
  }
}

/** The element whose header is at `at`; its end is infinite when it does not know its length. */
function elementAt(view: View, at: number): Element | undefined {
  const id = variable(view, at, false)
  const size = id && variable(view, id.end, true)
  if (id === undefined || size === undefined) return undefined
  return { id: id.value, start: size.end, end: size.end + size.value }
}

/** A number of 1 to 8 bytes; how many is said by the zeros that it begins with. */
function variable(view: View, at: number, isSize: boolean): { value: number; end: number } | undefined {
  if (at >= view.length) return undefined
  const first = view.u8(at)
  const bytes = Math.clz32(first) - 23
  if (bytes > (isSize ? 8 : 4) || at + bytes > view.length) return undefined
  let value = isSize ? first & ((1 << (8 - bytes)) - 1) : first
  let areOnes = value === (1 << (8 - bytes)) - 1
  for (let index = 1; index < bytes; index++) {
    const byte = view.u8(at + index)
    areOnes &&= byte === 0xff
    value = value * 256 + byte
  }
  return { value: isSize && areOnes ? Number.POSITIVE_INFINITY : value, end: at + bytes }
}

function childrenOf(content: View): Map<number, View[]> {
  const children = new Map<number, View[]>()
  for (let at = 0, count = 0; at < content.length && count < CHILDREN_MAX; count++) {
    const element = elementAt(content, at)
    if (element === undefined || element.end > content.length) break
    const views = children.get(element.id) ?? []
    views.push(content.part(element.start, element.end - element.start))
    children.set(element.id, views)
    at = element.end
  }
  return children
}

function unsigned(view: View | undefined): number {
  if (view === undefined || view.length === 0 || view.length > 8) return 0
  const value = view.bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return value < NUMBER_MAX ? value : 0
}

/** 0 for what is no number that can be true. */
function float(view: View | undefined): number {
  const value = view?.length === 8 ? view.f64(0) : view?.length === 4 ? view.bytes.readFloatBE(0) : 0
  return value > 0 && value < NUMBER_MAX ? value : 0
}

/** When the last cluster begins, and its last block after that. */
async function lastTimestamp(file: MediaFile): Promise<number> {
  const tail = await file.view(Math.max(0, file.sizeBytes - TAIL_BYTES), TAIL_BYTES)
  const mark = tail.bytes.lastIndexOf(CLUSTER_MARK)
  const cluster = mark === -1 ? undefined : elementAt(tail, mark)
  if (cluster === undefined) return 0
  let time = 0
  let last = 0
  for (let at = cluster.start, count = 0; count < ELEMENTS_MAX; count++) {
    const element = elementAt(tail, at)
    if (element === undefined || element.end > tail.length) break
    const content = tail.part(element.start, element.end - element.start)
    if (element.id === TIMESTAMP) time = unsigned(content)
    if (element.id === SIMPLE_BLOCK && content.length >= 4) last = Math.max(last, content.u16(1))
    at = element.end
  }
  return time + last
}
