/** Puts together what the book has of each request: its reservation, its row, its attempts and its adjustments. */
import type { AdjustmentRow, AttemptRow, Book, ReservationRow, SettledRow } from '../../nouns/ledger.ts'
import { type Cursor, openCursor } from './cursor.ts'
import type { Findings } from './invariants.ts'

export type BookRow = SettledRow & { readonly hasReservation: boolean }
type BookAttempt = AttemptRow & { readonly requestId: string }

/** One settled request, whole. */
export interface Entry {
  readonly row: BookRow
  readonly reservation: ReservationRow | undefined
  /** Attempts that did not deliver. */
  readonly attempts: readonly BookAttempt[]
  /** In the order of their numbers. */
  readonly adjustments: readonly AdjustmentRow[]
}

export interface JoinVisitor {
  reservation(reservation: ReservationRow): void
  entry(entry: Entry): Promise<void>
}

/** Rows whose other half did not turn up that are held, in case that it stands at another time. */
const STRAYS_MAX = 10_000

/**
 * Shows each reservation and each settled request to the visitor, in the order of admission.
 * Resolves to the reservations that are open.
 * Memory: the requests of one millisecond, and the open reservations.
 */
export async function joinRequests(
  book: Book,
  findings: Findings,
  onRow: () => void,
  visitor: JoinVisitor,
): Promise<ReadonlyMap<string, ReservationRow>> {
  const reservations = await openCursor(book.reservations(), onRow)
  const requests = await openCursor(book.requests(), onRow)
  const attempts = await openCursor(book.attempts(), onRow)
  const adjustments = await openCursor(book.adjustments(), onRow)
  const halves = createHalves(findings, visitor)
  try {
    while (reservations.head !== undefined || requests.head !== undefined) {
      const at = Math.min(reservations.head?.admittedAt ?? Infinity, requests.head?.admittedAt ?? Infinity)
      const reserved = await takeGroup(reservations, at)
      const settled = await takeGroup(requests, at)
      const ids = new Set(settled.map(({ requestId }) => requestId))
      const others = await takeOf(attempts, ids)
      const changes = await takeOf(adjustments, ids)
      if (ids.size < settled.length) tellTwins(settled, findings)
      for (const reservation of reserved) halves.reserved(reservation)
      for (const row of settled)
        await halves.settled(row, others.get(row.requestId), changes.get(row.requestId))
    }
    await tellGhosts(attempts, 'an attempt belongs to no request', findings)
    await tellGhosts(adjustments, 'an adjustment belongs to no request', findings)
    return halves.end()
  } finally {
    await Promise.all([reservations, requests, attempts, adjustments].map((cursor) => cursor.close()))
  }
}

async function takeGroup<Row extends { readonly admittedAt: number }>(cursor: Cursor<Row>, at: number) {
  const group: Row[] = []
  for (let row = cursor.head; row !== undefined && row.admittedAt <= at; row = cursor.head) {
    group.push(row)
    await cursor.advance()
  }
  return group
}

async function takeOf<Row extends { readonly requestId: string }>(
  cursor: Cursor<Row>,
  ids: ReadonlySet<string>,
): Promise<Map<string, Row[]>> {
  const found = new Map<string, Row[]>()
  for (let row = cursor.head; row !== undefined && ids.has(row.requestId); row = cursor.head) {
    const known = found.get(row.requestId)
    if (known === undefined) found.set(row.requestId, [row])
    else known.push(row)
    await cursor.advance()
  }
  return found
}

function tellTwins(rows: readonly BookRow[], findings: Findings): void {
  const seen = new Set<string>()
  for (const { requestId } of rows) {
    findings.check('L9', !seen.has(requestId), requestId, 'a request is settled twice')
    seen.add(requestId)
  }
}

/** Whatever is left over when every request had its own belongs to nobody, or stands at the wrong place. */
async function tellGhosts(
  cursor: Cursor<{ readonly requestId: string }>,
  problem: string,
  findings: Findings,
): Promise<void> {
  for (let row = cursor.head; row !== undefined; row = cursor.head) {
    findings.check('L32', false, row.requestId, problem)
    await cursor.advance()
  }
}

/** Matches reservations with rows; both halves of a request normally stand at the same millisecond. */
function createHalves(findings: Findings, visitor: JoinVisitor) {
  const open = new Map<string, ReservationRow>()
  const strays = new Set<string>()
  const tellTime = (id: string) =>
    findings.check('L19', false, id, 'a reservation and its row were admitted at different times')

  function reserved(reservation: ReservationRow): void {
    const id = reservation.requestId
    visitor.reservation(reservation)
    findings.check('L9', !open.has(id), id, 'a request is reserved twice')
    if (strays.delete(id)) tellTime(id)
    else open.set(id, reservation)
  }

  async function settled(
    row: BookRow,
    attempts: BookAttempt[] = [],
    adjustments: AdjustmentRow[] = [],
  ): Promise<void> {
    const id = row.requestId
    const reservation = open.get(id)
    open.delete(id)
    if (reservation !== undefined && reservation.admittedAt !== row.admittedAt) tellTime(id)
    if (reservation === undefined && row.hasReservation) stray(id)
    findings.check('L7', reservation === undefined || row.hasReservation, id, 'an old row has a reservation')
    adjustments.sort((a, b) => a.number - b.number)
    await visitor.entry({ row, reservation, attempts, adjustments })
  }

  function stray(id: string): void {
    findings.check('L9', !strays.has(id), id, 'a request is settled twice')
    if (strays.size < STRAYS_MAX) strays.add(id)
    else findings.check('L7', false, id, 'a row has no reservation')
  }

  function end(): ReadonlyMap<string, ReservationRow> {
    for (const id of strays)
      findings.check('L7', false, id, 'a row has no reservation, or it is settled twice')
    return open
  }

  return { reserved, settled, end }
}
