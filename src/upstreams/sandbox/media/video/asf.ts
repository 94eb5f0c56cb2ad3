/** WMV and WMA: everything is in the header object. Source: Advanced Systems Format 1.2. */
import type { MediaFile } from '../file.ts'
import { type Frame, isLength, type Recording, type Track } from '../found.ts'
import type { View } from '../view.ts'

const HEADER_BYTES_MAX = 1024 * 1024
const OBJECTS_MAX = 1_000
const FILE_PROPERTIES = 'a1dcab8c47a9cf118ee400c00c205365'
const STREAM_PROPERTIES = '9107dcb7b7a9cf118ee600c00c205365'
const AUDIO = '409e69f84d5bcf11a8fd00805f5c442b'
const VIDEO = 'c0ef19bc4d5bcf11a8fd00805f5c442b'

interface Film {
  seconds: number
  frame: Frame | undefined
  sound: Track | undefined
}

export async function readAsf(file: MediaFile): Promise<Recording> {
  const view = await file.view(0, Math.min(file.head.u64le(16), HEADER_BYTES_MAX))
  const film: Film = { seconds: -1, frame: undefined, sound: undefined }
  for (let at = 30, count = 0; at + 24 <= view.length && count < OBJECTS_MAX; count++) {
    const length = view.u64le(at + 16)
    if (length < 24 || at + length > view.length) break
    readObject(view.slice(at, 16).toString('hex'), view.part(at, length), film)
    at += length
  }
  const { seconds, frame, sound } = film
  if ((frame === undefined && sound === undefined) || !isLength(seconds)) throw file.broken()
  const format = frame === undefined ? 'WMA' : 'WMV'
  return { format, seconds, isEstimate: seconds === 0, sound, frame }
}

function readObject(guid: string, object: View, film: Film): void {
  if (guid === FILE_PROPERTIES) {
    // The time to play comes with the time to fill buffers before, in milliseconds.
    film.seconds = Math.max(0, object.u64le(64) / 1e7 - object.u64le(80) / 1e3)
  } else if (guid === STREAM_PROPERTIES) {
    const kind = object.slice(24, 16).toString('hex')
    if (kind === VIDEO) film.frame ??= { width: object.u32le(78), height: object.u32le(82) }
    if (kind === AUDIO) film.sound ??= { channels: object.u16le(80), sampleRate: object.u32le(82) }
  }
}
