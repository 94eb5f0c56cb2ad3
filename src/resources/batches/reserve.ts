import type { Allowance, Quota } from '../quota.ts'

/** Set aside at one time, while there is room: asking for each result would cost a look at the store. */
const STEP_BYTES = 64 * 1024

/** Room on the disk for a journal that grows: of the key's share, and no more of it than a little ahead. */
export interface Reserve {
  /** Throws `resource_exhausted` when the key's share is used up. */
  take(bytes: number): Promise<void>
  /** Once the bytes stand in a row, or are gone. */
  release(): void
}

export function createReserve(quota: Quota, keyId: string): Reserve {
  const held: Allowance[] = []
  let room = 0
  let last: Promise<void> = Promise.resolve()

  async function makeRoom(bytes: number): Promise<void> {
    if (room < bytes) {
      const least = bytes - room
      const ahead = quota.hold(keyId, least + STEP_BYTES)
      const allowance = await ahead.catch(() => quota.hold(keyId, least))
      held.push(allowance)
      room += allowance.bytes
    }
    room -= bytes
  }

  return {
    take: (bytes) => {
      // One after the other: two at the same time would both ask for the same room.
      const turn = last.then(() => makeRoom(bytes))
      last = turn.catch(() => undefined)
      return turn
    },
    release: () => {
      for (const allowance of held.splice(0)) allowance.release()
    },
  }
}
