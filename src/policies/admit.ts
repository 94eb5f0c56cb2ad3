/**
 * May this call run now? Every policy is asked in order, the books last; the first refusal ends it and lets the holds go.
 * What it may cost at most is reserved before the first byte goes upstream, and settled with what it did cost.
 */

import type { AttemptRow, BudgetAlert, Ledger, Reservation, UsageRow } from '../nouns/ledger.ts'
import type { NanoUsd, Price, Quantities, Tier } from '../nouns/money.ts'
import type {
  Call,
  Caller,
  Charge,
  FailedAttempt,
  Hold,
  Permit,
  Policy,
  Settlement,
  Target,
  Upstream,
} from '../nouns.ts'
import { budgetExceeded } from './quota.ts'

export type Admit = (call: Call, caller: Caller, targets: readonly Target[]) => Promise<Permit>

/** What an upstream may make of a call. */
export type Spending = Pick<Upstream, 'requestsMax' | 'promptTokensAdded' | 'ignoresLimit'>

/** The arithmetic of prices; pure. */
export interface Money {
  /** The most that the call can cost at this price and upstream. */
  bound(call: Call, price: Price, upstream: Spending): NanoUsd
  quantities(call: Call, settlement: Settlement): Quantities
  cost(price: Price, quantities: Quantities, tier: Tier): NanoUsd
  /** What a provider would charge for the prompt alone. */
  exposure(call: Call, price: Price): NanoUsd
}

export interface AdmitParts {
  readonly policies: readonly Policy[]
  readonly ledger: Pick<Ledger, 'reserve' | 'settle'>
  readonly money: Money
  /** The longest that a request can be under way. */
  readonly leaseMs: () => number
  readonly onAlert: (alert: BudgetAlert) => void
  /** A settlement that nobody took; its client is told that the answer failed. */
  readonly onUnrecorded: (row: UsageRow, error: unknown) => void
}

export function createAdmit(parts: AdmitParts): Admit {
  return async (call, caller, targets) => {
    const holds: Hold[] = []
    try {
      for (const policy of parts.policies) {
        const answer = policy(call, caller, targets)
        // Most policies need not ask anybody; a promise for each of them would be felt.
        const hold = answer instanceof Promise ? await answer : answer
        if (hold !== undefined) holds.push(hold)
      }
      if (FREE.has(call.verb)) return freePermit(call, holds)
      const reservation = reservationOf(call, caller, targets, parts)
      const reserved = await parts.ledger.reserve(reservation)
      if (!reserved.granted) throw budgetExceeded(reserved, Date.now())
      return new LedgerPermit(call, reservation, reserved.admittedAt, holds, parts)
    } catch (refusal) {
      for (const hold of holds) hold.release(NEVER_BEGUN)
      throw refusal
    }
  }
}

const NEVER_BEGUN: Settlement = Object.freeze({
  outcome: 'refused',
  status: 0,
  target: undefined,
  attempts: 0,
  failedAttempts: [],
  usage: undefined,
  usageSource: 'none',
  modelVersion: undefined,
  searchQueries: 0,
  isGrounded: false,
  finishReason: undefined,
  deliveredBytes: 0,
  firstByteMs: undefined,
  durationMs: 0,
})

/** Verbs that cost nothing and leave no row. */
const FREE: ReadonlySet<string> = new Set(['countTokens'])
const NO_HEADERS = Object.freeze({})
const NO_ATTEMPTS: readonly AttemptRow[] = Object.freeze([])

/** The dearest of the targets: whichever answers, it is covered. */
function reservationOf(
  call: Call,
  caller: Caller,
  targets: readonly Target[],
  { money, leaseMs }: AdmitParts,
): Reservation {
  let reservedNanoUsd = 0
  let isPriced = true
  for (const { price, upstream } of targets) {
    if (price === undefined) isPriced = false
    else reservedNanoUsd = Math.max(reservedNanoUsd, money.bound(call, price, upstream))
  }
  return {
    requestId: call.id,
    keyId: caller.keyId,
    projectId: caller.project?.id,
    verb: call.verb,
    model: call.model,
    tags: call.tags,
    reservedNanoUsd: isPriced ? reservedNanoUsd : 0,
    isPriced,
    isBudgeted: caller.isBudgeted,
    leaseMs: leaseMs(),
  }
}

function headersOf(holds: readonly Hold[]): Readonly<Record<string, string>> {
  if (holds.length === 0) return NO_HEADERS
  if (holds.length === 1) return holds[0]?.headers ?? NO_HEADERS
  return Object.assign({}, ...holds.map((hold) => hold.headers))
}

function settledTwice(call: Call): Error {
  return new Error(`permit of ${call.id} settled twice`)
}

function freePermit(call: Call, holds: readonly Hold[]): Permit {
  let isSettled = false
  return {
    headers: headersOf(holds),
    settle: (settlement) => {
      if (isSettled) throw settledTwice(call)
      isSettled = true
      for (const hold of holds) hold.release(settlement)
      return { billedNanoUsd: undefined, recorded: Promise.resolve() }
    },
  }
}

class LedgerPermit implements Permit {
  readonly headers: Readonly<Record<string, string>>
  readonly #call: Call
  readonly #reservation: Reservation
  readonly #admittedAt: number
  readonly #holds: readonly Hold[]
  readonly #parts: AdmitParts
  #isSettled = false

  constructor(
    call: Call,
    reservation: Reservation,
    admittedAt: number,
    holds: readonly Hold[],
    parts: AdmitParts,
  ) {
    this.headers = headersOf(holds)
    this.#call = call
    this.#reservation = reservation
    this.#admittedAt = admittedAt
    this.#holds = holds
    this.#parts = parts
  }

  settle(settlement: Settlement): Charge {
    if (this.#isSettled) throw settledTwice(this.#call)
    this.#isSettled = true
    for (const hold of this.#holds) hold.release(settlement)
    const row = this.#rowOf(settlement)
    const billedNanoUsd = settlement.usageSource === 'none' || row.price ? row.billedNanoUsd : undefined
    return { billedNanoUsd, recorded: this.#record(row) }
  }

  async #record(row: UsageRow): Promise<void> {
    let alerts: readonly BudgetAlert[]
    try {
      alerts = await this.#parts.ledger.settle(row)
    } catch (error) {
      this.#parts.onUnrecorded(row, error)
      throw error
    }
    for (const alert of alerts) this.#parts.onAlert(alert)
  }

  #rowOf(settlement: Settlement): UsageRow {
    const { money } = this.#parts
    const call = this.#call
    const { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd } = this.#reservation
    const quantities = money.quantities(call, settlement)
    const price = settlement.target?.price
    const isUsed = settlement.usageSource !== 'none' && price !== undefined
    const cost = isUsed ? money.cost(price, quantities, call.tier) : 0
    const { promptTokens, cachedTokens, candidatesTokens, thoughtsTokens } = quantities
    const { toolUsePromptTokens, totalTokens, details } = quantities
    // No spreads: each of them would cost as much as the rest.
    return {
      requestId,
      keyId,
      projectId,
      verb,
      model,
      tags,
      reservedNanoUsd,
      promptTokens,
      cachedTokens,
      candidatesTokens,
      thoughtsTokens,
      toolUsePromptTokens,
      totalTokens,
      details,
      admittedAt: this.#admittedAt,
      settledAt: Date.now(),
      outcome: settlement.outcome,
      status: settlement.status,
      upstream: settlement.target?.upstream.name,
      upstreamModel: settlement.target?.model,
      modelVersion: settlement.modelVersion,
      attempts: settlement.attempts,
      otherAttempts: this.#attemptRows(settlement.failedAttempts),
      usageSource: settlement.usageSource,
      tier: call.tier,
      price,
      billedNanoUsd: cost,
      upstreamCostNanoUsd: cost,
      finishReason: settlement.finishReason,
      deliveredBytes: settlement.deliveredBytes,
      firstByteMs: settlement.firstByteMs,
      durationMs: settlement.durationMs,
    }
  }

  #attemptRows(attempts: readonly FailedAttempt[]): readonly AttemptRow[] {
    return attempts.length === 0 ? NO_ATTEMPTS : attempts.map((attempt) => this.#attemptRow(attempt))
  }

  #attemptRow({ number, target, status, reason, isExposed, durationMs }: FailedAttempt): AttemptRow {
    const { price, upstream, model } = target
    const exposureNanoUsd = isExposed && price ? this.#parts.money.exposure(this.#call, price) : 0
    return {
      ...{ number, upstream: upstream.name, upstreamModel: model, status, reason },
      ...{ exposureNanoUsd, durationMs },
    }
  }
}
