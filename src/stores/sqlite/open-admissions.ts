/**
 * Which admissions of this process are open: the lowest one is where recovery begins to look. A byte for each one in
 * the span between the oldest open request and the newest, because a set that is keyed by request is dear
 * (docs/decisions/0009).
 */
export interface OpenAdmissions {
  /** Admissions are opened in their order. */
  open(admission: number): void
  close(admission: number): void
  /** No admission below it is open. */
  lowest(): number
}

const FIRST_SPAN = 1_024

/** `first` is the first admission that this process will give. */
export function createOpenAdmissions(first: number): OpenAdmissions {
  let isOpen = new Uint8Array(FIRST_SPAN)
  /** The admission of the first byte. */
  let start = first
  let low = first
  /** After the last that was opened. */
  let end = first

  function lowest(): number {
    while (low < end && isOpen[low - start] === 0) low++
    return low
  }

  /** Lets go of what is closed, and doubles the span when that does not help much. */
  function makeRoom(): void {
    const kept = isOpen.subarray(lowest() - start, end - start)
    const next = new Uint8Array(kept.length * 2 > isOpen.length ? isOpen.length * 2 : isOpen.length)
    next.set(kept)
    isOpen = next
    start = low
  }

  return {
    lowest,
    open(admission) {
      while (admission - start >= isOpen.length) makeRoom()
      isOpen[admission - start] = 1
      end = admission + 1
    },
    close(admission) {
      if (admission >= start && admission < end) isOpen[admission - start] = 0
    },
  }
}
