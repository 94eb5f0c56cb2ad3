/**
 * MPEG audio (MP3, and layers I and II): the length from a Xing, Info or VBRI header, else from the frames themselves.
 * Source: ISO/IEC 11172-3 and 13818-3.
 */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { type AudioFrame, afterId3, walkFrames } from './frames.ts'

/** Kilobits a second by the header's 4 bits: MPEG 1 by layer, then MPEG 2 and 2.5 by layer. */
const BIT_RATES: Readonly<Record<string, readonly number[]>> = {
  '1/1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1/2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1/3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2/1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2/2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2/3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const SAMPLE_RATES = [44_100, 48_000, 32_000]
/** Where a Xing header may begin, after the side information: by version and channels. */
const SIDE_BYTES = { '1': [32, 17], '2': [17, 9] } as const
const VBRI_AT = 36

export async function readMp3(file: MediaFile): Promise<Recording> {
  const walk = await walkFrames(file, afterId3(file), readFrame)
  const { first } = walk
  const counted = await countedFrames(file, walk.start, first)
  const seconds = counted === undefined ? walk.seconds : (counted * first.samples) / first.sampleRate
  if (!isLength(seconds)) throw file.broken()
  return {
    format: first.samples === 1152 || first.samples === 576 ? formatOf(file) : 'MPEG audio',
    seconds,
    isEstimate: false,
    sound: { sampleRate: first.sampleRate, channels: first.channels },
    frame: undefined,
  }
}

function formatOf(file: MediaFile): string {
  return /\/(?:x-)?mp2$/.test(file.mimeType) ? 'MPEG audio' : 'MP3'
}

function readFrame(view: View, at: number): AudioFrame | undefined {
  if (at + 4 > view.length) return undefined
  const header = view.u32(at)
  if (header >>> 21 !== 0x7ff) return undefined
  const version = (header >> 19) & 3
  const layer = 4 - ((header >> 17) & 3)
  const rate = SAMPLE_RATES[(header >> 10) & 3]
  if (version === 1 || layer === 4 || rate === undefined) return undefined
  const generation = version === 3 ? '1' : '2'
  const bitRate = (BIT_RATES[`${generation}/${layer}`]?.[(header >> 12) & 15] ?? 0) * 1000
  if (bitRate === 0) return undefined
  const sampleRate = rate / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152
  const slotBytes = layer === 1 ? 4 : 1
  const padding = (header >> 9) & 1
  const slots = Math.floor((samples / 8 / slotBytes) * (bitRate / sampleRate)) + padding
  return { bytes: slots * slotBytes, samples, sampleRate, channels: ((header >> 6) & 3) === 3 ? 1 : 2 }
}

/** Frames that the first one counts, when it is not a sound but a header. */
async function countedFrames(file: MediaFile, start: number, first: AudioFrame): Promise<number | undefined> {
  const view = await file.view(start, Math.min(first.bytes, 256))
  const generation = view.u8(1) & 8 ? '1' : '2'
  const xing = 4 + SIDE_BYTES[generation][first.channels === 1 ? 1 : 0]
  if (view.length >= xing + 12 && /^(?:Xing|Info)$/.test(view.latin1(xing, 4))) {
    return view.u32(xing + 4) & 1 ? view.u32(xing + 8) : undefined
  }
  const isVbri = view.length >= VBRI_AT + 18 && view.latin1(VBRI_AT, 4) === 'VBRI'
  return isVbri ? view.u32(VBRI_AT + 14) : undefined
}
