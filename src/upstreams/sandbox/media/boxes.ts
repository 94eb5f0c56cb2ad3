/** Boxes of the ISO base media format (MP4, MOV, M4A, HEIF, AVIF). Source: ISO/IEC 14496-12. */
import type { MediaFile } from './file.ts'
import type { View } from './view.ts'

/** Boxes of a file that are looked at: a film in fragments has many. */
const TOP_BOXES_MAX = 20_000
/** Boxes inside of one box. */
const BOXES_MAX = 1_000
const HEADER_BYTES_MAX = 16
/** Boxes that are read whole, such as the index of a film, are a few megabytes at most. */
const BOX_BYTES_MAX = 32 * 1024 * 1024

export interface BoxPlace {
  readonly type: string
  /** Where its content begins and ends in the file. */
  readonly start: number
  readonly end: number
}

export interface Box {
  readonly type: string
  readonly content: View
}

/** The boxes of a file, read header by header, so that their contents cost nothing. */
export async function* topBoxes(file: MediaFile): AsyncGenerator<BoxPlace> {
  let at = 0
  for (let count = 0; count < TOP_BOXES_MAX && at + 8 <= file.sizeBytes; count++) {
    const header = await file.view(at, HEADER_BYTES_MAX)
    const place = placeOf(header, at, file.sizeBytes)
    // A last box that goes beyond the end is a file that was cut.
    if (place === undefined || place.end > file.sizeBytes) throw file.broken()
    yield place
    at = place.end
  }
}

/** A box's content as a whole. */
export async function readBox(file: MediaFile, place: BoxPlace): Promise<View> {
  const length = place.end - place.start
  if (length > BOX_BYTES_MAX) throw file.broken()
  return file.view(place.start, length)
}

/** The boxes in a content, in order; one that goes beyond its end is not there. */
export function boxesIn(content: View): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= content.length && boxes.length < BOXES_MAX; ) {
    const place = placeOf(
      content.part(at, Math.min(HEADER_BYTES_MAX, content.length - at)),
      at,
      content.length,
    )
    if (place === undefined || place.end > content.length) break
    boxes.push({ type: place.type, content: content.part(place.start, place.end - place.start) })
    at = place.end
  }
  return boxes
}

/** The first box on a way down, such as `mdia`, `hdlr`. */
export function findBox(content: View, ...path: readonly string[]): View | undefined {
  let found: View | undefined = content
  for (const type of path) {
    if (found === undefined) return undefined
    found = boxesIn(found).find((box) => box.type === type)?.content
  }
  return found
}

function placeOf(header: View, at: number, end: number): BoxPlace | undefined {
  const size = header.u32(0)
  const type = header.latin1(4, 4)
  if (size === 0) return { type, start: at + 8, end }
  if (size === 1) {
    const large = header.u64(8)
    return large < 16 ? undefined : { type, start: at + 16, end: at + large }
  }
  return size < 8 ? undefined : { type, start: at + 8, end: at + size }
}
