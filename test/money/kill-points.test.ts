/** S06: a gateway is killed at a named point of one request, and what becomes of that request is known beforehand. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../gateway/rig.ts'
import { SERVICES_SKIP, services } from '../servers/services.ts'
import { startTcpProxy } from '../servers/tcp-proxy.ts'
import { assertSound, openPlace, type Place, readBooks, type StoreKind } from './books.ts'
import type { KillMoment } from './kill.ts'
import { type Form, moneyConfig, startMoneyGateway } from './rig.ts'
import { assertExact, type Judgement, openPostgresScene, openScene, type Scene } from './scene.ts'

/** What the row may say. Beyond the last event the gateway may or may not have settled before it died. */
type Expected = readonly ('crash_recovered' | 'complete')[]

const POINTS: readonly { moment: Exclude<KillMoment, 'time'>; what: string; expected: Expected }[] = [
  { moment: 'arrived', what: 'reserved, and the upstream has the request', expected: ['crash_recovered'] },
  { moment: 'firstEvent', what: 'the first event is on its way', expected: ['crash_recovered'] },
  {
    moment: 'lastEvent',
    what: 'everything but the end is on its way',
    expected: ['crash_recovered', 'complete'],
  },
  { moment: 'ended', what: 'the upstream has ended', expected: ['crash_recovered', 'complete'] },
  { moment: 'clientEnd', what: 'the client has its answer', expected: ['complete'] },
]
/** A dead replica counts as alive for a while, so that PostgreSQL is asked for one form only. */
const FORMS: Readonly<Record<StoreKind, readonly Form[]>> = {
  sqlite: ['unary', 'sse', 'array'],
  postgres: ['sse'],
}
const RECOVERY_MS_MAX = 60_000

function points(kind: StoreKind, skip: string | false): void {
  // A unary answer has no first event.
  const cases = POINTS.flatMap((point) =>
    FORMS[kind]
      .filter((form) => form !== 'unary' || point.moment !== 'firstEvent')
      .map((form) => ({ ...point, form })),
  )
  describe(`on ${kind}`, { skip }, () => {
    let place: Place
    let scene: Scene
    let judgement: Judgement
    let watched: ((moment: KillMoment) => void) | undefined
    before(async () => {
      place = await openPlace(kind)
      scene = await openScene({ place, onMoment: (moment) => watched?.(moment) })
      for (const { moment, form } of cases) await killAt(form, moment)
      await scene.restart()
      // A dead process of PostgreSQL's ledger is believed to be alive for half a minute.
      const isRecovered = async () => (await readBooks(place)).open.length === 0
      if (kind === 'postgres') await until('all is recovered', isRecovered, RECOVERY_MS_MAX)
      judgement = await assertExact(scene)
    })
    after(async () => {
      await scene.close()
      await place.remove()
    })

    async function killAt(form: Form, moment: KillMoment): Promise<void> {
      if (!scene.gateway.alive()) await scene.restart()
      const { pid } = scene.gateway
      let isKilled = false
      watched = (seen) => {
        if (seen !== moment || isKilled) return
        isKilled = true
        process.kill(pid, 'SIGKILL')
      }
      const id = `${form}-${moment}`
      const told = await scene.ask({ key: scene.paid, form, id, prompt: 'chunks=3 delay=10', isTagged: true })
      if (told.isWhole) watched('clientEnd')
      watched = undefined
      await scene.gateway.kill()
    }

    for (const { moment, form, what, expected } of cases) {
      test(`[STO-06] S06 ${form}: ${what}`, () => {
        const id = `${form}-${moment}`
        const told = scene.told.find((one) => one.id === id)
        if (moment === 'clientEnd') assert.equal(told?.isWhole, true, told?.text ?? 'no answer')
        const row = [...judgement.books.rows.values()].find(({ tags }) => tags?.id === id)
        assert.ok(
          (expected as readonly (string | undefined)[]).includes(row?.outcome),
          row?.outcome ?? 'no row',
        )
        const charged = scene.billing.bill().find((entry) => entry.id === id)!.nanoUsd
        assert.equal(row?.billedNanoUsd, row?.outcome === 'complete' ? charged : 0)
      })
    }
  })
}

/** A replica counts as alive for 30 s after its last sign of life, and the others look every 10 s. */
const GIVEN_UP_WITHIN_MS = 60_000

function lateSettlement(): void {
  test('[STO-14] S14 a settlement that comes after another replica has given the request up is added to it, to the nano', {
    skip: SERVICES_SKIP,
  }, async (context) => {
    const database = await services().postgres.newDatabase()
    const { port } = new URL(database.url)
    const proxy = await startTcpProxy(Number(port))
    const through = database.url.replace(`:${port}/`, `:${proxy.port}/`)
    const scene = await openPostgresScene(context, database.url, through)
    context.after(() => database.drop())
    const config = moneyConfig({ upstreamUrl: scene.billing.url, ledger: database.url })
    const other = await startMoneyGateway({ config, dataFolder: scene.place.folder(1) })
    context.after(() => other.kill())
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=5 delay=100' })
    await until('the stream is under way', () => scene.billing.bill().length > 0)
    await proxy.close()
    assert.equal((await stream).isWhole, true)
    await scene.gateway.kill()
    const read = async () => [...(await readBooks(scene.place)).rows.values()].at(0)
    await until(
      'it is given up',
      async () => (await read())?.outcome === 'crash_recovered',
      GIVEN_UP_WITHIN_MS,
    )
    const again = await startMoneyGateway({ config, dataFolder: scene.place.folder() })
    context.after(() => again.kill())
    await until('it is added', async () => (await read())?.adjustedNanoUsd !== 0)
    await again.stop()
    const books = await readBooks(scene.place)
    assertSound(books)
    const [row] = books.rows.values()
    assert.deepEqual([row?.billedNanoUsd, row?.adjustedNanoUsd], [0, scene.billing.bill()[0]?.nanoUsd])
    const spent = books.windows.map(({ spentNanoUsd, reservedNanoUsd }) => [spentNanoUsd, reservedNanoUsd])
    assert.deepEqual(spent, [[row?.adjustedNanoUsd, 0]])
  })
}

// Most of the time they wait for a dead replica to be given up.
describe('killed at a named point', { concurrency: true }, () => {
  points('sqlite', false)
  points('postgres', SERVICES_SKIP)
  lateSettlement()
})
