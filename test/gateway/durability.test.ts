/** The last byte of an answer leaves after its row is on the disk: who saw the end is on the ledger, whatever dies. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { ARRAY, ASK, dataFolder, type Gateway, ledgerRows, SSE, startGateway, UNARY, until } from './rig.ts'

const KILLS = 10
/** Gateways side by side, each on a data folder of its own. */
const LANES = 4
/** Longer than an answer of the replay takes by two orders of magnitude, shorter than the store waits for a lock. */
const HELD_MS = 300

const FORMS: readonly [string, string][] = [
  ['unary', UNARY],
  ['SSE', SSE],
  ['array', ARRAY],
  ['embedding', '/v1beta/models/gemini-embedding-001:embedContent'],
]

let replay: Replay
let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
before(async () => {
  replay = await startReplay()
  folder = await dataFolder()
  gateway = await start(folder.path)
})
after(async () => {
  await gateway.stop('SIGINT')
  await replay.close()
  await folder.remove()
})

const start = (path: string): Promise<Gateway> =>
  startGateway({
    dataFolder: path,
    config: `upstreams: { replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] } }`,
  })

/** Starts, asks, kills at the end of the answer, again and again on one folder; the ids whose row is not there. */
async function killAgainAndAgain(path: string): Promise<string[]> {
  const lane = await dataFolder()
  const seen: string[] = []
  const body = path.includes('embed') ? '{"content":{"parts":[{"text":"hi"}]}}' : ASK
  for (let round = 0; round < KILLS / LANES; round++) {
    const victim = await start(lane.path)
    const answer = await victim.open(path, { body })
    // At the very event, in this same turn: there is no time for a late commit.
    answer.response.on('end', () => process.kill(victim.pid, 'SIGKILL'))
    const { status, complete, headers } = await answer.over
    assert.deepEqual([status, complete], [200, true])
    seen.push(String(headers['x-request-id']))
    await victim.kill()
  }
  const rows = ledgerRows(lane.path)
  await lane.remove()
  return seen.filter((id) => !rows.has(id))
}

test('[LEDGER-02] S05 kill -9 right after the last byte loses no row, time and again', async () => {
  const lost = await Promise.all(FORMS.map(([, path]) => killAgainAndAgain(path)))
  assert.deepEqual(lost.flat(), [])
})

for (const [name, path] of FORMS.slice(0, 3)) {
  test(`[LEDGER-01] S01 while the disk is held, no client sees the end of a ${name} answer`, async () => {
    // A connection of another process, as a backup has one: its lock is SQLite's own.
    const database = new DatabaseSync(join(folder.path, 'wasat.db'))
    try {
      database.exec('BEGIN IMMEDIATE')
      const heldAtMs = performance.now()
      let isOver = false
      const answer = gateway.ask(path).finally(() => {
        isOver = true
      })
      await until('the lock was held long enough', () => performance.now() - heldAtMs > HELD_MS)
      assert.equal(isOver, false, 'the answer ended before its row could be written')
      database.exec('ROLLBACK')
      const { status, complete } = await answer
      assert.deepEqual([status, complete], [200, true])
    } finally {
      database.close()
    }
  })
}

test('[LEDGER-05] S02 what the ledger will not take waits beside it, and is there when it can again', async () => {
  const database = new DatabaseSync(join(folder.path, 'wasat.db'))
  const readiness = async () => (await gateway.ask('/readyz', { method: 'GET' })).status
  try {
    // What a damaged or foreign schema does: every insert fails.
    database.exec('ALTER TABLE requests RENAME TO requests_away')
    const answers = [await gateway.ask(UNARY), await gateway.ask(SSE)]
    for (const { status, complete } of answers) assert.deepEqual([status, complete], [200, true])
    assert.equal(await readiness(), 503)
    database.exec('ALTER TABLE requests_away RENAME TO requests')
    await until('the journal is empty', async () => (await readiness()) === 200)
    const rows = ledgerRows(folder.path)
    for (const { headers } of answers) assert.ok(rows.has(String(headers['x-request-id'])))
  } finally {
    database.close()
  }
})
