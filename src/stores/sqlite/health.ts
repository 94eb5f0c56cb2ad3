import { statSync } from 'node:fs'
import type { GatewayError } from '../../errors.ts'
import { WAL_BYTES_MAX, walBytes } from './book.ts'
import { storeUnavailable } from './failures.ts'

/** How often the file is looked at: a deleted one is noticed within twice of it. */
const CHECK_INTERVAL_MS = 5_000

export interface Health {
  /** Throws `store_unavailable` when the file is gone. */
  check(): void
  readonly isGone: boolean
  /** How a commit went. */
  onCommit(failure: GatewayError | undefined): void
  /** What is wrong, in one line. */
  trouble(): string | undefined
  /** Looks at the file now. Called every few seconds by itself. */
  look(): void
  stop(): void
}

/**
 * Watches the database at `path`. `probe` writes something small: it is called while the last commit is a failed one,
 * because a gateway that takes no requests would never learn that the disk has room again.
 */
export function watchHealth(path: string, probe: () => Promise<unknown>): Health {
  const identity = identityOf(path)
  let gone: string | undefined
  let failing: string | undefined
  let isLogLarge = false

  function onCommit(failure: GatewayError | undefined): void {
    if (failure === undefined) failing = undefined
    else failing ??= `${failure.hint ?? failure.message} (since ${new Date().toISOString()})`
  }

  function look(): void {
    // A file that has gone stays gone: what was written since is in no file that a restart would find.
    if (gone === undefined && identityOf(path) !== identity)
      gone = `${path} was deleted or replaced while it was open; stop the gateway and restore a backup`
    if (gone !== undefined) return
    isLogLarge = walBytes(path) > WAL_BYTES_MAX
    if (failing !== undefined) probe().then(() => onCommit(undefined), onCommit)
  }

  const timer = setInterval(look, CHECK_INTERVAL_MS).unref()

  return {
    onCommit,
    look,
    get isGone() {
      return gone !== undefined
    },
    check() {
      if (gone !== undefined) throw storeUnavailable(new Error(gone))
    },
    trouble: () => gone ?? failing ?? (isLogLarge ? largeLog(path) : undefined),
    stop: () => clearInterval(timer),
  }
}

/** Undefined when there is no such file. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev} ${stats.ino}`
}

function largeLog(path: string): string {
  const size = Math.round(walBytes(path) / 1024 / 1024)
  return `${path}-wal has ${size} MiB: something has been reading the database for too long`
}
