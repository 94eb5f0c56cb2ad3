/** One fixture has one price, however it travels. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { charge, planOf, TARIFF } from '../servers/billing-plan.ts'
import { type Billing, startBilling } from '../servers/billing-upstream.ts'
import { assertSound, openPlace, type Place, readBooks } from './books.ts'
import {
  type Ask,
  ask,
  type Form,
  type MoneyGateway,
  makeKey,
  moneyConfig,
  startMoneyGateway,
} from './rig.ts'

const AT_ONCE = 100
const FIXTURE =
  'prompt=210 image=40 audio=30 cached=25 cachedaudio=5 output=120 picture=9 thoughts=31 tool=12 searches=2 chunks=6'
const MAX_OUTPUT_TOKENS = 500

let place: Place
let billing: Billing
let gateway: MoneyGateway
let key: string
before(async () => {
  place = await openPlace('sqlite')
  billing = await startBilling()
  const config = moneyConfig({ upstreamUrl: billing.url, ledger: place.ledger })
  gateway = await startMoneyGateway({ config, dataFolder: place.folder() })
  key = (await makeKey(gateway, 'payer')).secret
})
after(async () => {
  if (gateway.alive()) await gateway.kill()
  await billing.close()
  await place.remove()
})

interface Way {
  readonly name: string
  readonly form: Form
  /** Beside the fixture. */
  readonly words?: string
  readonly times?: number
  readonly leaveEarly?: boolean
}

const WAYS: readonly Way[] = [
  { name: 'unary', form: 'unary' },
  { name: 'events', form: 'sse' },
  { name: 'array', form: 'array' },
  { name: 'cut-anywhere', form: 'sse', words: 'split=random' },
  { name: 'cut-everywhere', form: 'sse', words: 'split=bytes' },
  { name: 'merged', form: 'sse', words: 'split=merged' },
  { name: 'merged-array', form: 'array', words: 'split=merged' },
  { name: 'unary-at-once', form: 'unary', times: AT_ONCE },
  { name: 'events-at-once', form: 'sse', times: AT_ONCE },
  { name: 'failed-first', form: 'unary', words: 'fail=503' },
  { name: 'reset-first', form: 'unary', words: 'fail=reset' },
  { name: 'failed-first-events', form: 'sse', words: 'fail=503' },
  { name: 'left', form: 'sse', words: 'delay=20', leaveEarly: true },
]

async function go({ name, form, words = '', times = 1, leaveEarly = false }: Way): Promise<void> {
  const asks = Array.from({ length: times }, (_, index): Ask => {
    const id = `${name}.${index}`
    return { form, id, key, leaveEarly, prompt: `${words} ${FIXTURE}`, maxOutputTokens: MAX_OUTPUT_TOKENS }
  })
  const told = await Promise.all(asks.map((one) => ask(gateway, { ...one, agent: gateway.agent })))
  if (!leaveEarly)
    assert.ok(
      told.every(({ isWhole }) => isWhole),
      `${name}: ${JSON.stringify(told[0])}`,
    )
}

test('[BIL-01] the bill of one fixture is the same in all forms, alone or at once, with and without a failed attempt', async () => {
  for (const way of WAYS) await go(way)
  await gateway.stop()
  const books = await readBooks(place)
  assertSound(books)
  assert.deepEqual(books.open, [])
  const expected = charge(planOf(`${FIXTURE} x`).counts, TARIFF)
  const billed = new Map<string, number[]>()
  for (const row of books.rows.values()) {
    const name = nameOf(row.modelVersion)
    billed.set(name, [...(billed.get(name) ?? []), row.billedNanoUsd])
    assert.equal(row.usageSource, 'final', name)
    // A kept connection that is reset under a request costs no attempt.
    const attempts = name === 'reset-first' ? [1, 2] : [name.includes('first') ? 2 : 1]
    assert.ok(attempts.includes(row.attempts), `${name}: ${row.attempts}`)
  }
  for (const { name, times = 1 } of WAYS) {
    assert.deepEqual(billed.get(name), Array(times).fill(expected), name)
  }
  const total = billing.bill().reduce((sum, entry) => sum + entry.nanoUsd, 0)
  assert.equal(
    [...books.rows.values()].reduce((sum, row) => sum + row.billedNanoUsd, 0),
    total,
  )
})

/** The upstream puts the id of the request into the version of its model. */
const nameOf = (modelVersion: string | undefined): string =>
  (modelVersion ?? '').split('/').at(-1)!.split('.')[0]!
