/** The two things that a request is judged by and that may change while it is under way: the time and the price. */
import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../gateway/rig.ts'
import { charge, planOf, TARIFF } from '../servers/billing-plan.ts'
import { startBilling } from '../servers/billing-upstream.ts'
import { FAKETIME_SKIP, type FakeClock, makeFakeClock } from '../servers/fake-clock.ts'
import { assertSound, openPlace, readBooks } from './books.ts'
import { ask, budgetState, makeBudget, makeKey, moneyConfig, startMoneyGateway } from './rig.ts'
import { assertExact, openScene } from './scene.ts'

// ---------------------------------------------------------------------------------------------
// The time.

function clockFor(context: TestContext): FakeClock {
  const clock = makeFakeClock()
  context.after(() => clock.remove())
  return clock
}

const STEPS_SECONDS = [3_600, -3_600, 86_400, -86_400, 0]

test('[STO-24] S24 the clock steps by hours and days, back and forth: all is answered and every window adds up', {
  skip: FAKETIME_SKIP,
}, async (context) => {
  const clock = clockFor(context)
  const place = await openPlace('sqlite')
  const scene = await openScene({ place, env: clock.env })
  context.after(async () => {
    await scene.close()
    await place.remove()
  })
  await makeBudget(scene.gateway, { scope: 'gateway', limitNanoUsd: 1e12, period: 'day' })
  for (const step of STEPS_SECONDS) {
    const under = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=4 delay=60' })
    await until('it is under way', () => scene.billing.bill().length > scene.told.length)
    clock.set(step < 0 ? `${step}` : `+${step}`)
    const answers = [await under, await scene.ask({ key: scene.paid }), await scene.ask({ key: scene.free })]
    assert.deepEqual(
      answers.map(({ isWhole }) => isWhole),
      [true, true, true],
      answers.map(({ text }) => text).join(),
    )
  }
  const { books } = await assertExact(scene)
  for (const row of books.rows.values()) {
    assert.ok(row.durationMs >= 0 && row.durationMs < 60_000, `${row.durationMs} ms`)
  }
  const admitted = [...books.rows.values()].map(({ admittedAt }) => admittedAt)
  assert.ok(Math.max(...admitted) - Math.min(...admitted) > 2 * 86_400_000 - 60_000, 'the clock did step')
})

test('[STO-24] S24 the month ends while requests are under way: each counts where it was admitted', {
  skip: FAKETIME_SKIP,
}, async (context) => {
  const clock = clockFor(context)
  clock.set('@2026-11-30 23:59:50')
  const place = await openPlace('sqlite')
  const scene = await openScene({ place, env: clock.env })
  context.after(async () => {
    await scene.close()
    await place.remove()
  })
  const monthly = await makeBudget(scene.gateway, {
    scope: 'key',
    scopeId: scene.free.id,
    limitNanoUsd: 1e12,
    period: 'month',
  })
  const before = await scene.ask({ key: scene.free, id: 'before' })
  const under = scene.ask({ key: scene.free, id: 'under', form: 'sse', prompt: 'chunks=4 delay=60' })
  await until('it is under way', () => scene.billing.bill().some(({ id }) => id === 'under'))
  clock.set('@2026-12-01 00:00:00')
  const afterwards = await scene.ask({ key: scene.free, id: 'afterwards' })
  assert.deepEqual(
    [before, await under, afterwards].map(({ isWhole }) => isWhole),
    [true, true, true],
  )
  const { books } = await assertExact(scene)
  const costOf = (...ids: string[]) =>
    scene.billing
      .bill()
      .filter(({ id }) => ids.includes(id))
      .reduce((sum, { nanoUsd }) => sum + nanoUsd, 0)
  const spent = books.windows
    .filter(({ budgetId }) => budgetId === monthly)
    .map(({ spentNanoUsd }) => spentNanoUsd)
  assert.deepEqual(spent, [costOf('before', 'under'), costOf('afterwards')])
})

// ---------------------------------------------------------------------------------------------
// The price.

test('[STO-27] S27 the price changes while a request is under way: it costs what it cost when it began', async (context) => {
  const place = await openPlace('sqlite')
  const billing = await startBilling()
  const folder = mkdtempSync(join(tmpdir(), 'wasat-price-'))
  const path = join(folder, 'wasat.yaml')
  const doubled = { ...TARIFF, input: TARIFF.input * 2, output: TARIFF.output * 2 }
  const configOf = (tariff: typeof TARIFF) =>
    moneyConfig({ upstreamUrl: billing.url, ledger: place.ledger, tariff })
  writeFileSync(path, configOf(TARIFF))
  const gateway = await startMoneyGateway({ args: ['--config', path], dataFolder: place.folder() })
  context.after(async () => {
    if (gateway.alive()) await gateway.kill()
    await billing.close()
    rmSync(folder, { recursive: true })
    await place.remove()
  })
  const key = await makeKey(gateway, 'payer')
  const budget = await makeBudget(gateway, { scope: 'key', scopeId: key.id, limitNanoUsd: 1e12 })
  const prompt = 'prompt=100 output=50 thoughts=0 tool=0 cached=0'
  const go = (id: string, more = '') =>
    ask(gateway, { id, key: key.secret, form: 'sse', prompt: `${prompt} ${more}`, maxOutputTokens: 60 })
  const under = go('under', 'chunks=8 delay=150')
  await until('it is under way', () => billing.bill().length === 1)
  writeFileSync(`${path}.new`, configOf(doubled))
  renameSync(`${path}.new`, path)
  const { counts } = planOf(prompt, 60)
  const costs = { before: charge(counts, TARIFF), after: charge(counts, doubled) }
  let probes = 0
  await until('the new price is in force', async () => {
    const spentBefore = (await budgetState(gateway, budget)).spentNanoUsd
    await go(`probe-${probes++}`)
    return Number((await budgetState(gateway, budget)).spentNanoUsd) - Number(spentBefore) === costs.after
  })
  assert.equal((await under).isWhole, true)
  await gateway.stop()
  const books = await readBooks(place)
  assertSound(books)
  const billed = new Map(
    [...books.rows.values()].map((row) => [row.modelVersion?.split('/')[1], row.billedNanoUsd]),
  )
  assert.equal(billed.get('under'), costs.before)
  assert.equal(billed.get(`probe-${probes - 1}`), costs.after)
})
