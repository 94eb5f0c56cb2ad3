/** Everything as it stands at one moment: a snapshot on a connection of its own, read through cursors. */
import type {
  AdjustmentRow,
  AttemptRow,
  Book,
  BookEvent,
  BudgetWindowRow,
  HourRow,
  ReservationRow,
  SettledRow,
} from '../../nouns/ledger.ts'
import { MEASURES } from '../measures.ts'
import type { Migration } from '../migration-files.ts'
import { type BudgetColumns, toBudgetRecord } from './budget-rows.ts'
import type { Database, Session } from './database.ts'
import { toMeasures } from './report.ts'
import {
  ADJUSTED,
  type QuantityColumns,
  quantitiesOf,
  type RequestColumns,
  tagsOf,
  toSettledRow,
} from './rows.ts'
import { checkSoundness } from './soundness.ts'
import { fromOptionalText, fromText } from './text.ts'

const SLICE_ROWS = 2_000
/** Whoever reads the book may think between two slices. */
const IDLE_TIMEOUT_MS = 10 * 60_000

type Read = <Row, Result>(text: string, map: (row: Row) => Result) => AsyncIterable<Result>

/** Throws `store_unavailable`. The snapshot holds a connection until the book is closed. */
export async function openBook(database: Database, migrations: readonly Migration[]): Promise<Book> {
  const closed = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<Book>()
  const held = database.long(async (session) => {
    opened.resolve(await createBook(session, migrations, closed.resolve))
    await closed.promise
  })
  // After the book is open, what fails is told by whatever is read from it.
  held.catch(opened.reject)
  const book = await opened.promise
  return Object.freeze({
    ...book,
    close: async () => {
      await book.close()
      await held.catch(() => undefined)
    },
  })
}

async function createBook(
  session: Session,
  migrations: readonly Migration[],
  close: () => void,
): Promise<Book> {
  await session.query(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`)
  const [state] = await session.query<{ at: number; pruned_before: number }>(
    'SELECT wasat.now_ms() AS at, pruned_before FROM wasat.ledger_state',
  )
  const read = createReader(session)
  return {
    at: state?.at ?? 0,
    prunedBefore: state?.pruned_before ?? 0,
    events: () => read(EVENTS, toEvent),
    reservations: () => read(RESERVATIONS, toReservationRow),
    requests: () => read(REQUESTS, toRequest),
    attempts: () => read(ATTEMPTS, toAttempt),
    adjustments: () => read(ADJUSTMENTS, toAdjustment),
    budgets: () => read('SELECT * FROM wasat.budgets ORDER BY created_at, id', toBudgetRecord),
    windows: () => read(WINDOWS, toWindow),
    hours: () => read(HOURS, toHour),
    prices: () =>
      read('SELECT * FROM wasat.prices ORDER BY version', (row: { version: string; document: string }) => ({
        version: fromText(row.version),
        document: fromText(row.document),
      })),
    soundness: () => checkSoundness(session, migrations),
    close: async () => close(),
  }
}

/** A cursor for each reading: a list may be read more than once, and several of them by turns. */
function createReader(session: Session): Read {
  let cursors = 0

  async function* slices<Row, Result>(text: string, map: (row: Row) => Result): AsyncGenerator<Result> {
    const name = `book_${++cursors}`
    await session.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`)
    try {
      for (;;) {
        const rows = await session.query<Row>(`FETCH ${SLICE_ROWS} FROM ${name}`)
        for (const row of rows) yield map(row)
        if (rows.length < SLICE_ROWS) return
      }
    } finally {
      await session.query(`CLOSE ${name}`)
    }
  }

  return (text, map) => ({ [Symbol.asyncIterator]: () => slices(text, map) })
}

const EVENTS = `
  SELECT sequence, 'reserve' AS kind, request_id, NULL::BIGINT AS number, NULL::JSON AS budget FROM wasat.reservations
  UNION ALL SELECT sequence, 'settle', request_id, NULL, NULL FROM wasat.requests WHERE has_reservation
  UNION ALL SELECT sequence, 'adjust', request_id, number, NULL FROM wasat.adjustments
  UNION ALL SELECT sequence, CASE WHEN is_deleted THEN 'deleted' ELSE 'budget' END, NULL, NULL, json_build_object(
      'id', budget_id, 'scope', scope, 'scope_id', scope_id, 'period', period, 'limit_nano_usd', limit_nano_usd,
      'hard_stop', hard_stop, 'alert_percent', alert_percent, 'created_at', created_at, 'updated_at', updated_at)
    FROM wasat.budget_history
  ORDER BY sequence`

interface EventColumns {
  readonly kind: 'reserve' | 'settle' | 'adjust' | 'budget' | 'deleted'
  readonly request_id: string
  readonly number: number
  readonly budget: BudgetColumns
}

function toEvent({ kind, request_id, number, budget }: EventColumns): BookEvent {
  if (kind === 'budget' || kind === 'deleted') {
    return { kind: 'budget', budget: toBudgetRecord(budget), isDeleted: kind === 'deleted' }
  }
  const requestId = fromText(request_id)
  return kind === 'adjust' ? { kind, requestId, number } : { kind, requestId }
}

const RESERVATIONS = 'SELECT * FROM wasat.reservations ORDER BY admitted_at, request_id'

interface ReservationColumns {
  readonly request_id: string
  readonly key_id: string
  readonly project_id: string | null
  readonly verb: string
  readonly model: string
  readonly tags: string
  readonly reserved_nano_usd: number
  readonly is_priced: boolean
  readonly admitted_at: number
  readonly lease_until: number
}

function toReservationRow(row: ReservationColumns): ReservationRow {
  return Object.freeze({
    requestId: fromText(row.request_id),
    keyId: fromText(row.key_id),
    projectId: fromOptionalText(row.project_id),
    verb: fromText(row.verb),
    model: fromText(row.model),
    tags: tagsOf(row.tags),
    reservedNanoUsd: row.reserved_nano_usd,
    isPriced: row.is_priced,
    admittedAt: row.admitted_at,
    leaseUntil: row.lease_until,
  })
}

const REQUESTS = `SELECT r.*, ${ADJUSTED} FROM wasat.requests r ORDER BY r.admitted_at, r.request_id`

function toRequest(row: RequestColumns): SettledRow & { readonly hasReservation: boolean } {
  return { ...toSettledRow(row), hasReservation: row.has_reservation }
}

const ATTEMPTS = 'SELECT * FROM wasat.other_attempts ORDER BY admitted_at, request_id, number'

interface AttemptColumns {
  readonly request_id: string
  readonly number: number
  readonly upstream: string
  readonly upstream_model: string
  readonly status: number | null
  readonly reason: string
  readonly exposure_nano_usd: number
  readonly duration_ms: number
}

function toAttempt(row: AttemptColumns): AttemptRow & { readonly requestId: string } {
  return {
    requestId: fromText(row.request_id),
    number: row.number,
    upstream: fromText(row.upstream),
    upstreamModel: fromText(row.upstream_model),
    status: row.status ?? undefined,
    reason: fromText(row.reason),
    exposureNanoUsd: row.exposure_nano_usd,
    durationMs: row.duration_ms,
  }
}

const ADJUSTMENTS = 'SELECT * FROM wasat.adjustments ORDER BY admitted_at, request_id, number'

interface AdjustmentColumns {
  readonly request_id: string
  readonly number: number
  readonly reason: AdjustmentRow['reason']
  readonly billed_nano_usd: number
  readonly upstream_cost_nano_usd: number
  readonly price_version: string | null
  readonly total_tokens: number | null
  readonly created_at: number
}

function toAdjustment(row: AdjustmentColumns): AdjustmentRow {
  // Of one row either all of the counts are set, or none.
  const hasQuantities = row.total_tokens !== null
  return {
    requestId: fromText(row.request_id),
    number: row.number,
    reason: row.reason,
    billedNanoUsd: row.billed_nano_usd,
    upstreamCostNanoUsd: row.upstream_cost_nano_usd,
    priceVersion: fromOptionalText(row.price_version),
    quantities: hasQuantities ? quantitiesOf(row as unknown as QuantityColumns) : undefined,
    createdAt: row.created_at,
  }
}

const WINDOWS = 'SELECT * FROM wasat.budget_windows ORDER BY budget_id, window_start'

interface WindowColumns {
  readonly budget_id: string
  readonly window_start: number
  readonly spent_nano_usd: number
  readonly reserved_nano_usd: number
}

function toWindow(row: WindowColumns): BudgetWindowRow {
  return {
    budgetId: fromText(row.budget_id),
    windowStart: row.window_start,
    spentNanoUsd: row.spent_nano_usd,
    reservedNanoUsd: row.reserved_nano_usd,
  }
}

const HOURS = `
  SELECT h.hour, h.key_id, h.project_id, h.model, h.upstream, h.tags,
    ${Object.entries(MEASURES)
      .map(([name, column]) => `h.${column}::TEXT AS "${name}"`)
      .join(', ')}
  FROM wasat.usage_hours h ORDER BY h.hour`

interface HourColumns extends Readonly<Record<string, unknown>> {
  readonly hour: number
  readonly key_id: string
  readonly project_id: string
  readonly model: string
  readonly upstream: string
  readonly tags: string
}

function toHour(row: HourColumns): HourRow {
  const tags = tagsOf(row.tags)
  return {
    hour: row.hour,
    keyId: fromText(row.key_id),
    projectId: fromText(row.project_id),
    model: fromText(row.model),
    upstream: fromText(row.upstream),
    tags: tags === undefined ? '' : JSON.stringify(tags),
    ...toMeasures(row),
  }
}
