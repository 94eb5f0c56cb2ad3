/** Opens the books to be read: everything at one moment, beside a gateway that goes on writing. */
import type { StorePlace } from '../config/load.ts'
import type { Book } from '../nouns/ledger.ts'
import type { NanoUsd, Quantities, Rates, Tier } from '../nouns/money.ts'
import { costOf } from '../prices/cost.ts'
import { priceOfDocument } from '../prices/document.ts'
import { type AuditReport, audit } from '../stores/audit/audit.ts'

/** Prices that are kept ready; a book that has more reads some of them again. */
const PRICES_MAX = 10_000

/**
 * The book of the ledger that the configuration names. Close it; that closes its store too.
 * Throws `store_unavailable` when the store cannot be read.
 */
export async function openBookFor({ data, stores }: StorePlace): Promise<Book> {
  if (stores.ledger === 'sqlite') {
    const { openSqliteBook } = await import('../stores/sqlite/store.ts')
    return openSqliteBook(data)
  }
  // Loaded when it is used: most installations have no PostgreSQL.
  const { openPostgresStore } = await import('../stores/postgres/store.ts')
  const store = await openPostgresStore(stores.ledger, { connectionsMax: stores.ledgerConnectionsMax })
  try {
    const book = await store.ledger.openBook()
    return { ...book, close: () => book.close().finally(() => store.close()) }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Runs the checker over these books; `onProgress` hears how many rows were read so far. */
export async function auditLedger(
  place: StorePlace,
  onProgress: (rows: number) => void,
): Promise<AuditReport> {
  const book = await openBookFor(place)
  try {
    return await audit(book, { costOf: createCostOfDocument(), onProgress })
  } finally {
    await book.close()
  }
}

/** The cost by a price that is on the books. Throws for what is no price. */
export function createCostOfDocument(): (document: string, quantities: Quantities, tier: Tier) => NanoUsd {
  const known = new Map<string, Rates>()
  return (document, quantities, tier) => {
    let rates = known.get(document)
    if (rates === undefined) {
      rates = priceOfDocument(document)
      if (known.size >= PRICES_MAX) known.clear()
      known.set(document, rates)
    }
    return costOf(rates, quantities, tier)
  }
}
