/** How long is waited before the same target is asked again. */

/** In milliseconds. */
export interface BackoffSettings {
  readonly backoffMin: number
  readonly backoffMax: number
}

/** Two retries are all that there are by default: the second may already wait for as long as a wait may take. */
const GROWTH = 4
/** What an upstream asked for is never cut short, but many were asked for the same. */
const ASKED_JITTER = 0.1
/** How often it is looked whether the client is still there, in milliseconds. */
const LOOK_MS = 25

/**
 * Milliseconds to wait, drawn evenly from `backoffMin` to a bound that grows with each retry; at least `askedMs`, and a
 * little more.
 */
export function backoffMs(
  retry: number,
  askedMs: number,
  { backoffMin, backoffMax }: BackoffSettings,
  random: () => number,
): number {
  const highest = Math.max(backoffMin, Math.min(backoffMax, backoffMin * GROWTH ** retry))
  const drawnMs = backoffMin + random() * (highest - backoffMin)
  return Math.max(drawnMs, askedMs * (1 + ASKED_JITTER * random()))
}

export interface Clock {
  /** Milliseconds that never go back. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Waits for so long, or until the client has left. */
export async function waitFor(ms: number, hasLeft: () => boolean, { now, sleep }: Clock): Promise<void> {
  const until = now() + ms
  for (let restMs = ms; restMs > 0 && !hasLeft(); restMs = until - now()) {
    await sleep(Math.min(restMs, LOOK_MS))
  }
}
