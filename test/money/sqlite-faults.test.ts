/** What happens to the file under a running gateway, and what its clients and its ledger have of it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { until } from '../gateway/rig.ts'
import { forbidWrites } from '../servers/forbidden-writes.ts'
import { openPlace, type Place } from './books.ts'
import { statusOf } from './rig.ts'
import { assertExact, assertRefused, openScene, type Scene, untilReadiness } from './scene.ts'

/** How long a lock is held that the gateway does not wait for; 60_000 is the catalogue's own. */
const LONG_LOCK_MS = Number(process.env.WASAT_LOCK_MS ?? 9_000)
const SHORT_LOCK_MS = 3_000
/** Waiting for a lock is bounded by 5 s; the rest is for a busy machine. */
const REFUSED_WITHIN_MS = 7_500

async function sceneFor(context: TestContext, place?: Place): Promise<Scene> {
  const where = place ?? (await openPlace('sqlite'))
  const scene = await openScene({ place: where })
  context.after(async () => {
    await scene.close()
    await where.remove()
  })
  return scene
}

/** Another process's lock, as a backup tool or a console has one. */
function lock(scene: Scene): () => void {
  const database = new DatabaseSync(join(scene.place.folder(), 'wasat.db'))
  database.exec('BEGIN EXCLUSIVE')
  return () => {
    database.exec('ROLLBACK')
    database.close()
  }
}

/** A disk of its own that can be filled; only root can make one. */
function smallDisk(context: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
  context.after(() => {
    execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

function fill(disk: string): () => void {
  const { bavail, bsize } = statfsSync(disk)
  const filler = join(disk, 'filler')
  writeFileSync(filler, Buffer.alloc(bavail * bsize))
  return () => rmSync(filler)
}

// Each has a gateway and a disk of its own, and most of them wait.
describe('SQLite that fails', { concurrency: true }, () => {
  test('[STO-01] S01 locked for 3 s: everybody waits, and nothing fails', async (context) => {
    const scene = await sceneFor(context)
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=4 delay=100' })
    await until('the stream is under way', () => scene.billing.bill().length > 0)
    const unlock = lock(scene)
    const startedAtMs = performance.now()
    setTimeout(unlock, SHORT_LOCK_MS)
    const late = await Promise.all([scene.ask({ key: scene.paid }), scene.ask({ key: scene.free })])
    assert.ok(performance.now() - startedAtMs >= SHORT_LOCK_MS - 50, 'nobody was let in before')
    assert.deepEqual(
      [...late, await stream].map(({ status, isWhole }) => [status, isWhole]),
      Array(3).fill([200, true]),
    )
    const { books } = await assertExact(scene)
    assert.equal(books.rows.size, 3)
  })

  test('[STO-01] S01 locked for longer than it waits: the budgeted are refused, the others answered, and what was under way is not lost', async (context) => {
    const scene = await sceneFor(context)
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=4 delay=100' })
    await until('the stream is under way', () => scene.billing.bill().length > 0)
    const unlock = lock(scene)
    const lockedAtMs = performance.now()
    const budgeted = await scene.ask({ key: scene.paid, id: 'refused' })
    assertRefused(budgeted, 503, 'UNAVAILABLE')
    assert.ok(performance.now() - lockedAtMs < REFUSED_WITHIN_MS)
    assert.ok(!scene.billing.bill().some(({ id }) => id === 'refused'), 'it did not begin')
    const free = await scene.ask({ key: scene.free })
    assert.deepEqual([free.isWhole, (await stream).isWhole], [true, true], free.text)
    await untilReadiness(scene, 503)
    assert.equal(await statusOf(scene.gateway, '/livez'), 200)
    await sleep(Math.max(0, LONG_LOCK_MS - (performance.now() - lockedAtMs)))
    unlock()
    await untilReadiness(scene, 200)
    assert.equal((await scene.ask({ key: scene.paid })).status, 200)
    const { books } = await assertExact(scene)
    assert.equal(books.rows.size, 3)
  })

  test('[STO-01] S01 killed while settlements wait in the journal: after the restart they are on the ledger', async (context) => {
    const scene = await sceneFor(context)
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=4 delay=100' })
    await until('the stream is under way', () => scene.billing.bill().length > 0)
    const unlock = lock(scene)
    const free = await Promise.all(Array.from({ length: 5 }, () => scene.ask({ key: scene.free })))
    assert.ok([...free, await stream].every(({ isWhole }) => isWhole))
    await scene.gateway.kill()
    unlock()
    await scene.restart()
    const { books } = await assertExact(scene)
    assert.equal(books.rows.size, 6)
  })

  test('[STO-02] S02 the disk is full: no new budgeted request, nothing under way is lost, and space heals it', async (context) => {
    const disk = smallDisk(context)
    if (disk === undefined) return context.skip('a disk of its own can only be made by root on Linux')
    const folder = () => join(disk, 'data')
    const scene = await sceneFor(context, {
      ...(await openPlace('sqlite')),
      folder,
      openBook: async () => openSqliteBook(folder()),
    })
    const stream = scene.ask({ key: scene.paid, form: 'sse', prompt: 'chunks=6 delay=200' })
    await until('the stream is under way', () => scene.billing.bill().length > 0)
    const free = fill(disk)
    await until('the disk is felt', async () => (await scene.ask({ key: scene.paid })).status === 503)
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.ask({ key: scene.free })))
    assert.ok(
      answers.every(({ isWhole }) => isWhole),
      'the journal has its room',
    )
    assert.equal((await stream).isWhole, true)
    await untilReadiness(scene, 503)
    free()
    await untilReadiness(scene, 200)
    assert.equal((await scene.ask({ key: scene.paid })).status, 200)
    await assertExact(scene)
  })

  test('[STO-03] S03 every write fails: nobody is answered without a record, nothing new begins, and it heals', async (context) => {
    if (process.platform !== 'linux') return context.skip('prlimit is Linux’s')
    const scene = await sceneFor(context)
    await scene.ask({ key: scene.paid })
    const allow = forbidWrites(scene.gateway.pid)
    const refused = await scene.ask({ key: scene.paid, id: 'refused-1' })
    // The first one without a budget finds out that the journal fails as well.
    const free = await scene.ask({ key: scene.free })
    assert.equal(free.isWhole, false, 'it could not be recorded')
    for (const answer of [refused, await scene.ask({ key: scene.free, id: 'refused-2' })]) {
      assertRefused(answer, 503, 'UNAVAILABLE')
      assert.ok(!scene.billing.bill().some(({ id }) => id === answer.id), 'it did not begin')
    }
    await untilReadiness(scene, 503)
    assert.equal(await statusOf(scene.gateway, '/livez'), 200)
    allow()
    for (const key of [scene.paid, scene.free]) {
      await until('it heals', async () => (await scene.ask({ key })).status === 200)
    }
    await untilReadiness(scene, 200)
    await assertExact(scene)
  })

  for (const [how, hurt] of [
    ['deleted', (path: string) => rmSync(path)],
    ['renamed', (path: string) => renameSync(path, `${path}.away`)],
    [
      'replaced',
      (path: string) => {
        renameSync(path, `${path}.away`)
        writeFileSync(path, '')
      },
    ],
  ] as const) {
    test(`[STO-08] S08 the file is ${how} under it: told within ten seconds, and no new database in silence`, async (context) => {
      const scene = await sceneFor(context)
      await scene.ask({ key: scene.paid })
      const path = join(scene.place.folder(), 'wasat.db')
      hurt(path)
      await untilReadiness(scene, 503, 10_000)
      assertRefused(await scene.ask({ key: scene.paid }), 503, 'UNAVAILABLE')
      assert.equal(await statusOf(scene.gateway, '/livez'), 200)
      assert.equal(existsSync(path), how === 'replaced')
      await scene.gateway.stop()
      if (how === 'deleted') return
      // The operator puts it back: everything that was told is there.
      renameSync(`${path}.away`, path)
      await scene.restart()
      await assertExact(scene)
    })
  }
})
