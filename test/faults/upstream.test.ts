/**
 * The catalogue of upstream faults against the real gateway: each row over each wire, whole and streamed, with and
 * without a second target; what the client saw, what the upstream saw, and what the books say.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { AttemptRow } from '../../src/nouns/ledger.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { dataFolder, type Gateway } from '../gateway/rig.ts'
import { assertSound, type Books, readBook } from '../money/books.ts'
import { type Booked, judgeClient, judgeLedger, judgeUpstream, type Played } from './judge.ts'
import { CANARY, type Case, casesOf, type Rig, startRig } from './rig.ts'
import { SAID_ROWS } from './rows-said.ts'
import { SILENT_ROWS } from './rows-silent.ts'
import { STREAM_ROWS } from './rows-streams.ts'
import { playScenes, SCENE_OPTIONS, SCENES } from './scenes.ts'

const ROWS = [...SILENT_ROWS, ...SAID_ROWS, ...STREAM_ROWS]
const CASES = casesOf(ROWS)
/** Most of them wait for a timeout. */
const AT_ONCE = 20
const CONTROL_MS_MAX = 100
const CONTROL_TRIES = 5

let rig: Rig
let played: ReadonlyMap<Case, Played>
let books: Books
let attempts: ReadonlyMap<string, readonly AttemptRow[]>
let sceneFailures: ReadonlyMap<unknown, unknown>
let controlMs: number
let wasAlive: boolean
let database: Buffer
let exitCode: number | string

before(async () => {
  const folder = await dataFolder()
  rig = await startRig({ cases: CASES, ...SCENE_OPTIONS, dataFolder: folder.path })
  const light = CASES.filter((one) => one.row.isHeavy !== true)
  const results = await playTogether(rig, longestFirst(light), AT_ONCE)
  const heavy = CASES.filter((one) => one.row.isHeavy === true)
  const [alone, failures] = await Promise.all([playTogether(rig, heavy, 1), playScenes(rig)])
  played = new Map([...results, ...alone])
  sceneFailures = failures
  controlMs = await fastest(rig.gateway)
  wasAlive = rig.gateway.alive()
  exitCode = await rig.gateway.stop('SIGINT')
  books = await readBook(await openSqliteBook(folder.path))
  attempts = await attemptsIn(folder.path)
  database = await readFile(join(folder.path, 'wasat.db'))
  await folder.remove()
})
after(() => rig?.close())

/** What waits for a clock begins at once, so that nothing waits for it in the end. */
function longestFirst(cases: readonly Case[]): readonly Case[] {
  const longest = ({ row, cell }: Case) => row.sees(cell).tookMs?.[1] ?? 0
  return [...cases].sort((one, other) => longest(other) - longest(one))
}

async function playTogether(rig: Rig, cases: readonly Case[], atOnce: number): Promise<Map<Case, Played>> {
  const results = new Map<Case, Played>()
  const waiting = [...cases]
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      results.set(one, await playOne(rig, one))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

async function playOne({ gateway, upstreams }: Rig, one: Case): Promise<Played> {
  const { cell, row, model, upstreamModel } = one
  const verb = cell.mode === 'unary' ? 'generateContent' : 'streamGenerateContent?alt=sse'
  const text = 'x'.repeat(row.bodyBytes ?? 2)
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text }] }] })
  const sentAtMs = performance.now()
  const received = await gateway.ask(`/v1beta/models/${model}:${verb}`, { body })
  const tookMs = performance.now() - sentAtMs
  return { received, tookMs, requests: upstreams[cell.wire].count(upstreamModel) }
}

async function fastest(gateway: Gateway): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY
  for (let tried = 0; tried < CONTROL_TRIES; tried++) {
    const sentAtMs = performance.now()
    const { status } = await gateway.ask('/v1beta/models/control:generateContent')
    assert.equal(status, 200)
    bestMs = Math.min(bestMs, performance.now() - sentAtMs)
  }
  return bestMs
}

async function attemptsIn(folder: string): Promise<ReadonlyMap<string, readonly AttemptRow[]>> {
  const found = new Map<string, AttemptRow[]>()
  const book = await openSqliteBook(folder)
  for await (const row of book.attempts())
    found.set(row.requestId, [...(found.get(row.requestId) ?? []), row])
  await book.close()
  return found
}

function bookedOf({ model }: Case): Booked {
  const rows = [...books.rows.values()].filter((row) => row.model === model)
  return { rows, attempts: rows.flatMap(({ requestId }) => attempts.get(requestId) ?? []) }
}

for (const row of ROWS) {
  suite(`[NEV-60] ${row.name}`, () => {
    for (const one of CASES) {
      if (one.row !== row) continue
      const name = `[NEV-60] ${row.name}, ${one.cell.wire}, ${one.cell.mode}, ${one.targets}`
      test(name, () => {
        const seen = played.get(one) as Played
        judgeClient(one, seen)
        judgeUpstream(one, seen)
        judgeLedger(one, bookedOf(one))
      })
    }
  })
}

for (const scene of SCENES) {
  test(`[NEV-60] ${scene.name}`, () => {
    if (sceneFailures.has(scene)) throw sceneFailures.get(scene)
  })
}

test('[NEV-60] after all of it the books add up, and nothing is left open', () => {
  assertSound(books)
  assert.deepEqual(books.open, [])
})

test('[NEV-60] the process lived through all of it, answers as fast as before, and ends well', () => {
  assert.ok(wasAlive)
  assert.ok(controlMs < CONTROL_MS_MAX, `${controlMs.toFixed(0)} ms`)
  assert.equal(exitCode, 0)
  assert.doesNotMatch(rig.gateway.output(), /unhandled|uncaught/i)
})

test('[NEV-60] U15 nobody followed a redirect', () => {
  assert.deepEqual(rig.canary.heads(), [])
})

test('[NEV-60] no key of an upstream stands in an answer, a log or the books', () => {
  assert.ok(!rig.gateway.output().includes(CANARY))
  assert.ok(!database.includes(CANARY))
  for (const [{ model }, { received }] of played) {
    assert.ok(!JSON.stringify([received.headers, received.text]).includes(CANARY), model)
  }
})
