/** FLV: what `onMetaData` says, else the time of the last tag. Source: Adobe Flash Video File Format 10.1. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'

const HAS_AUDIO = 4
const HAS_VIDEO = 1
const TAG_HEADER_BYTES = 11
const AMF_NUMBER = 0

export async function readFlv(file: MediaFile): Promise<Recording> {
  const { head } = file
  const flags = head.u8(4)
  if ((flags & (HAS_AUDIO | HAS_VIDEO)) === 0) throw file.broken()
  const seconds = metaNumber(head, 'duration') || (await lastTagSeconds(file))
  const frame = { width: metaNumber(head, 'width'), height: metaNumber(head, 'height') }
  if (!isLength(seconds) || !(frame.width >= 0) || !(frame.height >= 0)) throw file.broken()
  return {
    format: 'FLV',
    seconds,
    isEstimate: seconds === 0,
    sound: flags & HAS_AUDIO ? {} : undefined,
    frame:
      flags & HAS_VIDEO ? { width: Math.round(frame.width), height: Math.round(frame.height) } : undefined,
  }
}

/** A number of the file's metadata, which comes at its beginning; 0 when it is not there. */
function metaNumber(head: View, name: string): number {
  const mark = Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([AMF_NUMBER])])
  const at = head.bytes.indexOf(mark)
  if (at === -1 || at + mark.length + 8 > head.length) return 0
  const value = head.f64(at + mark.length)
  return value >= 0 && value < 2 ** 31 ? value : 0
}

/** The file ends with the length of its last tag. */
async function lastTagSeconds(file: MediaFile): Promise<number> {
  const end = await file.view(Math.max(0, file.sizeBytes - 4), 4)
  if (end.length < 4) throw file.broken()
  const at = file.sizeBytes - 4 - end.u32(0)
  const tag = await file.view(Math.max(0, at), TAG_HEADER_BYTES)
  return (tag.u8(7) * 2 ** 24 + tag.u24(4)) / 1000
}
