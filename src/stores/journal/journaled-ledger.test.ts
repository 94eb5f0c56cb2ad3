import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { BudgetAlert, Ledger, Reservation, UsageRow } from '../../nouns/ledger.ts'
import { fails } from '../../nouns.fixture.ts'
import { type Journal, openJournal } from './journal.ts'
import { type JournaledLedger, type JournaledOptions, journaled } from './journaled-ledger.ts'
import { rowOf } from './rows.fixture.ts'

const SMALL_BYTES = 16 * 1024
const OWN_CLOCK = 1_800_000_000_000

/** A ledger in memory that can be away, and that is as strict about its rows as a real one. */
class FakeLedger {
  isAway = false
  readonly rows = new Map<string, UsageRow>()
  readonly order: string[] = []
  readonly calls: string[] = []
  readonly refuses = new Set<string>()
  alerts: readonly BudgetAlert[] = []

  #check(call: string): void {
    this.calls.push(call)
    if (this.isAway) throw new GatewayError('store_unavailable', 'away')
  }

  async reserve(reservation: Reservation): Promise<{ granted: true; admittedAt: number }> {
    this.#check(`reserve ${reservation.requestId}`)
    return { granted: true, admittedAt: 1 }
  }

  async settle(row: UsageRow): Promise<readonly BudgetAlert[]> {
    this.#check(`settle ${row.requestId}`)
    if (this.refuses.has(row.requestId)) throw new GatewayError('already_exists', 'taken')
    if (!this.rows.has(row.requestId)) this.order.push(row.requestId)
    this.rows.set(row.requestId, row)
    return this.alerts
  }

  async recover(): Promise<number> {
    this.#check('recover')
    return 3
  }

  trouble(): string | undefined {
    return this.isAway ? 'the disk is away' : undefined
  }

  asLedger(): Ledger {
    return this as unknown as Ledger
  }
}

interface Scene {
  readonly fake: FakeLedger
  readonly journal: Journal
  readonly ledger: JournaledLedger
  restart(
    options?: JournaledOptions,
  ): Promise<{ readonly journal: Journal; readonly ledger: JournaledLedger }>
}

async function sceneFor(context: TestContext, options: JournaledOptions = {}): Promise<Scene> {
  // `.unref()` of a mocked timer is there, its time is ours.
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const folder = await mkdtemp(join(tmpdir(), 'wasat-journaled-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const fake = new FakeLedger()
  const begin = async (more: JournaledOptions = options) => {
    const journal = await openJournal(folder, { bytes: SMALL_BYTES })
    return { journal, ledger: journaled(fake.asLedger(), journal, { now: () => OWN_CLOCK, ...more }) }
  }
  const { journal, ledger } = await begin()
  return { fake, journal, ledger, restart: begin }
}

const reservation = (changes: Partial<Reservation> = {}): Reservation => ({
  requestId: 'r',
  keyId: 'k1',
  projectId: undefined,
  verb: 'generateContent',
  model: 'm',
  tags: undefined,
  reservedNanoUsd: 5,
  isPriced: true,
  isBudgeted: false,
  leaseMs: 1_000,
  ...changes,
})

/** The background drain ends in some later turn of the event loop; a real one, not a mocked timer. */
async function turnsUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (isDone()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail('not within 10,000 turns')
}

test('[STO-01] while all is well the journal is not touched', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.alerts = [{ budget: { id: 'b' } as BudgetAlert['budget'], windowStart: 0, spentNanoUsd: 1 }]
  assert.deepEqual(await ledger.reserve(reservation()), { granted: true, admittedAt: 1 })
  assert.deepEqual(await ledger.settle(rowOf('r')), fake.alerts)
  assert.deepEqual([journal.pending().length, ledger.trouble()], [0, undefined])
  await ledger.close()
})

test('[STO-01] a budgeted request does not begin while the ledger is away; another one does, by our clock', async (context) => {
  const { fake, ledger } = await sceneFor(context)
  fake.isAway = true
  await assert.rejects(ledger.reserve(reservation({ isBudgeted: true })), fails('store_unavailable'))
  assert.deepEqual(await ledger.reserve(reservation()), { granted: true, admittedAt: OWN_CLOCK })
  await ledger.close()
})

test('[STO-01] once something waits, a request without a budget asks the ledger no more, and a budgeted one still does', async (context) => {
  const { fake, ledger } = await sceneFor(context)
  fake.isAway = true
  await ledger.settle(rowOf('a'))
  fake.calls.length = 0
  assert.deepEqual(await ledger.reserve(reservation()), { granted: true, admittedAt: OWN_CLOCK })
  await ledger.settle(rowOf('b'))
  assert.deepEqual(fake.calls, [])
  await assert.rejects(ledger.reserve(reservation({ isBudgeted: true })), fails('store_unavailable'))
  assert.deepEqual(fake.calls, ['reserve r'])
  await ledger.close()
})

test('[STO-01] who may go unreserved is the caller’s to say', async (context) => {
  const { fake, ledger } = await sceneFor(context, { mayGoUnreserved: () => false })
  fake.isAway = true
  await assert.rejects(ledger.reserve(reservation()), fails('store_unavailable'))
  await ledger.close()
})

test('[STO-01] what was settled while the ledger was away is on it half a second after it is back, in order', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.isAway = true
  const ids = Array.from({ length: 9 }, (_, index) => `r${index}`)
  for (const id of ids) assert.deepEqual(await ledger.settle(rowOf(id)), [])
  assert.match(
    ledger.trouble() ?? '',
    /^9 settled requests wait in the journal for the ledger: the disk is away$/,
  )
  context.mock.timers.tick(500)
  await turnsUntil(() => fake.calls.filter((call) => call === 'settle r8').length === 1)
  assert.deepEqual([fake.order, journal.pending().length], [[], 9])
  fake.isAway = false
  // The round before has to end before its successor is planned.
  await turnsUntil(() => {
    context.mock.timers.tick(500)
    return journal.pending().length === 0
  })
  assert.deepEqual(fake.order, ids)
  assert.deepEqual(
    [...fake.rows.values()],
    ids.map((id) => rowOf(id)),
  )
  assert.equal(ledger.trouble(), undefined)
  assert.deepEqual(await ledger.settle(rowOf('direct')), [])
  assert.equal(journal.pending().length, 0)
  await ledger.close()
})

test('[STO-01] a ledger that goes away in the middle of draining loses nothing, and the rest follows', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.isAway = true
  for (const id of ['a', 'b', 'c', 'd']) await ledger.settle(rowOf(id))
  fake.isAway = false
  const settle = fake.settle.bind(fake)
  fake.settle = async (row) => {
    if (row.requestId === 'c') fake.isAway = true
    return settle(row)
  }
  await assert.rejects(ledger.drain(), fails('store_unavailable'))
  assert.deepEqual(
    journal.pending().map((row) => row.requestId),
    ['c', 'd'],
  )
  fake.settle = settle
  fake.isAway = false
  await ledger.drain()
  assert.deepEqual(fake.order, ['a', 'b', 'c', 'd'])
  await ledger.close()
})

test('[STO-06] recovery first brings in what waited through the restart', async (context) => {
  const { fake, ledger, restart } = await sceneFor(context)
  fake.isAway = true
  await ledger.settle(rowOf('a'))
  await ledger.close()
  fake.calls.length = 0
  const again = await restart()
  await assert.rejects(again.ledger.recover(), fails('store_unavailable'))
  assert.deepEqual(fake.calls, ['settle a'], 'nothing is closed as crashed that may be settled')
  fake.isAway = false
  fake.calls.length = 0
  assert.equal(await again.ledger.recover(), 3)
  assert.deepEqual(fake.calls, ['settle a', 'recover'])
  assert.equal(again.journal.pending().length, 0)
  await again.ledger.close()
})

test('[STO-15] a row that reached the ledger without our knowing is settled again and counts once', async (context) => {
  const { fake, ledger } = await sceneFor(context)
  const settle = fake.settle.bind(fake)
  fake.settle = async (row) => {
    await settle(row)
    throw new GatewayError('store_unavailable', 'the reply was lost')
  }
  assert.deepEqual(await ledger.settle(rowOf('a')), [])
  fake.settle = settle
  await ledger.drain()
  assert.deepEqual(fake.order, ['a'])
  await ledger.close()
})

test('[STO-03] with the journal full and the ledger away a settlement fails aloud, and none of those kept is lost', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.isAway = true
  const settled: string[] = []
  let failure: unknown
  for (let index = 0; failure === undefined; index++) {
    await ledger.settle(rowOf(`r${index}`)).then(
      () => settled.push(`r${index}`),
      (error) => {
        failure = error
      },
    )
  }
  fails('store_unavailable')(failure)
  assert.deepEqual(
    journal.pending().map((row) => row.requestId),
    settled,
  )
  fake.isAway = false
  assert.deepEqual(await ledger.settle(rowOf('by itself')), [], 'a full journal is no reason to refuse')
  await ledger.drain()
  assert.deepEqual(fake.order, ['by itself', ...settled])
  await ledger.close()
})

test('[STO-03] nothing begins any more that the journal could not take', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.isAway = true
  while (journal.isReady()) await ledger.settle(rowOf(`r${journal.pending().length}`))
  await assert.rejects(ledger.reserve(reservation()), fails('store_unavailable'))
  await ledger.settle(rowOf('under way'))
  assert.equal(journal.pending().at(-1)?.requestId, 'under way', 'what has begun still has room')
  fake.isAway = false
  await ledger.drain()
  assert.equal(journal.isReady(), true)
  await ledger.close()
})

test('[STO-04] what the ledger says of a row itself is passed on, and not journaled', async (context) => {
  const { fake, journal, ledger } = await sceneFor(context)
  fake.refuses.add('bad')
  await assert.rejects(ledger.settle(rowOf('bad')), fails('already_exists'))
  assert.equal(journal.pending().length, 0)
  await ledger.close()
})

test('[STO-04] a row that the ledger will never take stops nobody behind it, and is told', async (context) => {
  const refused: string[] = []
  const alerted: number[] = []
  const { fake, journal, ledger } = await sceneFor(context, {
    onRefused: (row, error) => refused.push(`${row.requestId} ${error.code}`),
    onAlerts: (alerts) => alerted.push(alerts.length),
  })
  fake.isAway = true
  for (const id of ['a', 'bad', 'c']) await ledger.settle(rowOf(id))
  fake.isAway = false
  fake.refuses.add('bad')
  fake.alerts = [{ budget: { id: 'b' } as BudgetAlert['budget'], windowStart: 0, spentNanoUsd: 1 }]
  await ledger.drain()
  assert.deepEqual([fake.order, refused, alerted], [['a', 'c'], ['bad already_exists'], [1, 1]])
  assert.equal(journal.pending().length, 0)
  await ledger.close()
})
