/** MPEG program and elementary streams: size from the sequence header, length from the packets' times. Source: ISO/IEC 13818-1 and -2. */
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { createTimeKeeper, secondsBetween, type Times } from './pes.ts'

const SEARCHED_BYTES = 512 * 1024
const START_CODE = Buffer.from([0, 0, 1])
const SEQUENCE = 0xb3
const PACK = 0xba
const PICTURE = 0x00
/** Pictures a second, by the 4 bits of the sequence header. */
const RATES = [0, 24_000 / 1001, 24, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60]

export async function readProgram(file: MediaFile): Promise<Recording> {
  const head = await file.view(0, SEARCHED_BYTES)
  const tail = await file.view(Math.max(0, file.sizeBytes - SEARCHED_BYTES), SEARCHED_BYTES)
  const first = scan(head)
  const last = scan(tail)
  const isPacked = file.head.u8(3) === PACK
  const hasPicture = first.frame !== undefined || first.times.hasPicture || !isPacked
  const hasSound = isPacked && (first.times.hasSound || last.times.hasSound)
  // The times are those of packets, and a packet may hold many pictures.
  const counted = (first.seconds * file.sizeBytes) / head.length
  const isShort = head.length === file.sizeBytes
  const timed = isPacked ? secondsBetween(first.times, last.times) : 0
  const seconds = isShort || timed === 0 ? Math.max(timed, counted) : timed
  if ((!hasPicture && !hasSound) || !isLength(seconds)) throw file.broken()
  return {
    format: 'MPEG',
    seconds,
    isEstimate: true,
    sound: hasSound ? {} : undefined,
    frame: hasPicture ? (first.frame ?? { width: 0, height: 0 }) : undefined,
  }
}

interface Scan {
  readonly frame: Frame | undefined
  readonly times: Times
  /** Length of the pictures that were seen. */
  readonly seconds: number
}

function scan(view: View): Scan {
  const keeper = createTimeKeeper()
  let frame: Frame | undefined
  let rate = 0
  let pictures = 0
  for (let at = view.bytes.indexOf(START_CODE); at !== -1; at = view.bytes.indexOf(START_CODE, at + 3)) {
    if (at + 8 > view.length) break
    const code = view.u8(at + 3)
    if (code === PICTURE) pictures++
    else if (code !== SEQUENCE) keeper.see(view, at)
    else if (frame === undefined) {
      const sizes = view.u24(at + 4)
      frame = { width: sizes >> 12, height: sizes & 0xfff }
      rate = RATES[view.u8(at + 7) & 15] ?? 0
    }
  }
  return { frame, times: keeper.times(), seconds: rate > 0 ? pictures / rate : 0 }
}
