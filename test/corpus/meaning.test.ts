/** Plays tables G to K of the bad-input corpus: what is well framed and well formed, and bad all the same. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Case } from './case.ts'
import { seedOfRun } from './generate.ts'
import { meaningRows } from './meaning-dynamic.ts'
import { type MeaningRig, startMeaning } from './meaning-rig.ts'
import { sendGenerated, sendParsingCorpus, unblocked } from './over-socket.ts'
import { rowsG } from './rows-g.ts'
import { rowsH } from './rows-h.ts'
import { rowsI } from './rows-i.ts'
import { rowsJ } from './rows-j.ts'
import { rowsK } from './rows-k.ts'
import { goodExchange, type Mode, runCase } from './run.ts'
import { openConnection } from './socket.ts'

/** What a heap may have grown for good by, after a thousand requests. */
const MEMORY_SLACK_BYTES = 96 * 1024 * 1024
const MEMORY_WAIT_MS = 5_000

let rig: MeaningRig
let baseBytes = 0
before(async () => {
  rig = await startMeaning()
  await someGoodRequests()
  baseBytes = await rig.gateway.memory()
})
after(() => rig?.stop())

const tables = { G: rowsG, H: rowsH, I: rowsI, J: rowsJ, K: rowsK }
for (const [name, rows] of Object.entries(tables)) {
  describe(`table ${name}`, () => {
    for (const [index, one] of rows.entries()) test(`${one.row} ${one.title}`, () => play(one, index))
    for (const { row, title, run } of meaningRows.filter((one) => one.row.startsWith(name)))
      test(`${row} ${title}`, () => run(rig))
    test(`[NEV-50] ${name} leaves the gateway alive, and nobody called where nobody may`, () => {
      assert.ok(rig.gateway.alive())
      assert.equal(rig.canary.connections(), 0)
      assert.deepEqual(crashes(), [])
    })
  })
}

test('[NEV-51] the parsing corpus over sockets', async (context) => {
  const blockMs = await unblocked(rig, () => sendParsingCorpus(rig))
  context.diagnostic(`longest event-loop block ${blockMs.toFixed(0)} ms`)
})

test('[NEV-52] generated input over sockets', async (context) => {
  const seed = seedOfRun()
  context.diagnostic(`seed ${seed}: WASAT_SEED=${seed} runs the same again`)
  const blockMs = await unblocked(rig, () => sendGenerated(rig, seed))
  context.diagnostic(`longest event-loop block ${blockMs.toFixed(0)} ms`)
  assert.deepEqual(crashes(), [])
})

test('[NEV-50] [NEV-52] the memory is back near where it was', async (context) => {
  const most = baseBytes + MEMORY_SLACK_BYTES
  const deadline = performance.now() + MEMORY_WAIT_MS
  let bytes = await rig.gateway.memory()
  while (bytes > most && performance.now() < deadline) {
    // An idle heap is not collected; a little work makes the collector look.
    await someGoodRequests()
    bytes = await rig.gateway.memory()
  }
  context.diagnostic(`resident ${mebibytes(baseBytes)} before, ${mebibytes(bytes)} after`)
  assert.ok(bytes <= most, `${mebibytes(bytes)} from ${mebibytes(baseBytes)}`)
})

/** These rows are not about framing: each is played on one kind of connection, and its neighbour on the other. */
async function play(one: Case, index: number): Promise<void> {
  const mode: Mode = index % 2 === 0 ? 'fresh' : 'kept'
  await runCase(rig, one, mode)
}

async function someGoodRequests(): Promise<void> {
  const connection = await openConnection(rig.context.port)
  for (let count = 0; count < 50; count++) await goodExchange(connection)
  connection.destroy()
}

/** Lines of the log that tell of a failure of our own. */
function crashes(): string[] {
  const lines = rig.gateway.output().split('\n')
  return lines.filter((line) => /unhandled|uncaught|"status":500|"code":"internal"/i.test(line))
}

const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`
