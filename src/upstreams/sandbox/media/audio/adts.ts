/** AAC in ADTS frames. Source: ISO/IEC 13818-7. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { type AudioFrame, afterId3, walkFrames } from './frames.ts'

const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]
const HEADER_BYTES = 7
const SAMPLES_PER_BLOCK = 1024

export async function readAdts(file: MediaFile): Promise<Recording> {
  const { first, seconds } = await walkFrames(file, afterId3(file), readFrame)
  if (!isLength(seconds)) throw file.broken()
  return {
    format: 'AAC',
    seconds,
    isEstimate: false,
    sound: { sampleRate: first.sampleRate, channels: first.channels },
    frame: undefined,
  }
}

function readFrame(view: View, at: number): AudioFrame | undefined {
  if (at + HEADER_BYTES > view.length || (view.u16(at) & 0xfff6) !== 0xfff0) return undefined
  const sampleRate = SAMPLE_RATES[(view.u8(at + 2) >> 2) & 15]
  const bytes = (view.u32(at + 3) >>> 13) & 0x1fff
  if (sampleRate === undefined || bytes < HEADER_BYTES) return undefined
  const blocks = (view.u8(at + 6) & 3) + 1
  // 0 says that the channels are told inside of the frame; it is mono or stereo nearly always.
  const channels = ((view.u8(at + 2) & 1) << 2) | (view.u8(at + 3) >> 6)
  return {
    bytes,
    samples: blocks * SAMPLES_PER_BLOCK,
    sampleRate,
    channels: channels === 7 ? 8 : channels || 2,
  }
}
