/** Which part of a video is looked at, and how closely. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { lengthText } from './words.ts'

export type VideoMetadata = GeminiMessage<'VideoMetadata'>

const FPS_STANDARD = 1
const FPS_MAX = 24

export interface Clip {
  /** In seconds from the beginning of the video. */
  readonly start: number
  readonly end: number
  readonly fps: number
  readonly isWhole: boolean
}

/**
 * `field` is the path of the part's data; what is wrong is told by the path of `video_metadata` beside it. Offsets are
 * durations such as `10.5s`, as the wire has them; an end beyond the video is the video's end.
 */
export function clipOf(seconds: number, metadata: VideoMetadata | undefined, field: string): Clip {
  const place = field.replace(/[^.]*$/, 'video_metadata')
  const fps = metadata?.fps ?? FPS_STANDARD
  if (!(fps > 0 && fps <= FPS_MAX)) {
    throw invalidField(`${place}.fps`, `fps must be in the range (0.0, ${FPS_MAX}.0].`)
  }
  const start = secondsOf(metadata?.startOffset) ?? 0
  const end = Math.min(seconds, secondsOf(metadata?.endOffset) ?? seconds)
  if (start < 0 || (start > 0 && start >= seconds)) {
    throw invalidField(`${place}.start_offset`, 'start_offset must be within the video.')
  }
  if (end < start || (end === start && seconds > 0)) {
    throw invalidField(`${place}.end_offset`, 'end_offset must be after start_offset.')
  }
  return { start, end, fps, isWhole: start === 0 && end === seconds }
}

function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number.parseFloat(duration)
}

/** What is added to a video's description when only a part of it is looked at. */
export function describeClip({ start, end, isWhole }: Clip): string {
  return isWhole ? '' : `, seen from ${lengthText(start)} to ${lengthText(end)}`
}
