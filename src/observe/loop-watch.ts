/**
 * Notices that the process did not get to run: code that took too long, a machine that stood still, a signal. Nobody
 * can be told while it lasts; afterwards the log says so, and balancers are given time to look elsewhere.
 */

export interface LoopWatch {
  /** False from a block on, until the loop has kept time for as long again. */
  readonly isWell: boolean
  close(): void
}

/** A block is noticed to this many parts of its bound. */
const LOOKS_PER_BOUND = 10
const LOOK_MS_MAX = 1_000

/** `onBlock` hears how long it was; `onWell` that it is over for good. */
export function watchLoop(
  blockMs: number,
  onBlock: (blockedMs: number) => void,
  onWell: () => void,
  now: () => number = () => performance.now(),
): LoopWatch {
  const everyMs = Math.min(LOOK_MS_MAX, Math.max(1, blockMs / LOOKS_PER_BOUND))
  let lookedAtMs = now()
  let wellAtMs: number | undefined
  const timer = setInterval(() => {
    const atMs = now()
    const lateMs = atMs - lookedAtMs - everyMs
    lookedAtMs = atMs
    if (lateMs >= blockMs) {
      wellAtMs = atMs + blockMs
      onBlock(Math.round(lateMs))
    } else if (wellAtMs !== undefined && atMs >= wellAtMs) {
      wellAtMs = undefined
      onWell()
    }
  }, everyMs)
  timer.unref()
  return {
    get isWell() {
      return wellAtMs === undefined
    },
    close: () => clearInterval(timer),
  }
}
