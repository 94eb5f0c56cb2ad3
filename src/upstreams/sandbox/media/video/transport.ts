/** MPEG transport streams: the times in the packets at the beginning and at the end. Source: ISO/IEC 13818-1. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { createTimeKeeper, secondsBetween, type Times } from './pes.ts'

const SYNC = 0x47
/** Packets of Blu-ray discs and camcorders have 4 bytes more, before the sync byte. */
const LAYOUTS = [
  { packetBytes: 188, skip: 0 },
  { packetBytes: 192, skip: 4 },
] as const
const SEARCHED_PACKETS = 4_000

function layoutOf(head: View): (typeof LAYOUTS)[number] | undefined {
  return LAYOUTS.find(({ packetBytes, skip }) => {
    const packets = Math.min(4, Math.floor(head.length / packetBytes))
    if (packets === 0) return false
    return Array.from({ length: packets }, (_, index) => head.u8(skip + index * packetBytes)).every(
      (byte) => byte === SYNC,
    )
  })
}

export async function readTransport(file: MediaFile): Promise<Recording> {
  const layout = layoutOf(file.head)
  if (layout === undefined) throw file.broken()
  const { packetBytes, skip } = layout
  const packets = Math.floor(file.sizeBytes / packetBytes)
  const readFrom = async (packet: number): Promise<Times> =>
    timesIn(await file.view(packet * packetBytes, SEARCHED_PACKETS * packetBytes), packetBytes, skip)
  const first = await readFrom(0)
  const last = await readFrom(Math.max(0, packets - SEARCHED_PACKETS))
  const hasSound = first.hasSound || last.hasSound
  const hasPicture = first.hasPicture || last.hasPicture
  const seconds = secondsBetween(first, last)
  if ((!hasSound && !hasPicture) || !isLength(seconds)) throw file.broken()
  return {
    format: 'MPEG-TS',
    seconds,
    // The last packet's own length is not known.
    isEstimate: true,
    sound: hasSound ? {} : undefined,
    frame: hasPicture ? { width: 0, height: 0 } : undefined,
  }
}

function timesIn(view: View, packetBytes: number, skip: number): Times {
  const keeper = createTimeKeeper()
  for (let at = skip; at + 188 <= view.length; at += packetBytes) {
    const beginsPayload = view.u8(at) === SYNC && (view.u8(at + 1) & 0x40) !== 0
    const control = view.u8(at + 3)
    if (!beginsPayload || (control & 0x10) === 0) continue
    const start = at + 4 + (control & 0x20 ? 1 + view.u8(at + 4) : 0)
    if (start + 3 <= view.length && view.u24(start) === 1) keeper.see(view, start)
  }
  return keeper.times()
}
