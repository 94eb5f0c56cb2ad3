/** What decoders find out. */
import type { ColourShare } from './image/colours.ts'

export interface Picture {
  /** As people call it: `PNG`. */
  readonly format: string
  readonly width: number
  readonly height: number
  /** More than 1 for an animation. */
  readonly frames: number
  /** The largest first; empty when the pixels were not decoded. */
  readonly colours: readonly ColourShare[]
}

export interface Track {
  readonly sampleRate?: number | undefined
  readonly channels?: number | undefined
}

export interface Frame {
  readonly width: number
  readonly height: number
}

/** A sound or a film. */
export interface Recording {
  readonly format: string
  readonly seconds: number
  /** The length was not in the file, and is made from its size. */
  readonly isEstimate: boolean
  /** Nothing is known but the type and the size. */
  readonly isUnread?: boolean
  /** There when there is a sound track. */
  readonly sound: Track | undefined
  /** There when there are moving pictures; its sizes are 0 when the file does not say them. */
  readonly frame: Frame | undefined
  /** The loudest sample, from 0 to 1, where samples were read. */
  readonly peak?: number | undefined
}

export interface Document {
  readonly format: string
  readonly pages: number
  readonly title: string
  readonly text: string
  /** Whether the text was cut at a bound. */
  readonly isTextCut: boolean
}

/** Longest recording that is believed: beyond a month a length is damage. */
const SECONDS_MAX = 31 * 24 * 60 * 60

/** A length in seconds that can be true. */
export function isLength(seconds: number): boolean {
  return seconds >= 0 && seconds <= SECONDS_MAX
}
