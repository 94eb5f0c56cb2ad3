/** `wasat db copy`: takes the books of a data folder to PostgreSQL. What clients stored stays in the folder. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { UsageRow } from '../nouns/ledger.ts'
import { openJournal } from '../stores/journal/journal.ts'
import { journaled } from '../stores/journal/journaled-ledger.ts'
import type { Copied, CopyProgress } from '../stores/postgres/copy.ts'
import type { CopySource } from '../stores/postgres/copy-source.ts'
import { openSqliteStore } from '../stores/sqlite/store.ts'

/** Who this folder is among the processes of a shared ledger: of no meaning to another one. */
const OWN_SETTINGS = ['instance']

/**
 * Copies everything into an empty database, in one transaction, and compares counts and sums in the end. The folder is
 * not changed, except that what a killed gateway had left open is closed first.
 * Throws `failed_precondition` when a gateway runs on the folder or the database is not empty, `invalid_argument` for
 * an address that is none, `store_unavailable` when either cannot be asked.
 */
export async function copyLedger(
  dataFolder: string,
  url: string,
  onProgress?: CopyProgress,
): Promise<readonly Copied[]> {
  const store = await openSqliteStore(dataFolder)
  try {
    await settleWhatWaits(dataFolder, store.ledger)
    const { copyInto } = await import('../stores/postgres/copy.ts')
    const file = new DatabaseSync(join(dataFolder, 'wasat.db'), { readOnly: true })
    const book = await store.ledger.openBook()
    try {
      return await copyInto(url, { directory: store.directory, book, ...sourceOf(file) }, onProgress)
    } finally {
      await book.close()
      file.close()
    }
  } finally {
    await store.close()
  }
}

type SqliteLedger = Awaited<ReturnType<typeof openSqliteStore>>['ledger']

/** Settlements in the journal, and reservations that nobody will settle any more. */
async function settleWhatWaits(dataFolder: string, ledger: SqliteLedger): Promise<void> {
  const journal = await openJournal(dataFolder)
  const whole = journaled(ledger, journal)
  try {
    await whole.recover()
  } finally {
    await whole.close()
  }
}

/** What neither the directory nor the book tells. */
function sourceOf(file: DatabaseSync): Omit<CopySource, 'directory' | 'book'> {
  const rows = <Row>(sql: string) => file.prepare(sql).iterate() as unknown as Iterable<Row>
  return {
    *settings() {
      for (const row of rows<{ name: string; value: string }>('SELECT name, value FROM settings'))
        if (!OWN_SETTINGS.includes(row.name)) yield row
    },
    alerts: () =>
      rows(`SELECT budget_id AS budgetId, window_start AS windowStart, spent_nano_usd AS spentNanoUsd,
        created_at AS createdAt FROM budget_alerts WHERE budget_id IN (SELECT id FROM budgets)`),
    *late() {
      const late = rows<{ requestId: string; number: number; document: string }>(
        `SELECT r.request_id AS requestId, a.number, a.document
         FROM adjustments a JOIN reservations r USING (admission) WHERE a.reason = 'late'`,
      )
      for (const { requestId, number, document } of late) {
        const row = JSON.parse(document) as UsageRow
        const { upstream, upstreamModel, tier, outcome, usageSource, settledAt } = row
        yield { requestId, number, upstream, upstreamModel, tier, outcome, usageSource, settledAt }
      }
    },
  }
}
