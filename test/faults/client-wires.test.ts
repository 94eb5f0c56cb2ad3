/** Client faults over every wire, unary and streamed: what the client saw, what went upstream, what the books hold. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Cell, cellOf, type Mode } from '../../src/cli/faults/bytes.ts'
import { FAULT_WIRES } from '../../src/cli/faults/wires.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { dataFolder, until } from '../gateway/rig.ts'
import { assertSound, type Books, readBook } from '../money/books.ts'
import { type ClientRig, requestOf, SSE_VERB, sending, startClientRig } from './client-rig.ts'
import { CLIENT_ROWS, type ClientRow, type Stage } from './client-rows.ts'
import { CROWD_PLAYS, type CrowdLeft, DRAINS_MAX, leaveAtOnce } from './crowd.ts'

const MODES: readonly Mode[] = ['unary', 'stream']
const CONTROL_MS_MAX = 100
const AT_ONCE = 20

interface Case {
  readonly row: ClientRow
  readonly cell: Cell
  readonly model: string
}

const CASES = CLIENT_ROWS.flatMap((row, number) =>
  FAULT_WIRES.flatMap((wire) =>
    (row.modes ?? MODES).map(
      (mode): Case => ({ row, cell: cellOf(wire, mode), model: `${wire}.${mode}.${number}` }),
    ),
  ),
)

let rig: ClientRig
let books: Books
let left: CrowdLeft
let controlMs: number
const seen = new Map<Case, { readonly failure: unknown; readonly requests: number }>()

before(async () => {
  const folder = await dataFolder()
  const plays = new Map([
    ...CROWD_PLAYS,
    ...CASES.map(({ row, cell, model }) => [model, row.play(cell)] as const),
  ])
  const server = { drains: { count: DRAINS_MAX } }
  rig = await startClientRig({ plays, dataFolder: folder.path, server })
  const isStorm = ({ row }: Case) => row.isStorm === true
  await playSome(CASES.filter((one) => !isStorm(one)))
  await Promise.all(CASES.filter(isStorm).map(play))
  await quiet()
  for (const one of CASES) seen.set(one, { failure: seen.get(one)?.failure, requests: requestsOf(one) })
  left = await leaveAtOnce(rig)
  await quiet()
  controlMs = await fastest()
  assert.equal(await rig.gateway.stop('SIGINT'), 0)
  books = await readBook(await openSqliteBook(folder.path))
  await folder.remove()
})
after(() => rig?.close())

/** Not all at once: what a row times would be the time of its neighbours. */
async function playSome(cases: readonly Case[]): Promise<void> {
  const waiting = [...cases]
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await play(one)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

const requestsOf = ({ cell, model }: Case) => rig.upstreams[cell.wire].count(model)

async function play(one: Case): Promise<void> {
  const { row, cell, model } = one
  const verb = cell.mode === 'unary' ? 'generateContent' : SSE_VERB
  const stage: Stage = {
    rig,
    cell,
    model,
    send: (sent) => sending(rig.gateway.port, requestOf(model, rig.gateway.key, { verb, ...sent })),
    requests: () => requestsOf(one),
  }
  const failure = await row.act(stage).then(
    () => undefined,
    (error: unknown) => error,
  )
  seen.set(one, { failure, requests: 0 })
}

async function quiet(): Promise<void> {
  for (const gauge of ['wasat_drains', 'wasat_active_streams'])
    await until(`${gauge} is 0`, async () => (await rig.gateway.metric(gauge)) === 0)
}

async function fastest(): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY
  for (let tried = 0; tried < 5; tried++) {
    const sentAtMs = performance.now()
    assert.equal((await rig.gateway.ask('/livez', { method: 'GET' })).status, 200)
    bestMs = Math.min(bestMs, performance.now() - sentAtMs)
  }
  return bestMs
}

const rowsOf = (model: string) => [...books.rows.values()].filter((row) => row.model === model)

for (const one of CASES) {
  const { row, cell, model } = one
  test(`[NEV-61] ${row.name}, ${cell.wire}, ${cell.mode}`, () => {
    const { failure, requests } = seen.get(one) ?? { failure: new Error('not played'), requests: 0 }
    if (failure !== undefined) throw failure
    if (row.requests !== undefined) assert.equal(requests, row.requests, 'requests that reached the upstream')
    const booked = row.booked(cell)
    const rows = rowsOf(model)
    assert.equal(rows.length, requests, 'each request that was sent is one row')
    for (const [index, { outcome, usageSource, billedNanoUsd }] of rows.entries()) {
      const wanted = 'outcome' in booked ? booked : booked[index]
      assert.equal(outcome, wanted?.outcome)
      assert.ok(wanted?.usage.split(' ').includes(usageSource), usageSource)
      assert.equal(billedNanoUsd > 0, wanted?.isBilled, `billed ${billedNanoUsd}`)
    }
  })
}

for (const wire of FAULT_WIRES) {
  test(`[NEV-61] C04 many that leave at once, ${wire}: each is one row, and what was begun is billed`, () => {
    const rows = rowsOf(`${wire}.stream.crowd`)
    assert.equal(rows.length, left.clients)
    for (const { outcome, usageSource, billedNanoUsd } of rows) {
      assert.equal(outcome, 'client_gone')
      assert.ok(['final', 'partial', 'estimated'].includes(usageSource), usageSource)
      assert.ok(billedNanoUsd > 0)
    }
  })
}

test('[NEV-61] C04 as many as may be are read to their end, the others are hung up on, and no descriptor stays', () => {
  const { drained, filesBefore, filesAfter } = left
  assert.equal(drained, DRAINS_MAX, 'read to their end at once')
  const rows = FAULT_WIRES.flatMap((wire) => rowsOf(`${wire}.stream.crowd`))
  assert.equal(rows.filter(({ usageSource }) => usageSource === 'final').length, DRAINS_MAX)
  assert.ok(filesAfter <= filesBefore + DRAINS_MAX, `${filesBefore} descriptors before, ${filesAfter} after`)
})

test('[NEV-61] after all of it the books add up, nothing is open, and the gateway is as fast as before', () => {
  assertSound(books)
  assert.deepEqual(books.open, [])
  assert.ok(controlMs < CONTROL_MS_MAX, `${controlMs.toFixed(0)} ms`)
  assert.doesNotMatch(rig.gateway.output(), /unhandled|uncaught|MaxListeners/i)
})
