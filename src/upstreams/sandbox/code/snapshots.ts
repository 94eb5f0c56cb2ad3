/** Python's memory after a start, which costs seconds once; every child then begins with it. */
import { collect } from './collect.ts'
import { heapBytesOf, type Limits, processorSecondsOf } from './interpreter.ts'
import { notStarted, type SupplySettings } from './supply.ts'

const SNAPSHOT_BYTES_MAX = 64 * 1_024 * 1_024

export type SnapshotSettings = Limits & Pick<SupplySettings, 'startTimeoutMs'>
export type TakeSnapshot = (settings: SnapshotSettings) => Promise<Buffer>

/** By the size of the heap. A reload of the configuration makes a new pool, not a new start of seconds. */
const SNAPSHOTS = new Map<number, Promise<Buffer>>()

let take: TakeSnapshot = takeSnapshot

/** For tests, of which each is a process of its own: what else gives a snapshot. A gateway has its own or none. */
export function takeSnapshotsBy(other: TakeSnapshot): void {
  take = other
}

export function snapshotFor(settings: SnapshotSettings): Promise<Buffer> {
  const heapBytes = heapBytesOf(settings)
  const known = SNAPSHOTS.get(heapBytes)
  if (known !== undefined) return known
  const taken = take(settings)
  SNAPSHOTS.set(heapBytes, taken)
  // Tried again by the next program when it failed.
  taken.catch(() => SNAPSHOTS.delete(heapBytes))
  return taken
}

export async function takeSnapshot(settings: SnapshotSettings): Promise<Buffer> {
  const { output, succeeded, complaint } = await collect(
    {
      child: 'snapshot',
      values: [String(heapBytesOf(settings))],
      processorSecondsMax: processorSecondsOf(settings),
    },
    { timeoutMs: settings.startTimeoutMs, bytesMax: SNAPSHOT_BYTES_MAX },
  )
  if (!succeeded) throw notStarted(complaint)
  return output
}
