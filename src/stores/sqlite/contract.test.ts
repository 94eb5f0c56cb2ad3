import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LedgerSubject, ledgerContract } from '../../../test/contracts/ledger.ts'
import { openSqliteStore } from './store.ts'

ledgerContract('sqlite', openSubject, { hasClock: true })

async function openSubject(): Promise<LedgerSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-ledger-'))
  let stopped: number | undefined
  const clock = {
    now: () => stopped ?? Date.now(),
    set: (at: number) => {
      stopped = at
    },
  }
  let store = await openSqliteStore(folder, { now: clock.now })
  return {
    directory: store.directory,
    ledger: store.ledger,
    clock,
    reopen: async () => {
      await store.close()
      store = await openSqliteStore(folder, { now: clock.now })
      return store
    },
    dispose: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}
