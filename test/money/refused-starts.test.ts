/** Data that a gateway does not start on: it says why, and what to do, and changes nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from '../gateway/rig.ts'
import { openPlace, type Place } from './books.ts'
import { openScene, type Scene } from './scene.ts'

const COMMAND = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Starts a gateway that is expected to refuse. */
async function serve(folder: string): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', '--data', folder], {
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...COMPILE_CACHE },
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      output += piece
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

let place: Place
let scene: Scene
let data: string
before(async () => {
  place = await openPlace('sqlite')
  scene = await openScene({ place })
  await scene.ask({ key: scene.paid })
  data = place.folder()
})
after(async () => {
  await scene.close()
  await place.remove()
})

test('[STO-10] S10 a second gateway on the same data refuses to start and names the first', async () => {
  const { code, output } = await serve(data)
  assert.notEqual(code, 0)
  assert.match(output, new RegExp(`in use by process ${scene.gateway.pid}`))
  assert.equal((await scene.ask({ key: scene.paid })).status, 200, 'the first one goes on')
})

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

function inDatabase(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

/** The page on which the list of migrations stands: the first thing that is read. */
function damagePage(path: string): void {
  const database = new DatabaseSync(path)
  const { page } = database
    .prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'migrations'")
    .get() as {
    page: number
  }
  const { page_size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (page - 1) * page_size, page * page_size)
  writeFileSync(path, bytes)
}

const DAMAGES: readonly [name: string, damage: (path: string) => void, words: RegExp][] = [
  [
    'cut off in the middle',
    (path) => truncateSync(path, 6_000),
    /restore a backup|malformed|not a database/i,
  ],
  ['no database at all', (path) => truncateSync(path, 700), /restore a backup|malformed|not a database/i],
  ['damaged on a page', damagePage, /restore a backup|malformed|not a database/i],
  [
    'made by a newer release',
    (path) =>
      inDatabase(
        path,
        "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (9999, '9999-later', 'x', 0)",
      ),
    /newer Wasat.*9999-later/s,
  ],
  [
    'made by another text of a migration',
    (path) => inDatabase(path, "UPDATE migrations SET checksum = 'x' WHERE number = 1"),
    /another text of the migration/,
  ],
]

for (const [name, damage, words] of DAMAGES) {
  test(`[STO-11] S11 data that is ${name}: it refuses to start, says what to do, and repairs nothing`, async () => {
    if (scene.gateway.alive()) await scene.gateway.stop()
    const copy = mkdtempSync(join(tmpdir(), 'wasat-damaged-'))
    try {
      cpSync(data, copy, { recursive: true })
      const path = join(copy, 'wasat.db')
      damage(path)
      const before = digest(path)
      const { code, output } = await serve(copy)
      assert.notEqual(code, 0, output)
      assert.match(output, words)
      assert.equal(digest(path), before)
    } finally {
      rmSync(copy, { recursive: true })
    }
  })
}
