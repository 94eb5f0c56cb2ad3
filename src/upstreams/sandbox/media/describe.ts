/** One phrase about a medium, true of it, such as `a PNG image of 640 × 480 pixels, mostly red (62 %) and white`. */
import type { Document, Picture, Recording, Track } from './found.ts'
import type { ColourShare } from './image/colours.ts'
import { article, lengthText, plural } from './words.ts'

/** A colour that covers less is not worth a word. */
const SHARE_NAMED_MIN = 0.1
const SHARE_MOST = 0.5
const SHARE_ALL = 0.995
const COLOURS_NAMED_MAX = 3
/** Samples as low as this are not heard. */
const SILENCE_PEAK = 0.001

export function describePicture({ format, width, height, frames, colours }: Picture): string {
  const kind =
    frames > 1
      ? `${article(`animated ${format}`)} image of ${frames} frames and`
      : `${article(format)} image of`
  return `${kind} ${width} × ${height} pixels${describeColours(colours)}`
}

function describeColours(colours: readonly ColourShare[]): string {
  const [first, second] = colours
  if (first === undefined) return ''
  if (first.share >= SHARE_ALL) return `, all ${first.name}`
  if (first.share < SHARE_MOST) {
    const named = colours.slice(0, COLOURS_NAMED_MAX).map(withShare)
    return `, in ${join(named)}`
  }
  const other = second !== undefined && second.share >= SHARE_NAMED_MIN ? ` and ${second.name}` : ''
  return `, mostly ${withShare(first)}${other}`
}

function withShare({ name, share }: ColourShare): string {
  return `${name} (${Math.max(1, Math.round(share * 100))} %)`
}

function join(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** A recording that is listened to. */
export function describeSound(recording: Recording): string {
  const { format, sound, peak } = recording
  const level = peak === undefined ? '' : peak < SILENCE_PEAK ? ', silent' : `, peak level ${percent(peak)}`
  return `${article(format)} recording of ${lengthOf(recording)}${describeTrack(sound)}${level}`
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(share * 100))} %`
}

function describeTrack(track: Track | undefined): string {
  const rate = track?.sampleRate ? `, ${rateText(track.sampleRate)}` : ''
  const channels = track?.channels ? `, ${channelsText(track.channels)}` : ''
  return rate + channels
}

function rateText(rate: number): string {
  return rate >= 1000 ? `${Math.round(rate) / 1000} kHz` : `${Math.round(rate)} Hz`
}

function channelsText(channels: number): string {
  if (channels === 1) return 'mono'
  return channels === 2 ? 'stereo' : `${channels} channels`
}

/** A recording that is watched. */
export function describeVideo(recording: Recording): string {
  const { format, frame, sound, isUnread } = recording
  const size = frame && frame.width > 0 ? `, ${frame.width} × ${frame.height} pixels` : ''
  const sounds = isUnread ? '' : sound === undefined ? ', without sound' : ', with sound'
  return `${article(format)} video of ${lengthOf(recording)}${size}${sounds}`
}

function lengthOf({ seconds, isEstimate }: Recording): string {
  return `${isEstimate ? 'about ' : ''}${lengthText(seconds)}`
}

export function describeDocument({ format, pages, title, text, isTextCut }: Document): string {
  const named = title === '' ? '' : ` with the title “${title}”`
  const readable = text === '' ? ', without text that can be read' : isTextCut ? ', with a long text' : ''
  return `${article(format)} document of ${plural(pages, 'page')}${named}${readable}`
}
