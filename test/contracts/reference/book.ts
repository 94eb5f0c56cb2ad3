/** A book in memory: plain lists, which a test may change before they are read. */

import type { BudgetRecord } from '../../../src/nouns/directory.ts'
import type {
  AdjustmentRow,
  AttemptRow,
  Book,
  BookEvent,
  BudgetWindowRow,
  HourRow,
  ReservationRow,
  SettledRow,
  Soundness,
} from '../../../src/nouns/ledger.ts'

export type BookRow = SettledRow & { readonly hasReservation: boolean }

export interface BookFacts {
  at: number
  prunedBefore: number
  events: BookEvent[]
  reservations: ReservationRow[]
  requests: BookRow[]
  attempts: (AttemptRow & { readonly requestId: string })[]
  adjustments: AdjustmentRow[]
  budgets: BudgetRecord[]
  windows: BudgetWindowRow[]
  hours: HourRow[]
  prices: { readonly version: string; readonly document: string }[]
  soundness: Soundness[]
}

export function memoryBook(facts: BookFacts): Book {
  return {
    at: facts.at,
    prunedBefore: facts.prunedBefore,
    events: () => stream(facts.events),
    reservations: () => stream(facts.reservations),
    requests: () => stream(facts.requests),
    attempts: () => stream(facts.attempts),
    adjustments: () => stream(facts.adjustments),
    budgets: () => stream(facts.budgets),
    windows: () => stream(facts.windows),
    hours: () => stream(facts.hours),
    prices: () => stream(facts.prices),
    soundness: async () => facts.soundness,
    close: async () => undefined,
  }
}

async function* stream<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows
}

/** Everything that a book has, for a second look. */
export async function readBook(book: Book): Promise<BookFacts> {
  return {
    at: book.at,
    prunedBefore: book.prunedBefore,
    events: await Array.fromAsync(book.events()),
    reservations: await Array.fromAsync(book.reservations()),
    requests: await Array.fromAsync(book.requests()),
    attempts: await Array.fromAsync(book.attempts()),
    adjustments: await Array.fromAsync(book.adjustments()),
    budgets: await Array.fromAsync(book.budgets()),
    windows: await Array.fromAsync(book.windows()),
    hours: await Array.fromAsync(book.hours()),
    prices: await Array.fromAsync(book.prices()),
    soundness: [...(await book.soundness())],
  }
}
