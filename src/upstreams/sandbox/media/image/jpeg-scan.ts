/** One scan of a JPEG: takes the average of every block, and passes over the rest. */
import { letOthersRun, type MediaFile } from '../file.ts'
import type { View } from '../view.ts'
import type { Component, FrameHeader, Tables } from './jpeg-frame.ts'
import { type Bits, createBits, type Huffman } from './jpeg-huffman.ts'

/** Blocks between two turns of the event loop. */
const BLOCKS_PER_TURN = 20_000
const COEFFICIENTS = 64

interface Part {
  readonly component: Component
  readonly dc: Huffman
  /** Left out where a scan holds averages only. */
  readonly ac: Huffman | undefined
  /** What the last block's average was. */
  previous: number
}

interface Scan {
  readonly parts: readonly Part[]
  /** Averages come without their lowest bits, in this number. */
  readonly shift: number
}

/**
 * Reads the scan whose data begin at `start`, and adds its components to `seen`. Gives the place where to look for
 * the next marker. A scan that only refines is left where it is.
 */
export async function readScan(
  file: MediaFile,
  bytes: Buffer,
  start: number,
  header: View,
  frame: FrameHeader,
  progress: { readonly tables: Tables; readonly seen: Set<Component> },
): Promise<number> {
  const scan = readScanHeader(file, header, frame, progress.tables)
  if (scan === undefined) return start
  const bits = createBits(bytes, start)
  const units = unitsOf(scan, frame)
  const interval = progress.tables.restartInterval
  let sinceTurn = 0
  for (let unit = 0; unit < units.count; unit++) {
    if (interval > 0 && unit > 0 && unit % interval === 0) restart(file, bits, scan)
    sinceTurn += units.read(bits, unit)
    if (bits.isOver()) throw file.broken()
    if (sinceTurn > BLOCKS_PER_TURN) {
      sinceTurn = 0
      await letOthersRun()
    }
  }
  for (const { component } of scan.parts) progress.seen.add(component)
  return bits.position()
}

function restart(file: MediaFile, bits: Bits, { parts }: Scan): void {
  if (!bits.restart()) throw file.broken()
  for (const part of parts) part.previous = 0
}

/** `undefined` for a scan without averages. */
function readScanHeader(file: MediaFile, header: View, frame: FrameHeader, tables: Tables): Scan | undefined {
  const count = header.u8(0)
  if (count < 1 || count > 4) throw file.broken()
  const spectralStart = header.u8(1 + 2 * count)
  const approximation = header.u8(3 + 2 * count)
  if (frame.isProgressive && (spectralStart > 0 || approximation >> 4 !== 0)) return undefined
  const parts = Array.from({ length: count }, (_, index) => {
    const id = header.u8(1 + 2 * index)
    const which = header.u8(2 + 2 * index)
    const component = frame.components.find((candidate) => candidate.id === id)
    const dc = tables.dc[(which >> 4) & 3]
    const ac = frame.isProgressive ? undefined : tables.ac[which & 3]
    const isWhole = component && dc && (frame.isProgressive || ac)
    if (!isWhole) throw file.broken()
    return { component, dc, ac, previous: 0 }
  })
  return { parts, shift: frame.isProgressive ? approximation & 15 : 0 }
}

interface Units {
  readonly count: number
  /** Reads one, and gives how many blocks it had. */
  read(bits: Bits, unit: number): number
}

/** A scan of one component goes block by block; one of several goes by units that hold some blocks of each. */
function unitsOf(scan: Scan, frame: FrameHeader): Units {
  const [only, ...others] = scan.parts
  if (only !== undefined && others.length === 0) {
    const { ownColumns, ownRows, columns } = only.component
    return {
      count: ownColumns * ownRows,
      read(bits, unit) {
        const row = Math.floor(unit / ownColumns)
        readBlock(bits, only, row * columns + (unit % ownColumns), scan.shift)
        return 1
      },
    }
  }
  const blocks = scan.parts.reduce((sum, { component }) => sum + component.across * component.down, 0)
  return {
    count: frame.unitColumns * frame.unitRows,
    read(bits, unit) {
      const row = Math.floor(unit / frame.unitColumns)
      const column = unit % frame.unitColumns
      for (const part of scan.parts) readUnit(bits, part, row, column, scan.shift)
      return blocks
    },
  }
}

function readUnit(bits: Bits, part: Part, row: number, column: number, shift: number): void {
  const { across, down, columns } = part.component
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      readBlock(bits, part, (row * down + y) * columns + column * across + x, shift)
    }
  }
}

/** A symbol that there is not counts as a zero: what comes after is noise, and the scan soon runs over its end. */
function readBlock(bits: Bits, part: Part, index: number, shift: number): void {
  const length = Math.max(0, bits.symbol(part.dc))
  part.previous = (part.previous + bits.signed(length & 15)) | 0
  part.component.averages[index] = part.previous << shift
  if (part.ac !== undefined) passOverCoefficients(bits, part.ac)
}

function passOverCoefficients(bits: Bits, table: Huffman): void {
  for (let index = 1; index < COEFFICIENTS; ) {
    const symbol = bits.symbol(table)
    if (symbol <= 0) return
    const length = symbol & 15
    if (length === 0 && symbol !== 0xf0) return
    index += (symbol >> 4) + 1
    if (length > 0) bits.skip(length)
  }
}
