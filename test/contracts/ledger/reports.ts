/** Reports, rows and counts: every sum is compared with one by brute force. */
import assert from 'node:assert/strict'
import type {
  UsageDimension,
  UsageFilter,
  UsageQuery,
  UsageRow,
  UsageSum,
} from '../../../src/nouns/ledger.ts'
import { createReferenceLedger } from '../reference/ledger.ts'
import { createState } from '../reference/state.ts'
import { settledOf } from './settle.ts'
import {
  DAY_MS,
  HOSTILE,
  HOUR_MS,
  LARGEST,
  type LedgerDoors,
  NO_USE,
  type Register,
  reservationOf,
  rowOf,
  usage,
} from './subject.ts'

const START = Date.UTC(2026, 9, 30)
const END = START + 4 * DAY_MS
const ROWS = 120

const DIMENSIONS: readonly UsageDimension[] = [
  'key',
  'project',
  'model',
  'upstream',
  'tag',
  'hour',
  'day',
  'month',
]
const FILTERS: readonly UsageFilter[] = [
  {},
  { keyId: 'k1' },
  { projectId: 'p1' },
  { model: 'm2' },
  { upstream: 'mock' },
  { tag: 'team=red' },
  { keyId: 'k0', projectId: 'p0', model: 'm0', tag: 'job=j0' },
  { keyId: 'nobody' },
  { tag: 'team=%' },
]

export function registerReports(register: Register): void {
  registerSums(register)
  registerRows(register)
  registerCounts(register)
}

/** Rows over four days and the end of a month, of every kind; the same each time. */
function dataset(): UsageRow[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const pick = (values: number) => (index * 7919 + Math.floor(index / 5) * 104_729) % values
    const projectId = index % 3 === 2 ? undefined : `p${index % 3}`
    const tags = [undefined, { team: 'red' }, { team: 'blue', job: `j${index % 2}` }, { job: 'j0' }, {}][
      pick(5)
    ]
    const reservation = reservationOf(`r${String(index).padStart(3, '0')}`, {
      ...{ keyId: `k${index % 4}`, projectId, model: `m${pick(3)}`, tags },
    })
    return rowOf(reservation, START + pick(96) * HOUR_MS + pick(3_600) * 1_000, pick(50), kindOf(pick(7)))
  })
}

function kindOf(kind: number): Partial<UsageRow> {
  if (kind === 0) return { ...NO_USE, outcome: 'upstream_error', status: 503, upstream: undefined }
  if (kind === 1) return { ...usage(9), price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
  if (kind === 2) return { usageSource: 'partial', outcome: 'client_gone' }
  if (kind === 3) return { usageSource: 'estimated', upstream: 'other' }
  return {}
}

/** The same rows in the store under test and in the reference. */
async function both({ ledger }: LedgerDoors, rows: readonly UsageRow[]) {
  const reference = createReferenceLedger(createState(Date.now))
  for (const row of rows) await reference.settle(row)
  await Promise.all(rows.map((row) => ledger.settle(row)))
  return reference
}

/** Moments may be written with or without fractions of a second. */
function normalized(sums: readonly UsageSum[]): object[] {
  return sums.map(({ group, ...rest }) => {
    const entries = Object.entries(group).map(([name, value]) =>
      name === 'hour' || name === 'day' || name === 'month' ? [name, Date.parse(value)] : [name, value],
    )
    return { group: Object.fromEntries(entries), ...rest }
  })
}

function queriesOf(): UsageQuery[] {
  const groups: UsageDimension[][] = [
    ...DIMENSIONS.map((dimension) => [dimension]),
    ...[
      ['key', 'model'],
      ['day', 'project'],
      ['tag', 'key', 'hour'],
      ['month', 'upstream', 'model', 'tag'],
    ],
  ] as UsageDimension[][]
  const whole = { from: START, to: END, limit: 0 }
  return [
    ...groups.flatMap((by) => FILTERS.map((filter) => ({ ...whole, by, filter }))),
    { ...whole, by: ['key'], filter: {}, from: START + DAY_MS, to: START + DAY_MS + HOUR_MS },
    { ...whole, by: ['hour'], filter: {}, from: START + 5 * HOUR_MS, to: START + 50 * HOUR_MS },
    { ...whole, by: ['key'], filter: {}, from: END, to: END + DAY_MS },
  ]
}

function registerSums(register: Register): void {
  register('[LDG-06] a report by any dimension and filter is what its rows come to', async (doors) => {
    const reference = await both(doors, dataset())
    const { ledger } = await doors.reopen()
    for (const query of queriesOf()) {
      const wanted = normalized(await reference.report(query))
      assert.deepEqual(normalized(await ledger.report(query)), wanted, JSON.stringify(query))
    }
  })

  register('[LDG-06] without a dimension there is one sum', async (doors) => {
    const reference = await both(doors, dataset())
    const query = { from: START, to: END, by: [], filter: {}, limit: 0 }
    const sums = await doors.ledger.report(query)
    assert.deepEqual(sums, await reference.report(query))
    assert.equal(sums.length, 1)
    assert.equal(sums[0]?.requests, BigInt(ROWS))
  })

  register('[LDG-06] with a limit the dearest come first', async (doors) => {
    const reference = await both(doors, dataset())
    const query: UsageQuery = { from: START, to: END, by: ['hour'], filter: {}, limit: 0 }
    const all = (await reference.report(query)).map(({ billedNanoUsd }) => billedNanoUsd)
    const wanted = all.sort((a, b) => Number(b - a))
    for (const limit of [1, 7, 1_000]) {
      const sums = await doors.ledger.report({ ...query, limit })
      assert.deepEqual(
        sums.map(({ billedNanoUsd }) => billedNanoUsd),
        wanted.slice(0, limit),
      )
    }
  })

  register('[LDG-06] sums go on where a double ends', async ({ ledger }) => {
    const rows = Array.from({ length: 5 }, (_, index) => {
      const huge = { promptTokens: 0, cachedTokens: 0, totalTokens: LARGEST }
      return rowOf(reservationOf(`r${index}`), START + index, LARGEST, huge)
    })
    await Promise.all(rows.map((row) => ledger.settle(row)))
    const [sum] = await ledger.report({ from: START, to: END, by: ['key'], filter: {}, limit: 0 })
    const wanted = 5n * BigInt(LARGEST)
    const { billedNanoUsd, upstreamCostNanoUsd, candidatesTokens, totalTokens } = sum!
    assert.deepEqual(
      [billedNanoUsd, upstreamCostNanoUsd, candidatesTokens, totalTokens],
      [wanted, wanted, wanted, wanted],
    )
  })

  register('[LDG-06] hostile text stays text, in groups and in filters', async (doors) => {
    const rows = HOSTILE.map((text, index) =>
      rowOf(
        reservationOf(`r${index}`, { keyId: text, model: text, projectId: text }),
        START + index,
        1 + index,
        {
          ...{ upstream: text, tags: { name: text } },
        },
      ),
    )
    const reference = await both(doors, rows)
    for (const text of HOSTILE)
      for (const filter of [{ keyId: text }, { model: text, upstream: text }, { tag: `name=${text}` }]) {
        const query = { from: START, to: END, by: ['key', 'tag'], filter, limit: 0 } as const
        const sums = await doors.ledger.report(query)
        assert.deepEqual(sums, await reference.report(query), JSON.stringify(query))
        assert.equal(sums.length, 1)
      }
  })
}

function registerRows(register: Register): void {
  register('rows come in the order of admission, between two moments, by any filter', async (doors) => {
    const rows = dataset()
    const reference = await both(doors, rows)
    const { ledger } = await doors.reopen()
    const cut = [...rows].sort((a, b) => a.admittedAt - b.admittedAt)[40]!.admittedAt
    for (const filter of FILTERS)
      for (const [from, to] of [
        [0, LARGEST],
        [cut, END],
        [START, cut],
        [cut, cut],
      ] as const) {
        const found = await Array.fromAsync(ledger.rows({ from, to, filter }))
        const wanted = await Array.fromAsync(reference.rows({ from, to, filter }))
        const times = found.map(({ admittedAt }) => admittedAt)
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
        assert.deepEqual(byId(found), byId(wanted), JSON.stringify({ filter, from, to }))
      }
  })

  register('a reader that stops early holds up nobody', async ({ ledger }) => {
    const rows = dataset()
    await Promise.all(rows.slice(0, 50).map((row) => ledger.settle(row)))
    for await (const row of ledger.rows({ from: 0, to: LARGEST, filter: {} })) {
      assert.ok(row.requestId)
      break
    }
    const slow = ledger.rows({ from: 0, to: LARGEST, filter: {} })[Symbol.asyncIterator]()
    await slow.next()
    await Promise.all(rows.slice(50).map((row) => ledger.settle(row)))
    await slow.return?.()
    const all = await Array.fromAsync(ledger.rows({ from: 0, to: LARGEST, filter: {} }))
    assert.deepEqual(byId(all), byId(rows.map(settledOf)))
  })
}

/** Requests of one millisecond have no order of their own. */
function byId<Row extends { readonly requestId: string; readonly tags: object | undefined }>(
  rows: readonly Row[],
) {
  return rows
    .map((row) => ({ ...row, tags: row.tags ?? {} }))
    .sort((a, b) => (a.requestId < b.requestId ? -1 : 1))
}

function registerCounts(register: Register): void {
  register('counts go on after a restart, by the hour and by the second', async (doors) => {
    const reference = await both(doors, dataset())
    const { ledger } = await doors.reopen()
    for (const scope of [{ keyId: 'k1' }, { projectId: 'p1' }, { keyId: 'nobody' }])
      for (const unit of ['hour', 'second'] as const)
        for (const since of [START, START + 30 * HOUR_MS, END]) {
          const counts = [...(await ledger.countsSince(scope, since, unit))].sort((a, b) => a.at - b.at)
          assert.deepEqual(counts, await reference.countsSince(scope, since, unit))
        }
  })
}
