/**
 * The checker of the books: recomputes from the rows whatever a store says of them, by the numbers of the invariants
 * in the fault catalogue. It reads any store's `Book` as streams; what it keeps in memory are open reservations,
 * windows of budgets, the groups of one hour, and the late changes under budgets.
 */
import type { BudgetRecord } from '../../nouns/directory.ts'
import type { Book, BudgetWindowRow, ReservationRow } from '../../nouns/ledger.ts'
import { type CostOf, checkPrices, createCostCheck } from './cost.ts'
import { openCursor, ROWS_AHEAD_MAX } from './cursor.ts'
import { createHourCheck } from './hours.ts'
import { type AuditReport, createFindings, type Findings } from './invariants.ts'
import { type Entry, joinRequests } from './join.ts'
import { adjustmentKey, type PlacedAdjustment, replay } from './replay.ts'
import { checkRequest } from './requests.ts'
import { createWindowCheck, type WindowCheck } from './windows.ts'

export type { CostOf } from './cost.ts'
export type { AuditReport, Invariant, InvariantState } from './invariants.ts'

/** Recovery runs every few seconds; a lease that ended this long ago was overlooked. */
const LEASE_GRACE_MS = 60_000
/** Adjustments that are kept for the replay: some 200 bytes each. */
const ADJUSTMENTS_MAX = 1_000_000
const PROGRESS_ROWS = 10_000

export interface AuditOptions {
  readonly costOf: CostOf
  /** Rows read so far, every 10,000 of them; a row is read two or three times. */
  readonly onProgress?: (rows: number) => void
  /** For tests: rows that may be read ahead of the one that is looked for. */
  readonly rowsAheadMax?: number
}

/** Checks the whole book. Rejects only when it cannot be read; the book stays open. */
export async function audit(book: Book, options: AuditOptions): Promise<AuditReport> {
  const findings = createFindings()
  const onRow = countRows(options.onProgress)
  const prices = await readPrices(book)
  checkPrices(prices, findings)
  const budgets: BudgetRecord[] = await Array.fromAsync(book.budgets())
  const stored: BudgetWindowRow[] = await Array.fromAsync(book.windows())
  const windows = createWindowCheck(budgets, stored, book.prunedBefore, findings)
  const adjustments = createAdjustments()
  const open = await checkRows(book, {
    ...{ findings, windows, adjustments, onRow },
    checkCost: createCostCheck(prices, options.costOf, findings),
  })
  windows.end(open.values())
  checkLeases(open, book.at, findings)
  const rowsAheadMax = options.rowsAheadMax ?? ROWS_AHEAD_MAX
  if (adjustments.kept === undefined) {
    findings.skip('L4', `there are more than ${ADJUSTMENTS_MAX} adjustments: it cannot be replayed`)
    findings.skip('L5', 'as L4')
  } else await replay({ book, findings, windows, adjustments: adjustments.kept, open, rowsAheadMax, onRow })
  await checkSoundness(book, findings)
  return findings.report()
}

interface RowChecks {
  readonly findings: Findings
  readonly windows: WindowCheck
  readonly adjustments: Adjustments
  readonly checkCost: (entry: Entry) => void
  readonly onRow: () => void
}

/** One pass over all rows in the order of admission. Resolves to the open reservations. */
async function checkRows(book: Book, checks: RowChecks): Promise<ReadonlyMap<string, ReservationRow>> {
  const { findings, windows, adjustments, checkCost, onRow } = checks
  const stored = await openCursor(book.hours(), onRow)
  const hours = createHourCheck(stored, book.prunedBefore, findings, windows.prunedHour)
  let flagged = 0
  const flag = () => {
    flagged++
  }
  try {
    const open = await joinRequests(book, findings, onRow, {
      reservation: windows.reservation,
      entry: async (entry) => {
        checkRequest(entry, findings, flag)
        checkCost(entry)
        windows.entry(entry)
        adjustments.keep(entry)
        await hours.entry(entry)
      },
    })
    await hours.end()
    if (flagged > 0) findings.note('L21', `flagged: ${flagged} totals are not the sum of their parts`)
    return open
  } finally {
    await stored.close()
  }
}

interface Adjustments {
  readonly kept: ReadonlyMap<string, PlacedAdjustment> | undefined
  keep(entry: Entry): void
}

function createAdjustments(): Adjustments {
  let kept: Map<string, PlacedAdjustment> | undefined = new Map()
  return {
    get kept() {
      return kept
    },
    keep: ({ row: { keyId, projectId, admittedAt }, adjustments }) => {
      for (const adjustment of adjustments) {
        const { billedNanoUsd } = adjustment
        kept?.set(adjustmentKey(adjustment), { keyId, projectId, admittedAt, billedNanoUsd })
      }
      if (kept !== undefined && kept.size > ADJUSTMENTS_MAX) kept = undefined
    },
  }
}

function checkLeases(open: ReadonlyMap<string, ReservationRow>, at: number, findings: Findings): void {
  for (const { requestId, leaseUntil } of open.values()) {
    const isHeld = leaseUntil + LEASE_GRACE_MS >= at
    const problem = 'a reservation is open after its lease; a gateway that starts on these books closes it'
    findings.check('L8', isHeld, requestId, problem)
  }
  if (open.size > 0) findings.note('L8', `${open.size} requests are under way`)
}

async function checkSoundness(book: Book, findings: Findings): Promise<void> {
  for (const { name, ok, detail } of await book.soundness())
    findings.check('L27', ok, name, `${name}: ${detail}`)
}

async function readPrices(book: Book): Promise<Map<string, string>> {
  const prices = new Map<string, string>()
  for await (const { version, document } of book.prices()) prices.set(version, document)
  return prices
}

function countRows(onProgress: AuditOptions['onProgress']): () => void {
  let rows = 0
  return () => {
    rows++
    if (rows % PROGRESS_ROWS === 0) onProgress?.(rows)
  }
}
