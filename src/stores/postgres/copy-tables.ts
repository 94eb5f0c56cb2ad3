/** What is copied, in this order: each table with the rows of the source in our columns. */
import type { AdjustmentRow, BookEvent, HourRow, ReservationRow, Tags } from '../../nouns/ledger.ts'
import { MEASURES } from '../measures.ts'
import { budgetCells } from './budget-rows.ts'
import type { CopySource, LateFact } from './copy-source.ts'
import { keyCells, projectCells } from './people-rows.ts'
import { attemptCells, quantityCells, requestCells, tagsText } from './rows.ts'
import { toOptionalText, toText } from './text.ts'

export interface CopiedRow {
  /** Values by column, ready for JSON. */
  readonly cells: object
  /** What it adds to the sum that is compared in the end. */
  readonly amount: bigint
}

export interface CopiedTable {
  readonly name: string
  /** The table that takes the rows. */
  readonly into: string
  /** Run before and after the rows. */
  readonly prepare?: string
  readonly finish?: string
  /** Tells the `rows` and the `sum` that are there afterwards; without it there is nothing to compare. */
  readonly found?: string
  rows(): AsyncIterable<CopiedRow>
}

export function copiedTables(source: CopySource): readonly CopiedTable[] {
  return [...directoryTables(source), ...eventTables(source), ...bookTables(source)]
}

const found = (table: string, amount = '0'): string =>
  `SELECT count(*) AS rows, coalesce(sum(${amount}), 0)::TEXT AS sum FROM wasat.${table}`

/** A table whose rows are taken as they come. */
function plain<Row>(
  name: string,
  list: () => Iterable<Row> | AsyncIterable<Row> | Promise<Iterable<Row>>,
  cellsOf: (row: Row) => object,
  amountOf: (row: Row) => bigint = () => 0n,
  amount?: string,
): CopiedTable {
  return {
    name,
    into: `wasat.${name}`,
    found: found(name, amount),
    async *rows() {
      for await (const row of await list()) yield { cells: cellsOf(row), amount: amountOf(row) }
    },
  }
}

function directoryTables({ directory, settings, book, alerts }: CopySource): CopiedTable[] {
  return [
    plain('settings', settings, ({ name, value }) => ({ name: toText(name), value: toText(value) })),
    plain('projects', directory.listProjects, projectCells),
    plain('keys', directory.listKeys, keyCells),
    plain('budgets', book.budgets, budgetCells, ({ limitNanoUsd }) => BigInt(limitNanoUsd), 'limit_nano_usd'),
    plain(
      'budget_windows',
      book.windows,
      (row) => ({
        budget_id: toText(row.budgetId),
        window_start: row.windowStart,
        spent_nano_usd: row.spentNanoUsd,
        reserved_nano_usd: row.reservedNanoUsd,
      }),
      (row) => BigInt(row.spentNanoUsd) + BigInt(row.reservedNanoUsd),
      'spent_nano_usd + reserved_nano_usd',
    ),
    plain(
      'budget_alerts',
      alerts,
      (row) => ({
        budget_id: toText(row.budgetId),
        window_start: row.windowStart,
        spent_nano_usd: row.spentNanoUsd,
        created_at: row.createdAt,
      }),
      (row) => BigInt(row.spentNanoUsd),
      'spent_nano_usd',
    ),
    plain('prices', book.prices, ({ version, document }) => ({
      version: toText(version),
      document: toText(document),
      created_at: book.at,
    })),
  ]
}

/** The order of all that happened is kept beside the rows until they are there, too. */
function eventTables({ book }: CopySource): CopiedTable[] {
  return [
    {
      name: 'events',
      into: 'pg_temp.copied_events',
      prepare: `
        CREATE TEMP TABLE copied_events (
          sequence BIGINT, kind TEXT COLLATE "C", request_id TEXT COLLATE "C", number BIGINT, budget JSON
        ) ON COMMIT DROP`,
      finish: `
        CREATE INDEX ON pg_temp.copied_events (kind, request_id, number);
        ANALYZE pg_temp.copied_events;
        INSERT INTO wasat.budget_history
          SELECT e.sequence, b.*, e.kind = 'deleted'
          FROM pg_temp.copied_events e
            CROSS JOIN LATERAL json_populate_record(NULL::wasat.budgets, e.budget) b
          WHERE e.budget IS NOT NULL;
        SELECT setval('wasat.event_sequence', coalesce((SELECT max(sequence) FROM pg_temp.copied_events), 1))`,
      async *rows() {
        let sequence = 0
        for await (const event of book.events()) yield { cells: eventCells(event, ++sequence), amount: 0n }
      },
    },
  ]
}

function eventCells(event: BookEvent, sequence: number): object {
  if (event.kind === 'budget') {
    return { sequence, kind: event.isDeleted ? 'deleted' : 'budget', budget: budgetCells(event.budget) }
  }
  const number = event.kind === 'adjust' ? event.number : 0
  return { sequence, kind: event.kind, request_id: toText(event.requestId), number }
}

/** Rows that wait for their place in the order of events; those of a release that had none come before all others. */
function staged(
  name: string,
  kind: string,
  number: string,
): Pick<CopiedTable, 'into' | 'prepare' | 'finish'> {
  const into = `pg_temp.copied_${name}`
  return {
    into,
    prepare: `
      CREATE TEMP TABLE copied_${name} (LIKE wasat.${name}) ON COMMIT DROP;
      ALTER TABLE ${into} ALTER COLUMN sequence DROP NOT NULL`,
    finish: `
      UPDATE ${into} t SET sequence = e.sequence FROM pg_temp.copied_events e
        WHERE e.kind = '${kind}' AND e.request_id = t.request_id AND e.number = ${number};
      UPDATE ${into} t SET sequence = -o.place FROM (
        SELECT request_id, row_number() OVER (ORDER BY admitted_at DESC, request_id DESC) AS place
        FROM ${into} WHERE sequence IS NULL
      ) o WHERE o.request_id = t.request_id AND t.sequence IS NULL;
      INSERT INTO wasat.${name} SELECT * FROM ${into} ORDER BY sequence`,
  }
}

function bookTables({ book, late }: CopySource): CopiedTable[] {
  return [
    reservationTable(book.reservations),
    {
      ...plain(
        'requests',
        book.requests,
        (row) => ({ ...requestCells(row, row.priceVersion), has_reservation: row.hasReservation }),
        (row) => BigInt(row.billedNanoUsd) + BigInt(row.upstreamCostNanoUsd) + BigInt(row.totalTokens),
        'billed_nano_usd::NUMERIC + upstream_cost_nano_usd + total_tokens',
      ),
      ...staged('requests', 'settle', '0'),
    },
    openTable(),
    attemptTable(book.attempts),
    adjustmentTable(book.adjustments, late),
    hourTable(book.hours),
    stateTable(book.prunedBefore),
  ]
}

function reservationTable(list: () => AsyncIterable<ReservationRow>): CopiedTable {
  const cellsOf = (row: ReservationRow) => ({
    request_id: toText(row.requestId),
    key_id: toText(row.keyId),
    project_id: toOptionalText(row.projectId),
    verb: toText(row.verb),
    model: toText(row.model),
    tags: tagsText(row.tags),
    reserved_nano_usd: row.reservedNanoUsd,
    is_priced: row.isPriced,
    admitted_at: row.admittedAt,
    lease_until: row.leaseUntil,
  })
  const amountOf = (row: ReservationRow) => BigInt(row.reservedNanoUsd)
  const table = plain('reservations', list, cellsOf, amountOf, 'reserved_nano_usd')
  return { ...table, ...staged('reservations', 'reserve', '0') }
}

/** What is open belongs to no process here: the first recovery closes it. */
function openTable(): CopiedTable {
  return {
    name: 'open_reservations',
    into: 'wasat.open_reservations',
    finish: `
      INSERT INTO wasat.open_reservations
        SELECT r.request_id, r.key_id, r.project_id, r.admitted_at, r.reserved_nano_usd, r.lease_until, 'copied'
        FROM wasat.reservations r
        WHERE NOT EXISTS (SELECT 1 FROM wasat.requests q WHERE q.request_id = r.request_id)`,
    async *rows() {},
  }
}

/** Attempts and adjustments stand by the time of their request, which is written already. */
function dated(name: string): Pick<CopiedTable, 'into' | 'prepare' | 'finish'> {
  const into = `pg_temp.copied_${name}`
  return {
    into,
    prepare: `
      CREATE TEMP TABLE copied_${name} (LIKE wasat.${name}) ON COMMIT DROP;
      ALTER TABLE ${into} ALTER COLUMN admitted_at DROP NOT NULL`,
    finish: `
      UPDATE ${into} t SET admitted_at = r.admitted_at FROM wasat.requests r WHERE r.request_id = t.request_id;
      INSERT INTO wasat.${name} SELECT * FROM ${into}`,
  }
}

function attemptTable(list: CopySource['book']['attempts']): CopiedTable {
  return {
    ...plain(
      'other_attempts',
      list,
      (row) => ({ ...attemptCells(row), request_id: toText(row.requestId) }),
      (row) => BigInt(row.exposureNanoUsd),
      'exposure_nano_usd',
    ),
    ...dated('other_attempts'),
  }
}

function adjustmentTable(list: () => AsyncIterable<AdjustmentRow>, late: CopySource['late']): CopiedTable {
  const facts = new Map<string, LateFact>()
  const cellsOf = (row: AdjustmentRow) => {
    const fact = row.reason === 'late' ? facts.get(`${row.number} ${row.requestId}`) : undefined
    return {
      request_id: toText(row.requestId),
      number: row.number,
      reason: row.reason,
      billed_nano_usd: row.billedNanoUsd,
      upstream_cost_nano_usd: row.upstreamCostNanoUsd,
      price_version: toOptionalText(row.priceVersion),
      ...(row.quantities && quantityCells(row.quantities)),
      ...(fact && lateCells(fact)),
      created_at: row.createdAt,
    }
  }
  const table = plain(
    'adjustments',
    () => {
      for (const fact of late()) facts.set(`${fact.number} ${fact.requestId}`, fact)
      return list()
    },
    cellsOf,
    (row) => BigInt(row.billedNanoUsd) + BigInt(row.upstreamCostNanoUsd),
    'billed_nano_usd::NUMERIC + upstream_cost_nano_usd',
  )
  const { into, prepare = '', finish } = staged('adjustments', 'adjust', 't.number')
  const date = `UPDATE ${into} t SET admitted_at = r.admitted_at FROM wasat.requests r WHERE r.request_id = t.request_id`
  return {
    ...table,
    into,
    prepare: `${prepare}; ALTER TABLE ${into} ALTER COLUMN admitted_at DROP NOT NULL`,
    finish: `${date}; ${finish}`,
  }
}

function lateCells(fact: LateFact): object {
  return {
    upstream: toOptionalText(fact.upstream),
    upstream_model: toOptionalText(fact.upstreamModel),
    tier: fact.tier,
    outcome: fact.outcome,
    usage_source: fact.usageSource,
    settled_at: fact.settledAt,
  }
}

/** Sums that the source keeps apart, and we do not, become one. */
function hourTable(list: () => AsyncIterable<HourRow>): CopiedTable {
  const columns = Object.values(MEASURES)
  const names = 'key_id, project_id, model, upstream, tags'
  const cellsOf = (row: HourRow) => ({
    hour: row.hour,
    key_id: toText(row.keyId),
    project_id: toText(row.projectId),
    model: toText(row.model),
    upstream: toText(row.upstream),
    tags: row.tags === '' ? '' : tagsText(JSON.parse(row.tags) as Tags),
    ...Object.fromEntries(
      Object.entries(MEASURES).map(([name, column]) => [column, String(row[name as keyof typeof MEASURES])]),
    ),
  })
  const amountOf = (row: HourRow) =>
    Object.keys(MEASURES).reduce((sum, name) => sum + row[name as keyof typeof MEASURES], 0n)
  const into = 'pg_temp.copied_usage_hours'
  const table = plain('usage_hours', list, cellsOf, amountOf)
  return {
    ...table,
    into,
    prepare: `
      CREATE TEMP TABLE copied_usage_hours (LIKE wasat.usage_hours) ON COMMIT DROP;
      ALTER TABLE ${into} ALTER COLUMN id DROP NOT NULL`,
    finish: `
      INSERT INTO wasat.usage_hours (hour, id, ${names}, ${columns.join(', ')})
        SELECT hour, wasat.hour_id(${names}), ${names}, ${columns.map((column) => `sum(${column})`).join(', ')}
        FROM ${into} GROUP BY hour, ${names}`,
    found: `
      SELECT (SELECT count(*) FROM ${into}) AS rows, coalesce(sum(${columns.join(' + ')}), 0)::TEXT AS sum
      FROM wasat.usage_hours`,
  }
}

function stateTable(prunedBefore: number): CopiedTable {
  return {
    name: 'ledger_state',
    into: 'wasat.ledger_state',
    finish: `UPDATE wasat.ledger_state SET pruned_before = ${prunedBefore}`,
    async *rows() {},
  }
}
