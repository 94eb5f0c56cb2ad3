import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { FindPrice, Repriced, SettledRow } from '../../nouns/ledger.ts'
import type { Quantities, Tier } from '../../nouns/money.ts'
import type { Adjust, Adjusted } from './adjust.ts'
import type { Draft } from './books.ts'
import { type Cell, type LateDocument, quantitiesOf, REQUEST_COLUMNS, toSettledRow } from './cells.ts'
import { prepareCells } from './slices.ts'
import type { Run } from './writer.ts'

/** Rows that are looked at in one commit. */
const SLICE_ROWS = 200

/** A use that has no price yet: of a request, or of its late settlement. */
interface Unpriced {
  readonly admission: number
  readonly row: Adjusted
  readonly upstream: string
  readonly upstreamModel: string
  readonly quantities: Quantities
  readonly tier: Tier
}

/** The words of the partial index, so that it is used. */
const UNPRICED = `price_version IS NULL AND (prompt_tokens + cached_tokens + candidates_tokens + thoughts_tokens
  + tool_use_prompt_tokens + total_tokens > 0 OR details IS NOT NULL)`

const REQUESTS = `
  SELECT ${REQUEST_COLUMNS} FROM requests
  WHERE ${UNPRICED} AND usage_source <> 'none' AND upstream IS NOT NULL AND upstream_model IS NOT NULL
    AND admitted_at >= (SELECT pruned_before FROM ledger_state)
    AND NOT EXISTS (SELECT 1 FROM adjustments WHERE adjustments.admission = requests.admission AND reason = 'repriced')
    AND admission > ? ORDER BY admission LIMIT ${SLICE_ROWS}`

const LATE = `
  SELECT late.admission, late.document FROM adjustments AS late
  WHERE late.reason = 'late' AND late.price_version IS NULL
    AND json_extract(late.document, '$.usageSource') <> 'none' AND json_extract(late.document, '$.totalTokens') > 0
    AND json_extract(late.document, '$.upstream') IS NOT NULL
    AND json_extract(late.document, '$.upstreamModel') IS NOT NULL
    AND NOT EXISTS (
      SELECT 1 FROM adjustments AS later WHERE later.admission = late.admission AND later.reason = 'repriced')
    AND late.admission > ? ORDER BY late.admission LIMIT ${SLICE_ROWS}`

/** Writes an adjustment for each use whose price is known by now; the second time there is nothing left to do. */
export function createReprice(
  database: DatabaseSync,
  adjust: Adjust,
  run: Run,
): (find: FindPrice) => Promise<Repriced> {
  const requests = prepareCells(database, REQUESTS)
  const late = prepareCells(database, LATE)
  const request = prepareCells(database, `SELECT ${REQUEST_COLUMNS} FROM requests WHERE admission = ?`)

  const ofRequest = (cells: Cell[]): Unpriced => useOf(cells[0] as number, cells, toSettledRow(cells, 0))
  function ofLate([admission, document]: Cell[]): Unpriced {
    const cells = request.get(admission as number) as unknown as Cell[]
    return useOf(admission as number, cells, JSON.parse(document as string) as LateDocument)
  }

  function price(draft: Draft, use: Unpriced, find: FindPrice): number | undefined {
    const found = find(use.upstream, use.upstreamModel, use.row.admittedAt)
    if (found === undefined) return undefined
    const cost = found.cost(use.quantities, use.tier)
    if (!Number.isSafeInteger(cost) || cost < 0) throw notAnAmount(use, cost)
    adjust.write(draft, use.admission, use.row, {
      reason: 'repriced',
      billedNanoUsd: cost,
      upstreamCostNanoUsd: cost,
      price: found.price,
      late: undefined,
      unpriced: -1,
    })
    return cost
  }

  return async (find) => {
    let count = 0
    let billedNanoUsd = 0n
    for (const [statement, toUse] of [
      [requests, ofRequest],
      [late, ofLate],
    ] as const) {
      let after = 0
      for (;;) {
        const slice = await run((draft) => {
          const uses = (statement.all(after) as unknown as Cell[][]).map(toUse)
          return uses.map((use) => ({ admission: use.admission, cost: price(draft, use, find) }))
        })
        const costs = slice.flatMap(({ cost }) => (cost === undefined ? [] : [cost]))
        count += costs.length
        for (const cost of costs) billedNanoUsd += BigInt(cost)
        if (slice.length < SLICE_ROWS) break
        after = slice.at(-1)?.admission as number
      }
    }
    return Object.freeze({ requests: count, billedNanoUsd })
  }
}

/** `cells` are those of the request, `use` is what was used: the same, or its late settlement. */
function useOf(admission: number, cells: Cell[], use: SettledRow | LateDocument): Unpriced {
  const { upstream = '', upstreamModel = '', tier } = use
  const quantities = Object.freeze(quantitiesOf(use))
  return { admission, row: toSettledRow(cells, 0), upstream, upstreamModel, quantities, tier }
}

function notAnAmount({ row }: Unpriced, cost: number): GatewayError {
  return new GatewayError('internal', 'Internal error encountered.', {
    hint: `The cost of request ${row.requestId} came to ${cost}, which is no amount.`,
  })
}
