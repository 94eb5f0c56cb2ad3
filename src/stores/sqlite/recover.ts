import type { DatabaseSync } from 'node:sqlite'
import type { ReservationRow, UsageRow } from '../../nouns/ledger.ts'
import type { Books, Draft } from './books.ts'
import { type Cells, RESERVATION_COLUMNS, toReservationRow } from './cells.ts'
import type { Settle } from './settle.ts'
import type { Run } from './writer.ts'

/** Reservations that one commit closes: a few milliseconds of the event loop. */
const SLICE_ROWS = 200

/**
 * Closes what nobody will settle: each open reservation of an earlier process, because only one process has the data
 * folder, and those of this one whose lease is over. Resolves to their number.
 */
export function createRecover(
  database: DatabaseSync,
  books: Books,
  settle: Settle,
  run: Run,
): () => Promise<number> {
  const open = database.prepare(`
    SELECT ${RESERVATION_COLUMNS} FROM reservations
    WHERE admission >= ? AND (admission < ? OR lease_until <= ?)
      AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.admission = reservations.admission)
    ORDER BY admission LIMIT ${SLICE_ROWS}`)
  open.setReturnArrays(true)

  function closeSlice(draft: Draft, from: number): Cells[] {
    const found = open.all(from, books.firstAdmission, draft.at) as unknown as Cells[]
    for (const cells of found) settle(draft, recoveredRow(toReservationRow(cells), draft.at))
    return found
  }

  return async () => {
    let count = 0
    let from = books.openFrom()
    for (;;) {
      const closed = await run((draft) => closeSlice(draft, from))
      count += closed.length
      if (closed.length < SLICE_ROWS) break
      from = (closed.at(-1)?.[0] as number) + 1
    }
    books.recovered()
    return count
  }
}

/** Nothing is known of its use (B11): it gives back what it reserved, and is billed nothing. */
function recoveredRow(reservation: ReservationRow, at: number): UsageRow {
  const { requestId, keyId, projectId, admittedAt, verb, model, tags, reservedNanoUsd } = reservation
  return {
    requestId,
    keyId,
    projectId,
    admittedAt,
    settledAt: at,
    verb,
    model,
    tags,
    outcome: 'crash_recovered',
    status: 0,
    upstream: undefined,
    upstreamModel: undefined,
    modelVersion: undefined,
    attempts: 0,
    otherAttempts: [],
    usageSource: 'none',
    tier: 'standard',
    promptTokens: 0,
    cachedTokens: 0,
    candidatesTokens: 0,
    thoughtsTokens: 0,
    toolUsePromptTokens: 0,
    totalTokens: 0,
    details: undefined,
    price: undefined,
    reservedNanoUsd,
    billedNanoUsd: 0,
    upstreamCostNanoUsd: 0,
    finishReason: undefined,
    deliveredBytes: 0,
    firstByteMs: undefined,
    durationMs: 0,
  }
}
