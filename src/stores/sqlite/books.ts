/** What every commit to the books shares: numbers for new rows, the sums that it changes, and its seal. */
import type { DatabaseSync } from 'node:sqlite'
import type { Price } from '../../nouns/money.ts'
import type { Cells } from './cells.ts'
import { createOpenAdmissions, type OpenAdmissions } from './open-admissions.ts'
import { createRollups, type Groups, type Rollups } from './rollups.ts'
import { digestOf, sealedLine } from './seal.ts'

/** One commit while it is being written; thrown away when it fails. */
export interface Draft {
  /** The ledger's clock at this commit, milliseconds since the epoch. */
  readonly at: number
  /** The sequence that it will have in the chain. */
  readonly sequence: number
  /** The last admission that was given. */
  admission: number
  /** Admissions that this commit opens, and those that it closes. */
  readonly opened: number[]
  readonly closed: number[]
  readonly groups: Groups
  events: string
  lines: string
  /** What follows in memory once it is durable. */
  readonly after: (() => void)[]
}

export interface Books {
  readonly rollups: Rollups
  begin(at: number): Draft
  /** Notes a row that was written; `event` is the word for it in `commits.events`. */
  note(draft: Draft, event: string, cells: Cells): void
  /** Adds a row to the seal that hangs on the event before it, such as an attempt on its request. */
  alongside(draft: Draft, cells: Cells): void
  /** Puts a price on the books, once. */
  keepPrice(draft: Draft, price: Price): void
  /** The last write of the transaction. */
  seal(draft: Draft): void
  /** The transaction is durable. */
  accept(draft: Draft): void
  /** The first admission of this process. */
  readonly firstAdmission: number
  /** No admission below it is open. */
  openFrom(): number
  /** Nothing from before this process is open any more. */
  recovered(): void
}

/** Prices that are remembered as written; beyond it they are written again, which changes nothing. */
const PRICES_KNOWN_MAX = 10_000

export function createBooks(database: DatabaseSync): Books {
  const insertCommit = database.prepare(
    'INSERT INTO commits (sequence, committed_at, events, open_from, digest) VALUES (?, ?, ?, ?, ?)',
  )
  const insertPrice = database.prepare(
    'INSERT INTO prices (version, document) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const rollups = createRollups(database)
  const knownPrices = new Set<string>()
  let { sequence, digest, openFrom } = lastCommit(database)
  let admission = lastAdmission(database)
  const firstAdmission = admission + 1
  const open: OpenAdmissions = createOpenAdmissions(firstAdmission)
  let isRecovered = false
  let nextDigest = digest

  const lowestOpen = (): number => (isRecovered ? open.lowest() : Math.min(openFrom, firstAdmission))

  function keepPrice(draft: Draft, price: Price): void {
    if (knownPrices.has(price.version)) return
    insertPrice.run(price.version, price.document)
    draft.after.push(() => {
      if (knownPrices.size >= PRICES_KNOWN_MAX) knownPrices.clear()
      knownPrices.add(price.version)
    })
  }

  function seal(draft: Draft): void {
    if (draft.groups.size > 0) rollups.flush(draft.groups)
    if (draft.events === '') return
    const events = draft.events.slice(1)
    const commit = { sequence: draft.sequence, committedAt: draft.at, events, openFrom: lowestOpen() }
    nextDigest = digestOf(digest, commit, draft.lines)
    insertCommit.run(commit.sequence, commit.committedAt, events, commit.openFrom, nextDigest)
  }

  function accept(draft: Draft): void {
    if (draft.events !== '') {
      sequence = draft.sequence
      digest = nextDigest
      admission = draft.admission
      for (const opened of draft.opened) open.open(opened)
      for (const closed of draft.closed) open.close(closed)
    }
    for (const follow of draft.after) follow()
  }

  return {
    rollups,
    firstAdmission,
    begin: (at) => ({
      at,
      sequence: sequence + 1,
      admission,
      opened: [],
      closed: [],
      groups: new Map(),
      events: '',
      lines: '',
      after: [],
    }),
    note(draft, event, cells) {
      draft.events += ` ${event}`
      draft.lines += sealedLine(cells)
    },
    alongside(draft, cells) {
      draft.lines += sealedLine(cells)
    },
    keepPrice,
    seal,
    accept,
    openFrom: lowestOpen,
    recovered() {
      isRecovered = true
    },
  }
}

function lastCommit(database: DatabaseSync): { sequence: number; digest: string; openFrom: number } {
  const last = database
    .prepare('SELECT sequence, digest, open_from AS openFrom FROM commits ORDER BY sequence DESC LIMIT 1')
    .get()
  if (last !== undefined) return last as { sequence: number; digest: string; openFrom: number }
  const anchor = database.prepare('SELECT anchor_sequence, anchor_digest FROM ledger_state').get()
  const { anchor_sequence, anchor_digest } = anchor as { anchor_sequence: number; anchor_digest: string }
  return { sequence: anchor_sequence, digest: anchor_digest, openFrom: 0 }
}

/** Also what was removed was once the highest: a number is never given twice. */
function lastAdmission(database: DatabaseSync): number {
  const last = database
    .prepare(
      `SELECT max(coalesce((SELECT max(admission) FROM reservations), 0),
         (SELECT pruned_admission FROM ledger_state)) AS admission`,
    )
    .get()
  return (last as { admission: number }).admission
}
