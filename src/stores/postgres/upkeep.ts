/** What is done beside the requests: recovery, prices that came later, the end of old rows. */
import type { FindPrice, Repriced } from '../../nouns/ledger.ts'
import type { Price, Tier } from '../../nouns/money.ts'
import type { Database } from './database.ts'
import { CallFailure, storeUnavailable } from './failures.ts'
import { ALIVE_MS, type Link } from './link.ts'
import type { KnownPrices } from './prices.ts'
import { type QuantityColumns, quantitiesOf } from './rows.ts'
import { fromText, toText } from './text.ts'

const HOUR_MS = 3_600_000
/** Requests that are recovered or priced in one transaction; others wait for their budgets meanwhile. */
const SLICE_ROWS = 500
/** The whole ledger waits while a slice is removed. */
const PRUNE_ROWS = 250

export interface UpkeepParts {
  readonly database: Database
  readonly link: Link
  readonly prices: KnownPrices
}

/** As `judge` of the schema tells it: the row was written by this very call. */
const CLOSED = 1

export async function recover({ database, link }: UpkeepParts): Promise<number> {
  // While nobody could tell that it is alive, silence says nothing.
  const mayJudge = link.upForMs() >= ALIVE_MS
  let recovered = 0
  for (;;) {
    const [row] = await database
      .write<{ answer: { readonly verdicts: readonly number[] } | null }>(
        'SELECT wasat.recover($1, $2, $3) AS answer',
        [link.instance, mayJudge, SLICE_ROWS],
      )
      .catch(rethrow)
    const verdicts = row?.answer?.verdicts ?? []
    recovered += verdicts.filter((verdict) => verdict === CLOSED).length
    if (verdicts.length < SLICE_ROWS) return recovered
  }
}

interface UnpricedColumns extends QuantityColumns {
  readonly request_id: string
  readonly admitted_at: number
  readonly upstream: string
  readonly upstream_model: string
  readonly tier: Tier
}

/** What used something and has no price; of a late settlement its adjustment knows the use. */
const UNPRICED = `
  SELECT x.* FROM (
    SELECT r.request_id, r.admitted_at, r.upstream, r.upstream_model, r.tier, r.prompt_tokens, r.cached_tokens,
      r.candidates_tokens, r.thoughts_tokens, r.tool_use_prompt_tokens, r.total_tokens, r.details
    FROM wasat.requests r
    WHERE r.price_version IS NULL AND r.usage_source <> 'none' AND (r.admitted_at, r.request_id) > ($1, $2)
      AND r.outcome NOT IN ('refused', 'upstream_error', 'crash_recovered')
    UNION ALL
    SELECT a.request_id, a.admitted_at, a.upstream, a.upstream_model, a.tier, a.prompt_tokens, a.cached_tokens,
      a.candidates_tokens, a.thoughts_tokens, a.tool_use_prompt_tokens, a.total_tokens, a.details
    FROM wasat.adjustments a
    WHERE a.reason = 'late' AND a.price_version IS NULL AND a.usage_source <> 'none'
      AND a.outcome NOT IN ('refused', 'upstream_error') AND (a.admitted_at, a.request_id) > ($1, $2)
  ) x
  WHERE x.upstream IS NOT NULL AND x.upstream_model IS NOT NULL
    AND wasat.is_used(x.prompt_tokens, x.cached_tokens, x.candidates_tokens, x.thoughts_tokens,
      x.tool_use_prompt_tokens, x.total_tokens, x.details)
    AND NOT EXISTS (
      SELECT 1 FROM wasat.adjustments a WHERE a.request_id = x.request_id AND a.reason = 'repriced'
    )
  ORDER BY x.admitted_at, x.request_id LIMIT ${SLICE_ROWS}`

export async function reprice(parts: UpkeepParts, find: FindPrice): Promise<Repriced> {
  let place: readonly [number, string] = [-1, '']
  let requests = 0
  let billedNanoUsd = 0n
  for (;;) {
    const [at, id] = place
    const slice = await parts.database.long((session) => session.query<UnpricedColumns>(UNPRICED, [at, id]))
    const repriced = await repriceSlice(parts, slice, find)
    requests += repriced.requests
    billedNanoUsd += repriced.billedNanoUsd
    const last = slice.at(-1)
    if (last === undefined || slice.length < SLICE_ROWS) return Object.freeze({ requests, billedNanoUsd })
    place = [last.admitted_at, last.request_id]
  }
}

const NONE: Repriced = Object.freeze({ requests: 0, billedNanoUsd: 0n })

async function repriceSlice(
  { database, prices }: UpkeepParts,
  slice: readonly UnpricedColumns[],
  find: FindPrice,
): Promise<Repriced> {
  const found: Price[] = []
  const rows: object[] = []
  for (const row of slice) {
    const later = find(fromText(row.upstream), fromText(row.upstream_model), row.admitted_at)
    if (later === undefined) continue
    const cost = later.cost(quantitiesOf(row), row.tier)
    const amounts = { billed_nano_usd: cost, upstream_cost_nano_usd: cost }
    rows.push({ request_id: row.request_id, price_version: toText(later.price.version), ...amounts })
    found.push(later.price)
  }
  if (rows.length === 0) return NONE
  const news = prices.unwritten(found)
  const [row] = await database
    .write<{ answer: { requests: number; billed: string } }>('SELECT wasat.reprice($1, $2) AS answer', [
      JSON.stringify(rows),
      news.json ?? '[]',
    ])
    .catch(rethrow)
  news.written()
  return { requests: row?.answer.requests ?? 0, billedNanoUsd: BigInt(row?.answer.billed ?? 0) }
}

export async function prune({ database }: UpkeepParts, before: number): Promise<number> {
  const hour = Math.floor(Math.max(0, before) / HOUR_MS) * HOUR_MS
  let removed = 0
  for (;;) {
    const [row] = await database
      .write<{ count: number }>('SELECT wasat.prune($1, $2) AS count', [hour, PRUNE_ROWS])
      .catch(rethrow)
    const count = row?.count ?? 0
    removed += count
    if (count < PRUNE_ROWS) return removed
  }
}

function rethrow(error: unknown): never {
  throw error instanceof CallFailure ? storeUnavailable(error) : error
}

/** How long after a lost answer the call itself is surely over: the server stops it before. */
const DOUBT_MS = 3_000
/** Beyond it their leases end them. */
const DOUBTS_MAX = 10_000

/**
 * Reservations whose answer was lost, and that nobody began on: what they took is given back, once the server can be
 * asked again.
 */
export function createDoubts({ database, link }: Pick<UpkeepParts, 'database' | 'link'>) {
  let doubtful: string[] = []
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    if (timer === undefined && doubtful.length > 0) timer = setTimeout(release, DOUBT_MS).unref()
  }

  async function release(): Promise<void> {
    const ids = doubtful
    doubtful = []
    timer = undefined
    try {
      await database.write('SELECT wasat.release($1, $2)', [ids, link.instance])
    } catch {
      doubtful = [...ids, ...doubtful].slice(-DOUBTS_MAX)
    }
    schedule()
  }

  return {
    add: (requestIds: readonly string[]): void => {
      doubtful = [...doubtful, ...requestIds.map(toText)].slice(-DOUBTS_MAX)
      schedule()
    },
    close: (): void => clearTimeout(timer),
  }
}
