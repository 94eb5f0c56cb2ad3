/** Three books of the same requests: the clients', the upstream's and the ledger's. */
import type { SettledRow } from '../../src/nouns/ledger.ts'
import type { BillEntry } from '../servers/billing-upstream.ts'
import type { Books } from './books.ts'
import type { Told } from './rig.ts'

export interface Comparison {
  readonly report: Books['report']
  /** Answers that a client received in full and that cost something. */
  readonly answers: number
  readonly rows: number
  readonly outcomes: Readonly<Record<string, number>>
  /** Rows whose bill was compared with the upstream's, and the sum of both. */
  readonly compared: number
  readonly billedNanoUsd: number
  readonly upstreamNanoUsd: number
  readonly open: readonly string[]
  /** What does not agree, one line each. */
  readonly faults: readonly Fault[]
}

export interface Fault {
  readonly promise: 'KIL-01' | 'KIL-02' | 'KIL-03'
  readonly requestId: string
  readonly what: string
}

export function compareBooks(books: Books, told: readonly Told[], bill: readonly BillEntry[]): Comparison {
  const answered = told.filter(({ isWhole, form }) => isWhole && form !== 'count')
  const bills = compareBills(books, bill)
  return {
    report: books.report,
    answers: answered.length,
    rows: books.rows.size,
    outcomes: countBy(
      [...books.rows.values()].map(({ outcome, usageSource }) => `${outcome}/${usageSource}`),
    ),
    ...bills,
    open: books.open,
    faults: [
      ...answered.flatMap((one) => faultOfAnswer(one, books)),
      ...books.open.map((requestId) => fault('KIL-02', requestId, 'its reservation is open')),
      ...openMoney(books),
      ...bills.faults,
    ],
  }
}

const fault = (promise: Fault['promise'], requestId: string, what: string): Fault => ({
  promise,
  requestId,
  what,
})

/** Being a primary key, an id is on the ledger once or not at all. */
function faultOfAnswer({ requestId = '', id }: Told, { rows }: Books): Fault[] {
  const row = rows.get(requestId)
  if (row === undefined)
    return [fault('KIL-01', requestId, `${id} was received in full and is not on the ledger`)]
  if (row.outcome === 'complete' && idOf(row) === id) return []
  return [
    fault(
      'KIL-01',
      requestId,
      `${id} was received in full and is on the ledger as ${row.outcome} of ${idOf(row)}`,
    ),
  ]
}

function openMoney({ windows }: Books): Fault[] {
  return windows
    .filter(({ reservedNanoUsd }) => reservedNanoUsd !== 0)
    .map(({ budgetId, reservedNanoUsd }) =>
      fault('KIL-02', budgetId, `${reservedNanoUsd} nano-USD are reserved`),
    )
}

/** The upstream puts the id into the version of its model, and the client into the tags where there is none. */
export const idOf = ({ modelVersion, tags }: SettledRow): string | undefined =>
  modelVersion?.split('/')[1] ?? tags?.id

function compareBills(
  { rows }: Books,
  bill: readonly BillEntry[],
): Pick<Comparison, 'compared' | 'billedNanoUsd' | 'upstreamNanoUsd' | 'faults'> {
  const charged = new Map(bill.filter(({ status }) => status === 200).map((entry) => [entry.id, entry]))
  const seen = new Set<string>()
  const faults: Fault[] = []
  let compared = 0
  let billedNanoUsd = 0
  let upstreamNanoUsd = 0
  for (const row of rows.values()) {
    const billed = row.billedNanoUsd + row.adjustedNanoUsd
    if (row.usageSource === 'none') {
      if (billed !== 0)
        faults.push(fault('KIL-03', row.requestId, `${row.outcome} used nothing and is billed`))
      continue
    }
    const id = idOf(row) ?? ''
    const entry = charged.get(id)
    if (entry === undefined) {
      faults.push(fault('KIL-03', row.requestId, `the upstream knows nothing of ${id}`))
      continue
    }
    if (seen.has(id)) faults.push(fault('KIL-01', row.requestId, `${id} is on the ledger twice`))
    seen.add(id)
    if (row.usageSource !== 'final') continue
    compared += 1
    billedNanoUsd += billed
    upstreamNanoUsd += entry.nanoUsd
    if (billed !== entry.nanoUsd) {
      faults.push(
        fault('KIL-03', row.requestId, `${id} is billed ${billed}, the upstream charges ${entry.nanoUsd}`),
      )
    }
  }
  return { compared, billedNanoUsd, upstreamNanoUsd, faults }
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
