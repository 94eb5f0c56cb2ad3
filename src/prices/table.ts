/** The providers' list prices: one row of `table.json` for each model, with its source and date. */
import type { PriceSection } from './section.ts'
import table from './table.json' with { type: 'json' }

export interface PriceRow {
  readonly id: string
  /** Other names of the same model at the same price. */
  readonly aliases?: readonly string[]
  readonly rates: PriceSection
  /** Announced changes, the earliest first. */
  readonly later?: readonly LaterRates[]
}

export interface LaterRates {
  /** `2027-01-01`: from its first moment in UTC on. */
  readonly from: string
  readonly rates: PriceSection
}

/** A row of the file. */
export interface ListedRow extends PriceRow {
  /** The id of a `ProviderRow`. */
  readonly provider: string
  /** The provider's public page. */
  readonly source: string
  /** `2026-11-21`: when the page was read. */
  readonly asOf: string
  readonly note?: string
}

export interface ProviderRow {
  readonly id: string
  readonly name: string
}

/** A model that is left out, and why. */
export interface UnpricedRow {
  readonly id: string
  readonly reason: string
}

export const PRICE_ROWS = table.rows as readonly ListedRow[]
export const PROVIDER_ROWS: readonly ProviderRow[] = table.providers
export const UNPRICED_ROWS: readonly UnpricedRow[] = table.unpriced

const BY_NAME: ReadonlyMap<string, PriceRow> = new Map(
  PRICE_ROWS.flatMap((row) => [row.id, ...(row.aliases ?? [])].map((name) => [name, row] as const)),
)

/** `-001`, `-20251001`, `@20251001`, `-2025-10-01`: a pinned version of a model costs what the model costs. */
const VERSION_SUFFIX = /(?:-\d{3}|[-@]\d{8}|-\d{4}-\d{2}-\d{2})$/

/** The row of a model; undefined when there is none. */
export type FindRow = (model: string) => PriceRow | undefined

/** By id or alias, also with the suffix of a version. A version with a price of its own has a row of its own. */
export const findRow: FindRow = (model) =>
  BY_NAME.get(model) ?? BY_NAME.get(model.replace(VERSION_SUFFIX, ''))

const FREE_ROW: PriceRow = Object.freeze({
  id: 'free',
  rates: Object.freeze({ inputUsdPerMillion: '0', outputUsdPerMillion: '0' }),
})

/** Every model at a price, which is 0: what a sandbox answers is free, and not unpriced. */
export const FREE: FindRow = () => FREE_ROW
