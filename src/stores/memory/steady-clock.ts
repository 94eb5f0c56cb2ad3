/** Milliseconds since the epoch when the process started, and from then on by a clock that nobody can set. */
export function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}

/** A clock that goes back goes on from where it was: nothing counts for longer, and nothing twice. */
export function steady(now: () => number): () => number {
  let shiftMs = 0
  let latest = Number.NEGATIVE_INFINITY
  return () => {
    const at = now() + shiftMs
    if (at < latest) shiftMs += latest - at
    else latest = at
    return latest
  }
}
