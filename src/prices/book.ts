/** Which price a model has at an upstream at a moment: the operator's word first, then the table. */
import type { Price, PriceListing } from '../nouns/money.ts'
import { parseInstant } from '../wire/instant.ts'
import { priceOf } from './document.ts'
import { type PriceSection, ratesOf } from './section.ts'
import { type FindRow, findRow, type ListedRow, PRICE_ROWS, type PriceRow } from './table.ts'

/** Clients choose the names, so the cache of them has an end; then it starts anew. */
const CACHED_NAMES_MAX = 10_000
/** No override and no row has a longer name, and longer ones are not worth keeping. */
const NAME_CHARACTERS_MAX = 255
const PREFIX = 'models/'

/** An operator's price, and from when on; without `from`, always. */
export interface PriceOverride extends PriceSection {
  readonly from?: string | undefined
}

/** By `model`, or by `upstream/model` for one upstream only. */
export type PriceOverrides = Readonly<Record<string, PriceOverride | readonly PriceOverride[]>>

export interface PriceBook {
  /** The price at `at`, in milliseconds since the epoch; undefined when nobody knows. The same object each time. */
  find(upstream: string, model: string, at: number): Price | undefined
  /** Everything that has a price: the operator's first, then the built-in table; later prices of one model too. */
  list(): readonly PriceListing[]
}

export interface PriceBookOptions {
  readonly overrides: PriceOverrides
  /** Without it: the built-in list prices. */
  readonly table?: FindRow
}

interface Period {
  readonly from: number
  readonly price: Price
}

/** The newest first. */
type Periods = readonly Period[]

const NONE: Periods = Object.freeze([])

/** Throws `Error` when an override is not what the configuration lets through. */
export function createPriceBook({ overrides, table = findRow }: PriceBookOptions): PriceBook {
  const own = new Map(Object.entries(overrides).map(([name, value]) => [name, overridePeriods(name, value)]))
  const listed = new Map<string, Periods>()
  const cache = new Map<string, Map<string, Periods>>()
  let cachedNames = 0

  function listPeriods(model: string): Periods {
    const row = table(model)
    if (row === undefined) return NONE
    const known = listed.get(row.id) ?? rowPeriods(row)
    listed.set(row.id, known)
    return known
  }

  /** In the order in which they are asked: each list ends where the next begins to count. */
  function periodsOf(upstream: string, model: string): Periods {
    const name = model.startsWith(PREFIX) ? model.slice(PREFIX.length) : model
    const lists = [own.get(`${upstream}/${name}`) ?? NONE, own.get(name) ?? NONE, listPeriods(name)]
    return Object.freeze(lists.flat())
  }

  function remember(upstream: string, model: string): Periods {
    if (cachedNames >= CACHED_NAMES_MAX) {
      cache.clear()
      cachedNames = 0
    }
    const periods = periodsOf(upstream, model)
    const models = cache.get(upstream) ?? new Map<string, Periods>()
    cache.set(upstream, models.set(model, periods))
    cachedNames++
    return periods
  }

  function find(upstream: string, model: string, at: number): Price | undefined {
    if (model.length > NAME_CHARACTERS_MAX + PREFIX.length) return undefined
    const periods = cache.get(upstream)?.get(model) ?? remember(upstream, model)
    for (const period of periods) if (period.from <= at) return period.price
    return undefined
  }

  function list(): readonly PriceListing[] {
    const ours = [...own].flatMap(([name, periods]) => listingsOf({ id: name }, periods, 'config'))
    return [...ours, ...PRICE_ROWS.flatMap((row) => listingsOf(row, rowPeriods(row), 'table'))]
  }

  return Object.freeze({ find, list })
}

function listingsOf(
  { id, aliases = [], source, asOf }: Pick<ListedRow, 'id'> & Partial<ListedRow>,
  periods: Periods,
  origin: PriceListing['origin'],
): PriceListing[] {
  return periods.map(({ from, price }) => ({
    ...{ model: id, aliases, rates: price.rates, origin, source, asOf },
    from: from === Number.NEGATIVE_INFINITY ? undefined : from,
  }))
}

function rowPeriods({ id, rates, later = [] }: PriceRow): Periods {
  const first = periodOf(id, undefined, rates)
  return newestFirst([first, ...later.map((change) => periodOf(id, change.from, change.rates))])
}

function overridePeriods(name: string, value: PriceOverride | readonly PriceOverride[]): Periods {
  const list = Array.isArray(value) ? (value as readonly PriceOverride[]) : [value as PriceOverride]
  return newestFirst(list.map((override) => periodOf(name, override.from, override)))
}

function periodOf(name: string, from: string | undefined, section: PriceSection): Period {
  const start = from === undefined ? Number.NEGATIVE_INFINITY : parseInstant(from)
  if (start === undefined) throw new Error(`prices: ${name}: ${from} is not a date`)
  return Object.freeze({ from: start, price: priceOf(name, ratesOf(section)) })
}

function newestFirst(periods: readonly Period[]): Periods {
  // Not a difference: two infinities have none.
  return Object.freeze([...periods].sort((left, right) => (left.from < right.from ? 1 : -1)))
}
