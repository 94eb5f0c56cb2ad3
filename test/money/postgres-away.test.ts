/** A PostgreSQL that goes away and comes back, and what its clients and its ledger have of it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE, until } from '../gateway/rig.ts'
import { freePort } from '../servers/child-command.ts'
import { SERVICES_SKIP, startPostgres } from '../servers/services.ts'
import { moneyConfig, statusOf } from './rig.ts'
import {
  assertExact,
  assertRefused,
  keepAsking,
  openPostgresScene,
  type Scene,
  untilReadiness,
} from './scene.ts'

const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))

type Server = Awaited<ReturnType<typeof startPostgres>>

/** New budgeted requests are refused while it is away, and for this long at most after it is back. */
const HEALED_WITHIN_MS = 10_000

describe('a PostgreSQL that goes away', { skip: SERVICES_SKIP }, () => {
  let server: Server
  let url: string
  before(async () => {
    server = await startPostgres()
  })
  after(() => server.dispose())
  beforeEach(async () => {
    url = (await server.newDatabase()).url
  })

  const FAILURES: readonly [name: string, fail: () => Promise<void>][] = [
    ['restarted in fast mode', () => server.restart('fast')],
    ['restarted in immediate mode', () => server.restart('immediate')],
    ['killed and started again', () => server.kill().then(() => server.start())],
  ]
  for (const [name, fail] of FAILURES) {
    test(`[STO-13] S13 it is ${name} under load: streams go on, nothing is lost or doubled, and it heals`, async (context) => {
      const scene = await openPostgresScene(context, url)
      const long = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=20 delay=150' })
      const load = keepAsking(scene, 12, () => {
        const key = scene.told.length % 2 === 0 ? scene.paid : scene.free
        const form = scene.told.length % 3 === 0 ? 'sse' : 'unary'
        return { key, form, prompt: 'delay=5 before=10' }
      })
      await until('the load is on', () => scene.told.filter(({ isWhole }) => isWhole).length > 30)
      await fail()
      const failed = scene.told.length
      const isServed = () => scene.told.slice(failed).filter(({ isWhole }) => isWhole).length > 50
      await until('it serves again', isServed, HEALED_WITHIN_MS)
      await load.stop()
      assert.equal((await long).isWhole, true, 'the stream went on')
      const statuses = new Set(scene.told.map(({ status }) => status))
      assert.deepEqual(
        [...statuses].filter((status) => status !== 200 && status !== 503),
        [],
      )
      await untilReadiness(scene, 200)
      await assertExact(scene)
    })
  }

  test('[STO-23] S23 away: alive and not ready, the budgeted refused, the others answered; back: all as before', async (context) => {
    const scene = await openPostgresScene(context, url)
    await scene.ask({ key: scene.free })
    await server.stop('fast')
    await untilReadiness(scene, 503)
    assert.equal(await statusOf(scene.gateway, '/livez'), 200)
    const startedAtMs = performance.now()
    assertRefused(await scene.ask({ key: scene.paid }), 503, 'UNAVAILABLE')
    assert.ok(performance.now() - startedAtMs < 6_000)
    assert.equal((await scene.ask({ key: scene.free })).isWhole, true)
    await server.start()
    await untilReadiness(scene, 200)
    assert.equal((await scene.ask({ key: scene.paid })).isWhole, true)
    await assertExact(scene)
  })

  test('[STO-13] S13 it and the gateway die one after the other: what waited in the journal is on the ledger in the end', async (context) => {
    const scene = await openPostgresScene(context, url)
    // A key that was never seen before cannot be told from a wrong one.
    await scene.ask({ key: scene.free })
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=5 delay=100' })
    await until('the stream is under way', () => scene.billing.bill().length > 1)
    await server.kill()
    const free = await Promise.all(Array.from({ length: 5 }, () => scene.ask({ key: scene.free })))
    assert.ok([...free, await stream].every(({ isWhole }) => isWhole))
    await scene.gateway.kill()
    await server.start()
    await scene.restart()
    const { books } = await assertExact(scene)
    assert.equal(books.rows.size, 7)
  })

  test('[STO-22] S22 down at the start: it starts, says so, never blames the key, and heals without a restart', async (context) => {
    const scene = await openPostgresScene(context, url)
    await scene.gateway.stop()
    await server.stop('fast')
    const wasat = await serveUnready(context, scene, url)
    assert.equal(await statusOf(wasat, '/readyz'), 503)
    const ask = () =>
      fetch(`${wasat.url}/v1beta/models/billed-model:generateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': scene.paid.secret },
        body: JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] }),
      })
    const refused = await ask()
    assert.equal(refused.status, 503, await refused.text())
    await server.start()
    await until('it is ready', async () => (await statusOf(wasat, '/readyz')) === 200, 15_000)
    assert.equal((await ask()).status, 200)
  })
})

/** A gateway that does not tell its address yet, because nobody may come in; on a port of our choice. */
async function serveUnready(
  context: TestContext,
  scene: Scene,
  ledger: string,
): Promise<{ readonly url: string }> {
  const folder = scene.place.folder(7)
  await mkdir(folder)
  const port = await freePort()
  const path = join(folder, 'wasat.yaml')
  await writeFile(path, moneyConfig({ upstreamUrl: scene.billing.url, ledger }))
  const words = ['serve', '--port', `${port}`, '--config', path, '--data', join(folder, 'data')]
  const child = spawn(process.execPath, [COMMAND, ...words], {
    env: { PATH: process.env.PATH, ...COMPILE_CACHE },
    stdio: 'ignore',
  })
  context.after(() => child.kill('SIGKILL'))
  const wasat = { url: `http://127.0.0.1:${port}` }
  await until('it is alive', async () => (await statusOf(wasat, '/livez')) === 200)
  return wasat
}
