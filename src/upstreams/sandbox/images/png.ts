/** A canvas as a PNG file: palette colours, eight bits a pixel, no filters. */
import { crc32, deflateSync } from 'node:zlib'
import type { Canvas } from './canvas.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLOUR_TYPE_PALETTE = 3
/** Flat pictures become no smaller with more effort. */
const DEFLATE_LEVEL = 1

export function encodePng(canvas: Canvas): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(canvas.width, 0)
  header.writeUInt32BE(canvas.height, 4)
  header.writeUInt8(8, 8)
  header.writeUInt8(COLOUR_TYPE_PALETTE, 9)
  const palette = Buffer.from(
    canvas.palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]),
  )
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(canvas.rows, { level: DEFLATE_LEVEL })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.write(type, 4, 'latin1')
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(data, crc32(frame.subarray(4))), 0)
  return Buffer.concat([frame, data, check])
}
