import { badRequest, GatewayError, invalidField } from '../errors.ts'
import type { BudgetPeriod, BudgetRecord, BudgetScope, BudgetState, Directory } from '../nouns/directory.ts'
import type { NanoUsd } from '../nouns/money.ts'
import { shortId } from '../wire/short-id.ts'

/** 9,000,000 USD: below what a safe integer of nano-USD holds, with room for what is reserved beside it. */
export const BUDGET_NANO_USD_MAX = 9_000_000_000_000_000

const SCOPES: readonly BudgetScope[] = ['key', 'project', 'gateway']
const PERIODS: readonly BudgetPeriod[] = ['day', 'week', 'month', 'ever']

export interface BudgetTerms {
  readonly limitNanoUsd: NanoUsd
  /** Without it: true. */
  readonly hardStop?: boolean | undefined
  readonly alertPercent?: number | undefined
}

export interface BudgetInput extends BudgetTerms {
  readonly scope: BudgetScope
  /** The id of the key or project; empty for the gateway. */
  readonly scopeId: string
  readonly period: BudgetPeriod
}

/** What can be changed of a budget; what is left out stays, and null takes away. */
export interface BudgetChanges {
  readonly limitNanoUsd?: NanoUsd | undefined
  readonly hardStop?: boolean | undefined
  readonly alertPercent?: number | null | undefined
}

/**
 * An unknown id throws `not_found`, bad input `invalid_argument` with the field, a scope that is not there
 * `failed_precondition`, and a second budget of one period on one scope `already_exists`.
 * Two changes of one budget must not be under way at once: the admin API makes them one after the other.
 */
export interface Budgets {
  create(input: BudgetInput): Promise<BudgetState>
  list(): Promise<readonly BudgetState[]>
  get(id: string): Promise<BudgetState>
  update(id: string, changes: BudgetChanges): Promise<BudgetState>
  remove(id: string): Promise<void>
}

export function createBudgets(directory: Directory): Budgets {
  async function get(id: string): Promise<BudgetState> {
    const state = await directory.getBudget(id)
    if (state === undefined) throw unknownBudget(id)
    return state
  }

  async function create(input: BudgetInput): Promise<BudgetState> {
    const record = recordOf(input)
    await requireScope(directory, record)
    await directory.createBudget(record)
    return get(record.id)
  }

  async function update(id: string, changes: BudgetChanges): Promise<BudgetState> {
    const { limitNanoUsd, hardStop, alertPercent } = changes
    const before = await get(id)
    const after = Object.freeze({
      ...withoutState(before),
      ...(limitNanoUsd !== undefined && { limitNanoUsd: checkLimit(limitNanoUsd) }),
      ...(hardStop !== undefined && { hardStop }),
      ...(alertPercent !== undefined && { alertPercent: checkAlert(alertPercent ?? undefined) }),
      updatedAt: Math.max(Date.now(), before.createdAt),
    })
    if (!(await directory.updateBudget(after))) throw unknownBudget(id)
    return get(id)
  }

  async function remove(id: string): Promise<void> {
    if (!(await directory.deleteBudget(id))) throw unknownBudget(id)
  }

  return Object.freeze({ create, list: () => directory.listBudgets(), get, update, remove })
}

function recordOf(input: BudgetInput): BudgetRecord {
  const { scope, scopeId, period, limitNanoUsd, hardStop = true, alertPercent } = input
  if (!SCOPES.includes(scope)) {
    throw invalidField('scope', `The scope must be one of ${SCOPES.join(', ')}.`)
  }
  if ((scopeId === '') !== (scope === 'gateway')) {
    const rule =
      scope === 'gateway' ? 'A budget of the gateway has no scopeId.' : `Name the ${scope} by its id.`
    throw invalidField('scopeId', rule)
  }
  if (!PERIODS.includes(period)) {
    throw invalidField('period', `The period must be one of ${PERIODS.join(', ')}.`)
  }
  const now = Date.now()
  return Object.freeze({
    ...{ id: shortId(), scope, scopeId, period, hardStop },
    limitNanoUsd: checkLimit(limitNanoUsd),
    alertPercent: checkAlert(alertPercent),
    ...{ createdAt: now, updatedAt: now },
  })
}

async function requireScope(directory: Directory, { scope, scopeId }: BudgetRecord): Promise<void> {
  if (scope === 'gateway') return
  const found = scope === 'key' ? await directory.getKey(scopeId) : await directory.getProject(scopeId)
  if (found !== undefined) return
  const message = `There is no ${scope} with the id ${JSON.stringify(scopeId.slice(0, 64))}.`
  throw new GatewayError('failed_precondition', message, { details: [badRequest('scopeId', message)] })
}

export function checkLimit(limitNanoUsd: NanoUsd): NanoUsd {
  const isGood = Number.isSafeInteger(limitNanoUsd) && limitNanoUsd > 0 && limitNanoUsd <= BUDGET_NANO_USD_MAX
  if (!isGood) throw invalidField('limitUsd', 'The limit must be more than 0 and at most 9000000 USD.')
  return limitNanoUsd
}

function checkAlert(alertPercent: number | undefined): number | undefined {
  if (alertPercent === undefined) return undefined
  if (Number.isSafeInteger(alertPercent) && alertPercent >= 1 && alertPercent <= 100) return alertPercent
  throw invalidField('alertPercent', 'The alert must be an integer from 1 to 100 (percent of the limit).')
}

function withoutState(state: BudgetState): BudgetRecord {
  const { id, scope, scopeId, period, limitNanoUsd, hardStop, alertPercent, createdAt, updatedAt } = state
  return { id, scope, scopeId, period, limitNanoUsd, hardStop, alertPercent, createdAt, updatedAt }
}

function unknownBudget(id: string): GatewayError {
  return new GatewayError('not_found', `There is no budget with the id ${JSON.stringify(id.slice(0, 64))}.`)
}
