/** Plays the bad-input corpus against the real gateway: each case on a fresh and on a kept connection. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Case } from './case.ts'
import { dynamicRows } from './dynamic.ts'
import { type Probe, startProbe } from './probe.ts'
import { type Corpus, type GatewayRig, startCorpus } from './rigs.ts'
import { rowsA } from './rows-a.ts'
import { rowsB } from './rows-b.ts'
import { rowsC } from './rows-c.ts'
import { rowsD } from './rows-d.ts'
import { rowsE } from './rows-e.ts'
import { rowsF } from './rows-f.ts'
import { goodExchange, type Mode, runCase } from './run.ts'
import { openConnection } from './socket.ts'

const EVENT_LOOP_BLOCK_MS_MAX = 50
/** What a heap may have grown for good by after hundreds of requests, buffers of 20 MiB among them. */
const MEMORY_SLACK_BYTES = 160 * 1024 * 1024
const MEMORY_WAIT_MS = 10_000
const MEMORY_POLL_MS = 250
const MODES: readonly Mode[] = ['fresh', 'kept']
/** A measured case runs three times: a neighbour only adds to what is our own, so the shortest of the longest waits counts. */
const MEASURED_MODES: readonly Mode[] = ['fresh', 'kept', 'fresh']

let corpus: Corpus
let probe: Probe
let baseBytes = 0
before(async () => {
  corpus = await startCorpus()
  baseBytes = await settledMemory(corpus.main)
  probe = startProbe(corpus.main.gateway)
})
after(async () => {
  await probe?.close()
  await corpus?.stop()
})

const tables = { A: rowsA, B: rowsB, C: rowsC, D: rowsD, E: rowsE, F: rowsF }
for (const [name, rows] of Object.entries(tables)) {
  describe(`table ${name}`, () => {
    for (const one of rows)
      test(`${one.row} ${one.title}`, (context) => play(one, (text) => context.diagnostic(text)))
    for (const { row, title, run } of dynamicRows.filter((one) => one.row.startsWith(name))) {
      test(`${row} ${title}`, (context) => run(corpus, (text) => context.diagnostic(text)))
    }
    test(`${name} leaves the gateway alive and its memory near where it was`, async (context) => {
      const bytes = await memoryBackTo(corpus.main, baseBytes + MEMORY_SLACK_BYTES)
      context.diagnostic(`resident ${mebibytes(baseBytes)} before, ${mebibytes(bytes)} after`)
      assert.ok(bytes <= baseBytes + MEMORY_SLACK_BYTES, `${mebibytes(bytes)} from ${mebibytes(baseBytes)}`)
      assert.ok(corpus.main.gateway.alive() && corpus.tight.gateway.alive())
    })
  })
}

describe('the log', () => {
  test('F11 the log has no raw control character and tells of no crash', () => {
    const output = corpus.main.gateway.output() + corpus.tight.gateway.output()
    assert.doesNotMatch(output, /[\x00-\x08\x0b-\x1f\x7f]/)
    assert.doesNotMatch(output, /unhandled|uncaught/i)
  })
})

async function play(one: Case, say: (text: string) => void): Promise<void> {
  const rig = one.gateway === 'tight' ? corpus.tight : corpus.main
  if (!one.measured) {
    for (const mode of MODES) await named(mode, () => runCase(rig, one, mode))
    return
  }
  const blocks: number[] = []
  for (const mode of MEASURED_MODES) {
    blocks.push(await probe.during(() => named(mode, () => runCase(rig, one, mode))))
  }
  say(`longest /livez: ${blocks.map((block) => block.toFixed(0)).join(', ')} ms`)
  const own = Math.min(...blocks)
  assert.ok(
    own <= EVENT_LOOP_BLOCK_MS_MAX,
    `the event loop stood still for ${own.toFixed(0)} ms, allowed ${EVENT_LOOP_BLOCK_MS_MAX} ms`,
  )
}

/** Says on which kind of connection it failed. */
async function named(mode: Mode, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Error) error.message = `on a ${mode} connection: ${error.message}`
    throw error
  }
}

/** The resident size once a few good requests have gone through, so that no table pays for the start. */
async function settledMemory(rig: GatewayRig): Promise<number> {
  await nudge(rig)
  return rig.gateway.memory()
}

async function memoryBackTo(rig: GatewayRig, mostBytes: number): Promise<number> {
  const deadline = performance.now() + MEMORY_WAIT_MS
  for (;;) {
    const bytes = await rig.gateway.memory()
    if (bytes <= mostBytes || performance.now() > deadline) return bytes
    // An idle heap is not collected; a little work makes the collector look.
    await nudge(rig)
    await new Promise((resolve) => setTimeout(resolve, MEMORY_POLL_MS))
  }
}

async function nudge(rig: GatewayRig): Promise<void> {
  const connection = await openConnection(rig.context.port)
  for (let count = 0; count < 50; count++) await goodExchange(connection)
  connection.destroy()
}

const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`
