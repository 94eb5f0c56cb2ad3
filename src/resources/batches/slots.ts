/** A few places for work that goes on at the same time; whoever waits longest is next. */

export interface Slots {
  /** False when nobody is let in any more, or the signal was aborted while it waited. */
  take(signal: AbortSignal): Promise<boolean>
  free(): void
  /** Lets nobody in from now on. */
  close(): void
}

export function createSlots(count: number): Slots {
  const waiting = new Set<(isMine: boolean) => void>()
  let open = count
  let isClosed = false

  return {
    take: async (signal) => {
      if (isClosed || signal.aborted) return false
      if (open > 0) {
        open--
        return true
      }
      return new Promise((resolve) => {
        const enter = (isMine: boolean) => {
          waiting.delete(enter)
          signal.removeEventListener('abort', leave)
          resolve(isMine)
        }
        const leave = () => enter(false)
        signal.addEventListener('abort', leave)
        waiting.add(enter)
      })
    },
    free: () => {
      const [next] = waiting
      if (next === undefined) open++
      else next(true)
    },
    close: () => {
      isClosed = true
      for (const enter of [...waiting]) enter(false)
    },
  }
}
