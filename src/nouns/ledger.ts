/**
 * The books. A request is reserved before its first byte goes upstream and settled before its last byte goes out;
 * both are rows that are never changed. Budgets and sums are caches of the rows, written in the same transaction.
 */
import type { BudgetRecord, BudgetState } from './directory.ts'
import type { NanoUsd, Price, Quantities, Tier } from './money.ts'

export type Outcome =
  | 'complete'
  | 'refused'
  | 'upstream_error'
  | 'upstream_broken'
  | 'client_gone'
  /** The process died while it was under way; nothing is known of its use. */
  | 'crash_recovered'

export type UsageSource = 'final' | 'partial' | 'estimated' | 'none'

/** A request that wants to begin. */
export interface Reservation {
  /** UUIDv7. */
  readonly requestId: string
  readonly keyId: string
  readonly projectId: string | undefined
  readonly verb: string
  /** As the client named it. */
  readonly model: string
  readonly tags: Tags | undefined
  /** Upper bound over every target that may answer; 0 and `isPriced` false when one of them has no price. */
  readonly reservedNanoUsd: NanoUsd
  readonly isPriced: boolean
  /** Whether a hard budget may stand over it, as the caller knew: then it does not begin without the ledger. */
  readonly isBudgeted: boolean
  /** How long from now it can be under way at most; after that it may be recovered. */
  readonly leaseMs: number
}

/** What the client calls its request by, for reports: at most 10 names with one value each. */
export type Tags = Readonly<Record<string, string>>

/** Whether every hard budget over a request has room for it; all of them were asked in one atomic step. */
export type Reserved =
  | {
      readonly granted: true
      /** Milliseconds since the epoch by the ledger's clock: it decides the windows that the request belongs to. */
      readonly admittedAt: number
    }
  | {
      readonly granted: false
      /** `unpriced`: the request has no price and this budget wants one. */
      readonly reason: 'exhausted' | 'unpriced'
      readonly budget: BudgetState
    }

/** A row of the ledger: one request that ended, and the attempt that ended it. Counts are Gemini's classes. */
export interface UsageRow extends Quantities {
  readonly requestId: string
  readonly keyId: string
  readonly projectId: string | undefined
  /** Milliseconds since the epoch, as `reserve` said. */
  readonly admittedAt: number
  readonly settledAt: number
  readonly verb: string
  readonly model: string
  readonly tags: Tags | undefined
  readonly outcome: Outcome
  readonly status: number
  readonly upstream: string | undefined
  readonly upstreamModel: string | undefined
  readonly modelVersion: string | undefined
  /** How many were made. The one that answered, if any, is this row; the others are `otherAttempts`. */
  readonly attempts: number
  readonly otherAttempts: readonly AttemptRow[]
  readonly usageSource: UsageSource
  readonly tier: Tier
  /** The price of the target that answered; undefined: it has none, and the request may be priced later. */
  readonly price: Price | undefined
  readonly reservedNanoUsd: NanoUsd
  /** What the budgets are charged; 0 while there is no price. */
  readonly billedNanoUsd: NanoUsd
  /** What we believe the provider charges for this attempt. */
  readonly upstreamCostNanoUsd: NanoUsd
  readonly finishReason: string | undefined
  readonly deliveredBytes: number
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}

/** An attempt that did not deliver the answer. */
export interface AttemptRow {
  /** 1 for the first. */
  readonly number: number
  readonly upstream: string
  readonly upstreamModel: string
  /** The HTTP status of the upstream; undefined when no answer came. */
  readonly status: number | undefined
  /** Why it was given up: a code of the error table, or `status`. */
  readonly reason: string
  /** What the provider may charge for a request that was sent and not answered: a risk, in no sum. */
  readonly exposureNanoUsd: NanoUsd
  readonly durationMs: number
}

/** A budget that has just reached its alert in this window. */
export interface BudgetAlert {
  readonly budget: BudgetRecord
  readonly windowStart: number
  readonly spentNanoUsd: NanoUsd
}

export interface Ledger {
  /**
   * Takes the bound from every hard budget over the request, from all of them or from none, and opens its row.
   * Resolves when that is durable, or refused. Throws `store_unavailable` (then nothing was taken) and
   * `already_exists` for an id that was reserved before.
   */
  reserve(reservation: Reservation): Promise<Reserved>
  /**
   * Closes the row: what was reserved is given back, what was billed is spent, in the windows of `admittedAt`.
   * Where the row and its reservation disagree about `admittedAt`, the reservation is right.
   * Resolves when it is durable, with the alerts that it set off: of each budget that it charges and that has reached
   * its alert, once in a window. What nobody would hear, `recover` and `reprice`, leaves the alert to the next row.
   * The same row again changes nothing.
   * A row that recovery closed before becomes an adjustment of it. A row without a reservation brings its own.
   * Throws `store_unavailable`; then it may be tried again.
   */
  settle(row: UsageRow): Promise<readonly BudgetAlert[]>
  /**
   * Closes as `crash_recovered` each open reservation whose process is gone, or whose lease is over.
   * Resolves to their number.
   */
  recover(): Promise<number>
  /** Processes that share this ledger and are alive, this one included; 1 for a ledger of one process. */
  replicas(): number
  /** Requests and tokens since then in hours or seconds of UTC, to go on counting after a restart. */
  countsSince(scope: UsageScope, since: number, unit: 'hour' | 'second'): Promise<readonly UsageCount[]>
  /** Sums over whole hours of `admittedAt`. */
  report(query: UsageQuery): Promise<readonly UsageSum[]>
  /** Rows in the order of `admittedAt`, read in slices so that nobody waits for it. */
  rows(query: RowsQuery): AsyncIterable<SettledRow>
  /** Gives rows without a price the price that they would have had; `find` says which. */
  reprice(find: FindPrice): Promise<Repriced>
  /** Removes requests admitted before then, at whole hours; the sums stay. Resolves to their number. */
  prune(before: number): Promise<number>
  /** Everything, as it stands at one moment. */
  openBook(): Promise<Book>
  /** A whole copy of the data in a file of the store's own format, consistent at one moment. */
  backup(path: string): Promise<void>
  /** Undefined while all is well, else what is wrong, in one line for the operator. */
  trouble(): string | undefined
}

export interface UsageScope {
  readonly keyId?: string
  readonly projectId?: string
}

export interface UsageCount {
  /** Start of the hour or second, milliseconds since the epoch. */
  readonly at: number
  readonly requests: number
  readonly tokens: number
}

export type UsageDimension = 'key' | 'project' | 'model' | 'upstream' | 'tag' | 'hour' | 'day' | 'month'

/** Hours from `from` to before `to`, milliseconds since the epoch. */
export interface UsageQuery {
  readonly from: number
  readonly to: number
  /** In this order, at most 4, each once. */
  readonly by: readonly UsageDimension[]
  readonly filter: UsageFilter
  /** Groups, the dearest first; 0 for all of them in the order of `by`. */
  readonly limit: number
}

export interface UsageFilter {
  readonly keyId?: string
  readonly projectId?: string
  readonly model?: string
  readonly upstream?: string
  /** `name=value` */
  readonly tag?: string
}

/** Sums are exact, beyond what a double holds. */
export interface UsageSum {
  /** A value for each dimension of the query: an id, a name, `name=value`, or RFC 3339; empty where there is none. */
  readonly group: Readonly<Partial<Record<UsageDimension, string>>>
  readonly requests: bigint
  /** Of these: not `complete`. */
  readonly failed: bigint
  /** Of these: usage is `partial` or `estimated`. */
  readonly estimated: bigint
  /** Of these: used something and had no price. */
  readonly unpriced: bigint
  readonly promptTokens: bigint
  readonly cachedTokens: bigint
  readonly candidatesTokens: bigint
  readonly thoughtsTokens: bigint
  readonly toolUsePromptTokens: bigint
  readonly totalTokens: bigint
  readonly billedNanoUsd: bigint
  readonly upstreamCostNanoUsd: bigint
}

export interface RowsQuery {
  readonly from: number
  readonly to: number
  readonly filter: UsageFilter
}

/**
 * A row as it is read. Its own members stay as they were settled; the adjustments that came after it are beside them.
 */
export interface SettledRow extends Omit<UsageRow, 'price' | 'otherAttempts'> {
  readonly priceVersion: string | undefined
  /** What `adjustments` added to `billedNanoUsd`; may be negative. */
  readonly adjustedNanoUsd: number
}

export type FindPrice = (upstream: string, model: string, admittedAt: number) => PricedLater | undefined

export interface PricedLater {
  readonly price: Price
  cost(quantities: Quantities, tier: Tier): NanoUsd
}

export interface Repriced {
  readonly requests: number
  readonly billedNanoUsd: bigint
}

/** What changed about a request after it was settled; amounts are added to the row's and may be negative. */
export interface AdjustmentRow {
  readonly requestId: string
  /** 1 for the first of its request. */
  readonly number: number
  /** `late`: the real settlement of a request that recovery had closed; `repriced`: its price became known. */
  readonly reason: 'late' | 'repriced'
  readonly billedNanoUsd: number
  readonly upstreamCostNanoUsd: number
  readonly priceVersion: string | undefined
  /** The use itself, where the row did not know it. */
  readonly quantities: Quantities | undefined
  readonly createdAt: number
}

/** A reservation as it is read. */
export interface ReservationRow extends Omit<Reservation, 'leaseMs' | 'isBudgeted'> {
  readonly admittedAt: number
  /** Equal to `admittedAt` where the settlement brought the reservation along: no budget was asked for it. */
  readonly leaseUntil: number
}

export interface BudgetWindowRow {
  readonly budgetId: string
  readonly windowStart: number
  readonly spentNanoUsd: NanoUsd
  readonly reservedNanoUsd: NanoUsd
}

/**
 * Everything at one moment, to be checked. Each list can be read once or more, in slices; the order is that of
 * `admittedAt` unless said otherwise; attempts and adjustments come in the order of their requests. Close it.
 */
export interface Book {
  /** The ledger's clock at that moment. */
  readonly at: number
  /** Rows admitted before it were removed; sums and windows still hold them. 0: nothing was. */
  readonly prunedBefore: number
  /** In the order of their commits, which is the order in which budgets were asked. */
  events(): AsyncIterable<BookEvent>
  reservations(): AsyncIterable<ReservationRow>
  requests(): AsyncIterable<SettledRow & { readonly hasReservation: boolean }>
  attempts(): AsyncIterable<AttemptRow & { readonly requestId: string }>
  adjustments(): AsyncIterable<AdjustmentRow>
  budgets(): AsyncIterable<BudgetRecord>
  windows(): AsyncIterable<BudgetWindowRow>
  /** One sum or more for each hour and combination of dimensions, raw, in the order of the hours. */
  hours(): AsyncIterable<HourRow>
  prices(): AsyncIterable<{ readonly version: string; readonly document: string }>
  /** What the store says of itself: the file's integrity, the chain of commits, triggers in place. */
  soundness(): Promise<readonly Soundness[]>
  close(): Promise<void>
}

/** Whatever moved a budget, and each change of a budget itself. */
export type BookEvent =
  | { readonly kind: 'reserve'; readonly requestId: string }
  | { readonly kind: 'settle'; readonly requestId: string }
  | { readonly kind: 'adjust'; readonly requestId: string; readonly number: number }
  | { readonly kind: 'budget'; readonly budget: BudgetRecord; readonly isDeleted: boolean }

/** An adjustment counts in the hour and the group of its request; one that is priced later is unpriced no more. */
export interface HourRow extends Omit<UsageSum, 'group'> {
  readonly hour: number
  readonly keyId: string
  readonly projectId: string
  readonly model: string
  readonly upstream: string
  /** JSON, names sorted; empty without tags. */
  readonly tags: string
}

export interface Soundness {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
