/** What the contract of the ledger is run on, and the small things that its tests share. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { BudgetRecord, Directory, KeyRecord, ProjectRecord } from '../../../src/nouns/directory.ts'
import type { Ledger, Reservation, UsageRow } from '../../../src/nouns/ledger.ts'
import type { NanoUsd, Price, Quantities } from '../../../src/nouns/money.ts'
import { audit } from '../../../src/stores/audit/audit.ts'

export interface LedgerDoors {
  readonly directory: Directory
  readonly ledger: Ledger
}

/** One fresh, empty store under test. */
export interface LedgerSubject extends LedgerDoors {
  /** Opens the same data again, as after the end of the process: what was under way is nobody's. */
  reopen(): Promise<LedgerDoors>
  /** Closes and removes everything. */
  dispose(): Promise<void>
  /** The ledger's clock, when a test may set it. */
  readonly clock?: TestClock
}

export interface TestClock {
  now(): number
  set(at: number): void
}

export type OpenLedgerSubject = () => Promise<LedgerSubject>

export type Body = (subject: LedgerSubject) => Promise<void>
export type Register = (title: string, body: Body) => void

/** Runs each body on a fresh store; whatever it did, the books must add up afterwards. */
export function registerOn(name: string, open: OpenLedgerSubject): Register {
  return (title, body) => {
    test(`${name}: ${title}`, async () => {
      const subject = await open()
      let last: LedgerDoors = subject
      const reopen = async () => {
        last = await subject.reopen()
        return last
      }
      try {
        await body({ ...subject, reopen })
        await assertSound(last.ledger)
      } finally {
        await subject.dispose()
      }
    })
  }
}

/** Every invariant that the store can answer holds. */
export async function assertSound(ledger: Ledger): Promise<void> {
  const book = await ledger.openBook()
  try {
    const { invariants } = await audit(book, { costOf })
    const wrong = invariants
      .filter(({ state }) => state === 'fail')
      .map(({ id, title, detail, examples }) => `${id} (${title}): ${detail} [${examples.join(', ')}]`)
    assert.deepEqual(wrong, [], 'the books add up')
  } finally {
    await book.close()
  }
}

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const LARGEST = Number.MAX_SAFE_INTEGER
export const HOSTILE = [
  "' OR '1'='1",
  "x'); DROP TABLE requests; --",
  '%_\\',
  '"quoted"',
  'naïve 😀 中文 עברית',
  '?1',
  ':name',
  '$1',
  '{"a":1}',
  'a,b=c;d',
]

/** A token of output is one nano-USD, and everything else is free: amounts are easy to read. */
export const UNIT_PRICE: Price = priceOf('unit', 0, 1_000_000)

export function priceOf(name: string, input: NanoUsd, output: NanoUsd): Price {
  const rates = { input, output }
  const document = JSON.stringify(rates)
  const digest = createHash('sha256').update(document).digest('hex').slice(0, 12)
  return { version: `${name}@${digest}`, rates, document }
}

/** Arithmetic of its own, for the prices of these tests only. */
export function costOf(document: string, quantities: Quantities): NanoUsd {
  const { input, output } = JSON.parse(document) as { input: number; output: number }
  const { promptTokens, candidatesTokens, thoughtsTokens } = quantities
  const made = BigInt(candidatesTokens) + BigInt(thoughtsTokens)
  const cost = BigInt(promptTokens) * BigInt(input) + made * BigInt(output)
  return Number((cost + 999_999n) / 1_000_000n)
}

export function reservationOf(requestId: string, changes: Partial<Reservation> = {}): Reservation {
  return {
    requestId,
    keyId: 'k1',
    projectId: 'p1',
    verb: 'generateContent',
    model: 'gemini-2.5-flash',
    tags: undefined,
    reservedNanoUsd: 100,
    isPriced: true,
    isBudgeted: true,
    leaseMs: 600_000,
    ...changes,
  }
}

/** The end of a request that used so many tokens of output that it costs `billed`. */
export function rowOf(
  reservation: Reservation,
  admittedAt: number,
  billedNanoUsd: number,
  changes: Partial<UsageRow> = {},
): UsageRow {
  const { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd } = reservation
  return {
    ...{ requestId, keyId, projectId, verb, model, tags, reservedNanoUsd, admittedAt, billedNanoUsd },
    settledAt: admittedAt + 500,
    outcome: 'complete',
    status: 200,
    upstream: 'mock',
    upstreamModel: 'gemini-2.5-flash',
    modelVersion: 'gemini-2.5-flash-001',
    attempts: 1,
    otherAttempts: [],
    usageSource: 'final',
    tier: 'standard',
    price: UNIT_PRICE,
    ...usage(billedNanoUsd),
    upstreamCostNanoUsd: billedNanoUsd,
    finishReason: 'STOP',
    deliveredBytes: 812,
    firstByteMs: 12.25,
    durationMs: 500.5,
    ...changes,
  }
}

export function usage(candidatesTokens: number): Quantities {
  return {
    promptTokens: 10,
    cachedTokens: 4,
    candidatesTokens,
    thoughtsTokens: 0,
    toolUsePromptTokens: 0,
    totalTokens: 10 + candidatesTokens,
    details: undefined,
  }
}

export const NO_USE = {
  usageSource: 'none',
  promptTokens: 0,
  cachedTokens: 0,
  candidatesTokens: 0,
  thoughtsTokens: 0,
  toolUsePromptTokens: 0,
  totalTokens: 0,
  details: undefined,
  billedNanoUsd: 0,
  upstreamCostNanoUsd: 0,
} as const satisfies Partial<UsageRow>

/** Reserves, and returns when it was admitted. */
export async function admit(ledger: Ledger, reservation: Reservation): Promise<number> {
  const reserved = await ledger.reserve(reservation)
  assert.ok(reserved.granted, `${reservation.requestId} is granted`)
  return reserved.admittedAt
}

/** A whole request. */
export async function spend(
  ledger: Ledger,
  requestId: string,
  billedNanoUsd: number,
  changes: Partial<Reservation> = {},
): Promise<UsageRow> {
  const reservation = reservationOf(requestId, { reservedNanoUsd: billedNanoUsd, ...changes })
  const row = rowOf(reservation, await admit(ledger, reservation), billedNanoUsd)
  await ledger.settle(row)
  return row
}

const MADE_AT = Date.UTC(2026, 0, 1)

export function keyOf(id: string, changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    ...{ id, name: `key ${id}`, digest: `digest ${id}`, projectId: undefined, models: ['gemini-*'] },
    ...{ routes: {}, addresses: [], limits: {}, expiresAt: undefined, disabled: false },
    ...{ createdAt: MADE_AT, updatedAt: MADE_AT },
    ...changes,
  }
}

export function projectOf(id: string, changes: Partial<ProjectRecord> = {}): ProjectRecord {
  const name = `project ${id}`
  return {
    id,
    name,
    limits: {},
    routes: {},
    disabled: false,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...changes,
  }
}

export function budgetOf(id: string, changes: Partial<BudgetRecord> = {}): BudgetRecord {
  return {
    ...{ id, scope: 'key', scopeId: 'k1', period: 'ever', limitNanoUsd: 1_000, hardStop: true },
    ...{ alertPercent: undefined, createdAt: Date.now(), updatedAt: Date.now() },
    ...changes,
  }
}

/** The project `p1` with the key `k1`, and the key `k2` of nobody. */
export async function people({ directory }: LedgerDoors): Promise<void> {
  await directory.createProject(projectOf('p1'))
  await directory.createKey(keyOf('k1', { projectId: 'p1' }))
  await directory.createKey(keyOf('k2'))
}

/** What a budget has spent and reserved now. */
export async function standing({ directory }: LedgerDoors, id: string): Promise<[number, number]> {
  const state = await directory.getBudget(id)
  assert.ok(state !== undefined, `the budget ${id} is there`)
  return [state.spentNanoUsd, state.reservedNanoUsd]
}

export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code
}
