/**
 * Reading on after the client has left: the upstream bills the whole answer anyway, and its last words say how much.
 * Bounded in number, time and bytes; over a bound the upstream is hung up on and the use is estimated.
 */

export interface DrainLimits {
  readonly count: number
  /** In milliseconds. */
  readonly timeout: number
  readonly bytes: number
}

/** As the configuration has them when it says nothing. */
export const DRAIN_LIMITS: DrainLimits = { count: 200, timeout: 120_000, bytes: 32 * 1024 * 1024 }

/** One place among the drains of this process, or none when all are taken. */
export interface Drains {
  begin(expire: () => void): Drain | undefined
  readonly open: number
}

export interface Drain {
  /** False when this drain has read enough. */
  take(bytes: number): boolean
  end(): void
}

export function createDrains(limits: DrainLimits = DRAIN_LIMITS): Drains {
  let open = 0
  return {
    get open() {
      return open
    },
    begin: (expire) => {
      if (open >= limits.count) return undefined
      open++
      let bytes = 0
      let isOpen = true
      const timer = setTimeout(expire, limits.timeout)
      return {
        take: (more) => {
          bytes += more
          return bytes <= limits.bytes
        },
        end: () => {
          clearTimeout(timer)
          if (isOpen) open--
          isOpen = false
        },
      }
    },
  }
}
