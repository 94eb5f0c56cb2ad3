/** Opens what the configuration says: the books, what clients stored, and the counters. */
import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import type { StorePlace } from '../config/load.ts'
import type { BudgetAlert } from '../nouns/ledger.ts'
import type { Store } from '../nouns.ts'
import type { Log } from '../observe/log.ts'
import { createDegradingCounters } from '../stores/degrading-counters.ts'
import { openJournal } from '../stores/journal/journal.ts'
import { journaled } from '../stores/journal/journaled-ledger.ts'
import { createMemoryCounters } from '../stores/memory/counters.ts'
import { openSqliteStore } from '../stores/sqlite/store.ts'

/** Everything that is durable. */
export type Books = Omit<Store, 'counters'>

/**
 * The data itself, for a gateway and for commands alike. Several processes may open books in PostgreSQL, one alone those in
 * a folder; what clients stored lies in the folder in any case. A PostgreSQL that is away does not stop this.
 */
export async function openBooks({ data, stores }: StorePlace): Promise<Books> {
  const local = await openSqliteStore(data, { lockedMaxMs: stores.timeouts.sqlite })
  if (stores.ledger === 'sqlite') return local
  try {
    // Loaded when it is used: most installations have no PostgreSQL.
    const { openPostgresStore } = await import('../stores/postgres/store.ts')
    const shared = await openPostgresStore(stores.ledger, {
      connectionsMax: stores.ledgerConnectionsMax,
      callTimeoutMs: stores.timeouts.postgres,
      name: await instanceName(local, data),
    })
    return Object.freeze({
      directory: shared.directory,
      ledger: shared.ledger,
      resources: local.resources,
      close: async () => {
        await shared.close()
        await local.close()
      },
    })
  } catch (error) {
    await local.close()
    throw error
  }
}

/**
 * Who this process is over restarts, so that what it left open when it was killed is recovered at once. A copy of the
 * folder elsewhere is somebody else.
 */
async function instanceName({ directory }: Books, data: string): Promise<string> {
  const id = await directory.initSetting('instance', randomUUID())
  return [id, hostname(), realpathSync(data)].join(' ')
}

export interface StoreOptions {
  readonly log: Log
  readonly onAlert: (alert: BudgetAlert) => void
}

/** The same for a gateway: settlements survive a ledger that is away, and requests are counted. */
export async function openStore(place: StorePlace, { log, onAlert }: StoreOptions): Promise<Store> {
  const books = await openBooks(place)
  try {
    const journal = await openJournal(place.data)
    const ledger = journaled(books.ledger, journal, {
      onAlerts: (alerts) => alerts.forEach(onAlert),
      onRefused: (row, error) =>
        log.error(
          { requestId: row.requestId, ...log.describe(error) },
          'a settlement was refused by the ledger',
        ),
    })
    const counters = await openCounters(place.stores, books, log)
    return Object.freeze({
      directory: books.directory,
      ledger,
      counters,
      resources: books.resources,
      close: async () => {
        await counters.close()
        await ledger.close()
        await books.close()
      },
    })
  } catch (error) {
    await books.close()
    throw error
  }
}

async function openCounters(
  { counters: where, timeouts }: StorePlace['stores'],
  { ledger }: Books,
  log: Log,
): Promise<Store['counters']> {
  if (where === 'memory') {
    return createMemoryCounters({ seed: (scope, since, unit) => ledger.countsSince(scope, since, unit) })
  }
  const { createRedisCounters } = await import('../stores/redis/counters.ts')
  return createDegradingCounters({
    shared: createRedisCounters(where, { silenceMaxMs: timeouts.redis }),
    local: createMemoryCounters(),
    replicas: () => ledger.replicas(),
    onChange: (isDegraded, trouble) => {
      if (isDegraded)
        log.warn({ trouble }, 'the shared counters cannot be asked: this process counts its own share')
      else log.info({}, 'the shared counters answer again')
    },
  })
}
