/** Keeps a silent stream of Server-Sent Events alive. */
import type { HttpResponse } from '../nouns.ts'

/** Blank lines between events, while none comes: they mean nothing to any client. */
const HEARTBEAT = '\n\n'
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

export interface Heart {
  /** What was written last: only behind a whole event is a blank line nothing. */
  wrote(bytes: Buffer): void
  stop(): void
}

/** `everyMs`: the silence after which a blank line goes out; 0 for never. */
export function beating(response: HttpResponse, everyMs: number): Heart {
  let timer: NodeJS.Timeout | undefined
  let isBetweenEvents = false
  const beat = () => {
    timer?.refresh()
    if (isBetweenEvents) response.write(HEARTBEAT)
  }
  return {
    wrote: (bytes) => {
      isBetweenEvents = endsWithBlankLine(bytes)
      if (everyMs === 0) return
      if (timer === undefined) timer = setTimeout(beat, everyMs)
      else timer.refresh()
    },
    stop: () => clearTimeout(timer),
  }
}

function endsWithBlankLine(bytes: Buffer): boolean {
  const last = bytes.length - 1
  if (bytes[last] !== LINE_FEED) return false
  return (
    bytes[last - 1] === LINE_FEED || (bytes[last - 1] === CARRIAGE_RETURN && bytes[last - 2] === LINE_FEED)
  )
}
