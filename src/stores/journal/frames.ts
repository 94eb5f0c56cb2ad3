/**
 * The bytes of the journal. A frame is `length u32, crc32 u32, sequence u64, JSON`, little endian; the checksum is over
 * the sequence and the JSON. Frames follow each other without a gap, each with the sequence after the one before it:
 * what an earlier round left behind has an older sequence and ends the reading, like a torn frame and like zeros.
 */
import { crc32 } from 'node:zlib'
import type { UsageRow } from '../../nouns/ledger.ts'

export const FRAME_HEAD_BYTES = 16
/** A slot says through which sequence everything is on the ledger. Two, so that one torn write leaves the other. */
export const SLOT_BYTES = 512
export const SLOTS = 2
/** Where frames begin: the slots have a page of their own. */
export const FRAMES_START = 4096

const MAGIC = Buffer.from('WASATJ01', 'latin1')
const SLOT_USED_BYTES = MAGIC.length + 12

export interface Framed {
  readonly row: UsageRow
  readonly sequence: number
  /** Where the next frame begins. */
  readonly end: number
}

export function encodeFrame(row: UsageRow, sequence: number): Buffer {
  const body = Buffer.from(JSON.stringify(row))
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length)
  frame.writeUInt32LE(body.length, 0)
  frame.writeBigUInt64LE(BigInt(sequence), 8)
  body.copy(frame, FRAME_HEAD_BYTES)
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4)
  return frame
}

/** Every whole frame from the start on. Whatever a file holds, this ends and never throws. */
export function* readFrames(file: Buffer): Generator<Framed> {
  let before: number | undefined
  let offset = FRAMES_START
  while (true) {
    const framed = frameAt(file, offset)
    if (framed === undefined || (before !== undefined && framed.sequence !== before + 1)) return
    yield framed
    before = framed.sequence
    offset = framed.end
  }
}

function frameAt(file: Buffer, offset: number): Framed | undefined {
  if (offset + FRAME_HEAD_BYTES > file.length) return undefined
  const length = file.readUInt32LE(offset)
  const end = offset + FRAME_HEAD_BYTES + length
  if (length === 0 || end > file.length) return undefined
  if (crc32(file.subarray(offset + 8, end)) !== file.readUInt32LE(offset + 4)) return undefined
  const sequence = Number(file.readBigUInt64LE(offset + 8))
  const row = rowFrom(file.toString('utf8', offset + FRAME_HEAD_BYTES, end))
  return row === undefined ? undefined : { row, sequence, end }
}

/** Members that JSON leaves out when they are undefined. */
const ABSENT = {
  details: undefined,
  projectId: undefined,
  tags: undefined,
  upstream: undefined,
  upstreamModel: undefined,
  modelVersion: undefined,
  price: undefined,
  finishReason: undefined,
  firstByteMs: undefined,
} satisfies Partial<UsageRow>

function rowFrom(text: string): UsageRow | undefined {
  try {
    const row = JSON.parse(text) as UsageRow
    const otherAttempts = row.otherAttempts.map((attempt) => ({ ...attempt, status: attempt.status }))
    return { ...ABSENT, ...row, otherAttempts }
  } catch {
    return undefined
  }
}

export function encodeSlot(drainedThrough: number): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES)
  MAGIC.copy(slot)
  slot.writeBigUInt64LE(BigInt(drainedThrough), MAGIC.length)
  slot.writeUInt32LE(crc32(slot.subarray(0, MAGIC.length + 8)), MAGIC.length + 8)
  return slot
}

/**
 * What the later of the two slots says, and which one it is. Nothing whole means 0: then rows are settled once more,
 * which changes nothing.
 */
export function readSlots(file: Buffer): { readonly drainedThrough: number; readonly slot: number } {
  const slots = Array.from({ length: SLOTS }, (_, index) => slotAt(file, index * SLOT_BYTES))
  const drainedThrough = Math.max(...slots)
  return { drainedThrough, slot: slots.indexOf(drainedThrough) }
}

function slotAt(file: Buffer, offset: number): number {
  if (offset + SLOT_USED_BYTES > file.length) return 0
  const covered = file.subarray(offset, offset + MAGIC.length + 8)
  if (!covered.subarray(0, MAGIC.length).equals(MAGIC)) return 0
  if (crc32(covered) !== file.readUInt32LE(offset + covered.length)) return 0
  return Number(covered.readBigUInt64LE(MAGIC.length))
}
