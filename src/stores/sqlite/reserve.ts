import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { Reservation, Reserved } from '../../nouns/ledger.ts'
import type { Books, Draft } from './books.ts'
import type { Budgets } from './budgets.ts'
import { type Origin, RESERVATION_COLUMNS, reservationCells } from './cells.ts'
import type { Windows } from './windows.ts'

export interface Reserve {
  /** Throws `already_exists`; then, and when it refuses, nothing was changed. */
  reserve(draft: Draft, reservation: Reservation): Reserved
  /** Writes the row alone; undefined when the id is taken. */
  open(draft: Draft, reservation: Reservation, admittedAt: number, origin: Origin): number | undefined
}

export function createReserve(
  database: DatabaseSync,
  books: Books,
  budgets: Budgets,
  windows: Windows,
): Reserve {
  const insert = database.prepare(
    `INSERT INTO reservations (${RESERVATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (request_id) DO NOTHING`,
  )

  function open(
    draft: Draft,
    reservation: Reservation,
    admittedAt: number,
    origin: Origin,
  ): number | undefined {
    const admission = draft.admission + 1
    const cells = reservationCells(admission, reservation, admittedAt, origin)
    if (insert.run(...cells).changes === 0) return undefined
    draft.admission = admission
    draft.opened.push(admission)
    books.note(draft, `r${admission}`, cells)
    return admission
  }

  function reserve(draft: Draft, reservation: Reservation): Reserved {
    const over = budgets.over(reservation.keyId, reservation.projectId)
    if (over.length > 0) {
      const refused = windows.take(over, reservation, draft.at)
      if (refused !== undefined) return refused
    }
    if (open(draft, reservation, draft.at, 'reserved') === undefined) {
      windows.giveBack(over, reservation.reservedNanoUsd, draft.at)
      throw new GatewayError(
        'already_exists',
        `The request ${reservation.requestId} is on the ledger already.`,
      )
    }
    return { granted: true, admittedAt: draft.at }
  }

  return { reserve, open }
}
