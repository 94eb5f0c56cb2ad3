/** WebP: size and number of frames; the pixels are not decoded. Source: RFC 9649. */
import type { MediaFile } from '../file.ts'
import type { Picture } from '../found.ts'
import type { View } from '../view.ts'

const CHUNKS_MAX = 10_000
const CHUNK_HEADER_BYTES = 8
/** What of a chunk says the size. */
const CHUNK_READ_BYTES = 32

interface Size {
  readonly width: number
  readonly height: number
}

export async function readWebp(file: MediaFile): Promise<Picture> {
  const end = 8 + file.head.u32le(4)
  if (end > file.sizeBytes) throw file.broken()
  const first = file.head.latin1(12, 4)
  const size = sizeOf(file, first, file.head.rest(20))
  const frames = first === 'VP8X' && file.head.u8(20) & 2 ? await countFrames(file, end) : 1
  return { format: 'WebP', ...size, frames, colours: [] }
}

function sizeOf(file: MediaFile, type: string, data: View): Size {
  if (type === 'VP8X') return { width: data.u24le(4) + 1, height: data.u24le(7) + 1 }
  if (type === 'VP8L' && data.u8(0) === 0x2f) {
    const bits = data.u32le(1)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (type === 'VP8 ' && data.u24(3) === 0x9d012a) {
    const size = { width: data.u16le(6) & 0x3fff, height: data.u16le(8) & 0x3fff }
    if (size.width > 0 && size.height > 0) return size
  }
  throw file.broken()
}

async function countFrames(file: MediaFile, end: number): Promise<number> {
  let frames = 0
  let at = 12
  for (let count = 0; count < CHUNKS_MAX && at + CHUNK_HEADER_BYTES <= end; count++) {
    const chunk = await file.view(at, CHUNK_READ_BYTES)
    if (chunk.latin1(0, 4) === 'ANMF') frames++
    const length = chunk.u32le(4)
    at += CHUNK_HEADER_BYTES + length + (length & 1)
  }
  return Math.max(1, frames)
}
