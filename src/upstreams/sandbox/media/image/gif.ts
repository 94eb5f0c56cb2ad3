/** GIF: size, number of frames, and the colours of the first frame. Source: the GIF89a specification. */
import { letOthersRun, type MediaFile } from '../file.ts'
import type { Picture } from '../found.ts'
import type { View } from '../view.ts'
import { type ColourShare, createHistogram } from './colours.ts'
import { countIndexes } from './gif-lzw.ts'

const FILE_BYTES_MAX = 64 * 1024 * 1024
/** Pixels of a first frame whose colours are counted; a larger one is described by its size alone. */
const PIXELS_MAX = 32 * 1024 * 1024

const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b
const GRAPHIC_CONTROL = 0xf9
/** Blocks between two turns of the event loop. */
const BLOCKS_PER_TURN = 100_000

interface Image {
  readonly width: number
  readonly height: number
  readonly palette: Buffer
  readonly codeBits: number
  readonly data: readonly Buffer[]
  /** Index that shows nothing, or -1. */
  readonly transparent: number
}

interface Canvas {
  readonly width: number
  readonly height: number
  readonly palette: Buffer
  /** Where the blocks begin. */
  readonly start: number
}

export async function readGif(file: MediaFile): Promise<Picture> {
  if (file.sizeBytes > FILE_BYTES_MAX) throw file.broken()
  const view = await file.view(0, FILE_BYTES_MAX)
  const canvas = readCanvas(view)
  const { first, frames } = await readFrames(view, canvas)
  if (first === undefined || canvas.width === 0 || canvas.height === 0) throw file.broken()
  const colours = first.width * first.height <= PIXELS_MAX ? await countColours(file, first) : []
  return { format: 'GIF', width: canvas.width, height: canvas.height, frames, colours }
}

function readCanvas(view: View): Canvas {
  const flags = view.u8(10)
  const paletteBytes = paletteBytesOf(flags)
  return {
    width: view.u16le(6),
    height: view.u16le(8),
    palette: view.slice(13, paletteBytes),
    start: 13 + paletteBytes,
  }
}

function paletteBytesOf(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0
}

async function readFrames(view: View, canvas: Canvas): Promise<{ first: Image | undefined; frames: number }> {
  let first: Image | undefined
  let frames = 0
  let transparent = -1
  let blocks = 0
  for (let at = canvas.start; at < view.length; ) {
    if (++blocks % BLOCKS_PER_TURN === 0) await letOthersRun()
    const kind = view.u8(at)
    if (kind === IMAGE) {
      const image = readImage(view, at, canvas, transparent)
      first ??= image
      frames++
      at = image.end
    } else if (kind === EXTENSION) {
      const isControl = frames === 0 && view.u8(at + 1) === GRAPHIC_CONTROL
      if (isControl) transparent = view.u8(at + 3) & 1 ? view.u8(at + 6) : -1
      at = subBlocks(view, at + 2).end
    } else if (kind === TRAILER) break
    else at++
  }
  return { first, frames }
}

function readImage(view: View, at: number, canvas: Canvas, transparent: number): Image & { end: number } {
  const flags = view.u8(at + 9)
  const paletteBytes = paletteBytesOf(flags)
  const codes = at + 10 + paletteBytes
  const { data, end } = subBlocks(view, codes + 1)
  return {
    width: view.u16le(at + 5),
    height: view.u16le(at + 7),
    palette: paletteBytes > 0 ? view.slice(at + 10, paletteBytes) : canvas.palette,
    codeBits: view.u8(codes),
    data,
    transparent,
    end,
  }
}

function subBlocks(view: View, start: number): { data: Buffer[]; end: number } {
  const data: Buffer[] = []
  let at = start
  for (;;) {
    const length = view.u8(at)
    if (length === 0) return { data, end: at + 1 }
    data.push(view.slice(at + 1, length))
    at += 1 + length
  }
}

async function countColours(file: MediaFile, image: Image): Promise<ColourShare[]> {
  const counts = await countIndexes(image.data, image.codeBits, image.width * image.height)
  if (counts === undefined) throw file.broken()
  const histogram = createHistogram()
  counts.forEach((count, index) => {
    const channel = (offset: number): number => image.palette[index * 3 + offset] ?? 0
    const alpha = index === image.transparent ? 0 : 255
    if (count > 0) histogram.add(channel(0), channel(1), channel(2), alpha, count)
  })
  return histogram.shares()
}
