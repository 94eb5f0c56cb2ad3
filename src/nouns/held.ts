/** Bytes that this process holds for others, counted over all of them, so that they are bounded together. */

export interface Held {
  /** False when there is no room for so many more; then nothing is counted. */
  take(bytes: number): boolean
  /** Counts what is there already, room or not. */
  add(bytes: number): void
  give(bytes: number): void
  readonly bytes: number
  readonly isFull: boolean
}

export function createHeld(bytesMax = Number.POSITIVE_INFINITY): Held {
  let held = 0
  return {
    take: (bytes) => {
      if (held + bytes > bytesMax) return false
      held += bytes
      return true
    },
    add: (bytes) => {
      held += bytes
    },
    give: (bytes) => {
      held -= bytes
    },
    get bytes() {
      return held
    },
    get isFull() {
      return held >= bytesMax
    },
  }
}
