import type { Directory } from '../../nouns/directory.ts'
import type { Book, UsageRow } from '../../nouns/ledger.ts'

/** The books of another store, as they are read to be copied. Nobody else writes them meanwhile. */
export interface CopySource {
  readonly directory: Pick<Directory, 'listKeys' | 'listProjects'>
  readonly book: Book
  settings(): Iterable<{ readonly name: string; readonly value: string }>
  /** Alerts that were given. */
  alerts(): Iterable<CopiedAlert>
  /** What late settlements knew beyond their adjustments. */
  late(): Iterable<LateFact>
}

export interface CopiedAlert {
  readonly budgetId: string
  readonly windowStart: number
  readonly spentNanoUsd: number
  readonly createdAt: number
}

/** What the row of a late settlement said; `number` is its adjustment's. */
export interface LateFact
  extends Pick<
    UsageRow,
    'requestId' | 'upstream' | 'upstreamModel' | 'tier' | 'outcome' | 'usageSource' | 'settledAt'
  > {
  readonly number: number
}
