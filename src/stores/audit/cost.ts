/** What a request should have been billed, from its tokens and the price that was pinned (L17, L14). */
import { createHash } from 'node:crypto'
import type { AdjustmentRow } from '../../nouns/ledger.ts'
import type { NanoUsd, Quantities, Tier } from '../../nouns/money.ts'
import { exact } from './amounts.ts'
import type { Findings } from './invariants.ts'
import type { BookRow, Entry } from './join.ts'

/** The cost of quantities at a price's document; throws when the document is no price. */
export type CostOf = (document: string, quantities: Quantities, tier: Tier) => NanoUsd

const TIERS: readonly Tier[] = ['standard', 'batch', 'flex', 'priority']
const VERSION_DIGITS = 12
/** What ended so has nothing to pay for. */
const UNBILLED: ReadonlySet<string> = new Set(['refused', 'upstream_error', 'crash_recovered'])

export function isUnbilled({ outcome, usageSource }: BookRow): boolean {
  return UNBILLED.has(outcome) || usageSource === 'none'
}

/** The use and the price of a request, with what became known later. */
export function finallyKnown({ row, adjustments }: Entry): {
  readonly quantities: Quantities
  readonly priceVersion: string | undefined
} {
  let quantities: Quantities = row
  let { priceVersion } = row
  for (const adjustment of adjustments) {
    quantities = adjustment.quantities ?? quantities
    priceVersion = adjustment.priceVersion ?? priceVersion
  }
  return { quantities, priceVersion }
}

export function hasUse({ details, ...counts }: Quantities): boolean {
  return details !== undefined || USES.some((name) => counts[name] > 0)
}

const USES = [
  'promptTokens',
  'cachedTokens',
  'candidatesTokens',
  'thoughtsTokens',
  'toolUsePromptTokens',
  'totalTokens',
] as const

/** A price is pinned when its version names the digest of its document. */
export function checkPrices(prices: ReadonlyMap<string, string>, findings: Findings): void {
  for (const [version, document] of prices) {
    const digest = createHash('sha256').update(document).digest('hex').slice(0, VERSION_DIGITS)
    findings.check(
      'L17',
      version.endsWith(`@${digest}`),
      version,
      'a price is not the one that its version names',
    )
  }
}

/** Recomputes each amount of a request, the adjustments one after the other. */
export function createCostCheck(
  prices: ReadonlyMap<string, string>,
  costOf: CostOf,
  findings: Findings,
): (entry: Entry) => void {
  function checkRow(row: BookRow): void {
    const { requestId, priceVersion, billedNanoUsd } = row
    if (priceVersion === undefined || isUnbilled(row)) {
      findings.check('L17', billedNanoUsd === 0, requestId, 'a row that has no price or no use is billed')
      return
    }
    const cost = costAt(requestId, priceVersion, row, row.tier)
    if (cost === undefined) return
    findings.check('L17', cost === billedNanoUsd, requestId, 'a row is billed another amount than it costs')
    const isContent = row.deliveredBytes > 0 && row.candidatesTokens + row.thoughtsTokens > 0
    if (isContent)
      findings.check('L14', cost === 0 || billedNanoUsd > 0, requestId, 'a delivered answer is free')
  }

  function checkAdjustments({ row, adjustments }: Entry): void {
    let billed = exact(row.billedNanoUsd)
    let { priceVersion } = row
    let quantities: Quantities = row
    // Recovery did not know how the answer had been asked for, and an adjustment does not say.
    const tiers = row.outcome === 'crash_recovered' ? TIERS : [row.tier]
    for (const adjustment of adjustments) {
      quantities = adjustment.quantities ?? quantities
      priceVersion = adjustment.priceVersion ?? priceVersion
      billed += exact(adjustment.billedNanoUsd)
      const isRight = isPossible(adjustment, billed, tiers, priceVersion, quantities)
      findings.check('L17', isRight, row.requestId, 'an adjustment does not lead to what the request costs')
    }
  }

  function isPossible(
    { requestId, reason }: AdjustmentRow,
    billed: bigint,
    tiers: readonly Tier[],
    priceVersion: string | undefined,
    quantities: Quantities,
  ): boolean {
    if (priceVersion === undefined) return billed === 0n
    // What came late may have been a failure, which costs nothing.
    if (reason === 'late' && billed === 0n && !hasUse(quantities)) return true
    return tiers.some((tier) => exact(costAt(requestId, priceVersion, quantities, tier) ?? -1) === billed)
  }

  function costAt(
    requestId: string,
    version: string,
    quantities: Quantities,
    tier: Tier,
  ): NanoUsd | undefined {
    const document = prices.get(version)
    if (document === undefined) {
      findings.check('L17', false, requestId, 'the price of a row is not on the books')
      return undefined
    }
    try {
      return costOf(document, quantities, tier)
    } catch {
      findings.check('L17', false, version, 'a price cannot be read')
      return undefined
    }
  }

  return (entry) => {
    checkRow(entry.row)
    checkAdjustments(entry)
  }
}
