/** Headers of MPEG's packets, which say whether they are sound or picture, and when they are played. Source: ISO/IEC 13818-1. */
import type { View } from '../view.ts'

const CLOCK = 90_000
/** Times are numbers of 33 bits that begin again. */
const WRAP = 2 ** 33

export interface Times {
  readonly hasSound: boolean
  readonly hasPicture: boolean
  /** In ticks; absent when no packet said a time. */
  readonly first: number | undefined
  readonly last: number | undefined
}

export interface TimeKeeper {
  /** Looks at the packet that begins (00 00 01) at `at`. */
  see(view: View, at: number): void
  times(): Times
}

export function createTimeKeeper(): TimeKeeper {
  let hasSound = false
  let hasPicture = false
  let first: number | undefined
  let last: number | undefined
  return {
    see(view, at) {
      if (at + 4 > view.length) return
      const stream = view.u8(at + 3)
      const isPicture = stream >= 0xe0 && stream <= 0xef
      // 0xbd holds AC-3 and the like.
      const isSound = (stream >= 0xc0 && stream <= 0xdf) || stream === 0xbd
      hasPicture ||= isPicture
      hasSound ||= isSound
      const time = isPicture || isSound ? timeOf(view, at + 6) : undefined
      if (time === undefined) return
      first = first === undefined ? time : Math.min(first, time)
      last = last === undefined ? time : Math.max(last, time)
    },
    times: () => ({ hasSound, hasPicture, first, last }),
  }
}

/** The presentation time in the header at `start`, in the form of MPEG-2 or of MPEG-1. */
function timeOf(view: View, start: number): number | undefined {
  if (start + 8 > view.length) return undefined
  let at = start
  if (view.u8(at) >> 6 === 2) {
    if ((view.u8(at + 1) & 0x80) === 0) return undefined
    at += 3
  } else {
    const end = Math.min(start + 16, view.length - 2)
    while (at < end && view.u8(at) === 0xff) at++
    if (view.u8(at) >> 6 === 1) at += 2
    if (at >= view.length || ![2, 3].includes(view.u8(at) >> 4)) return undefined
  }
  if (at + 5 > view.length) return undefined
  const high = (view.u8(at) >> 1) & 7
  return high * 2 ** 30 + (view.u16(at + 1) >> 1) * 2 ** 15 + (view.u16(at + 3) >> 1)
}

/** Seconds from the first packet at the beginning to the last one at the end; 0 when they say no times. */
export function secondsBetween(head: Times, tail: Times): number {
  if (head.first === undefined || tail.last === undefined) return 0
  return ((((tail.last - head.first) % WRAP) + WRAP) % WRAP) / CLOCK
}
