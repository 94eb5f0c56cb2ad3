/** 2,000 streams at once, a third of the clients leaving at random moments, a tenth reading slowly. */
import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { type Rig, SSE, startRig } from './rig.ts'

const STREAMS = 2_000
const EVENTS = 24
const EVENT_EVERY_MS = 60
const SEED = Number(process.env.WASAT_SEED ?? Date.now() % 1_000_000)
/** What a heap may keep of a load that is over, beside what a first round of the same load left. */
const MEMORY_SLACK_BYTES = 24 * 1024 * 1024
const SETTLE_MS_MAX = 20_000

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.close())

/** mulberry32: small, seeded, good enough to pick who leaves when. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const eventText = (index: number) =>
  `data: {"candidates": [{"content": {"parts": [{"text": "event ${index} é🙂 ${'x'.repeat(200)}"}],"role": "model"}${index === EVENTS - 1 ? ',"finishReason": "STOP"' : ''},"index": 0}],"usageMetadata": {"promptTokenCount": 3,"totalTokenCount": ${index + 4}}}\r\n\r\n`
const WHOLE = Buffer.from(Array.from({ length: EVENTS }, (_, index) => eventText(index)).join(''))

type Habit = 'stays' | 'leaves' | 'slow'

interface Outcome {
  readonly habit: Habit
  readonly body: Buffer
  readonly complete: boolean
}

function stream(agent: Agent, habit: Habit, leaveAfterMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-goog-api-key': rig.wasat.key }
    const request = httpRequest(
      { agent, host: '127.0.0.1', port: rig.wasat.port, method: 'POST', path: SSE, headers },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => {
          pieces.push(piece)
          if (habit !== 'slow') return
          response.pause()
          setTimeout(() => response.resume(), 3 * EVENT_EVERY_MS)
        })
        response.on('error', () => undefined)
        response.on('close', () =>
          resolve({ habit, body: Buffer.concat(pieces), complete: response.complete }),
        )
      },
    )
    request.on('error', (error) => {
      if (habit === 'leaves') resolve({ habit, body: Buffer.alloc(0), complete: false })
      else reject(error)
    })
    request.end('{"contents":[{"parts":[{"text":"count"}]}]}')
    if (habit === 'leaves') setTimeout(() => request.destroy(), leaveAfterMs)
  })
}

async function round(random: () => number): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
  const habits = Array.from(
    { length: STREAMS },
    (_, index): Habit => (index % 3 === 0 ? 'leaves' : index % 10 === 1 ? 'slow' : 'stays'),
  )
  const outcomes = await Promise.all(
    habits.map((habit) => stream(agent, habit, random() * EVENTS * EVENT_EVERY_MS)),
  )
  agent.destroy()
  return outcomes
}

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SETTLE_MS_MAX
  while (!(await isDone())) {
    assert.ok(performance.now() < deadline, `${what} did not happen within ${SETTLE_MS_MAX} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function allIsQuiet(): Promise<void> {
  await until('every answer settled', async () => (await rig.metric('wasat_active_streams')) === 0)
  await until('every drain ended', async () => (await rig.metric('wasat_drains')) === 0)
  await until('every upstream socket closed', async () => (await rig.replay.openSockets()) === 0)
}

const ROUNDS_MAX = 3
const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(0)

test('[STREAMS-01] nobody who stays loses or reorders an event, and nothing is left behind', async () => {
  const random = randomFrom(SEED)
  const splits = Array.from({ length: EVENTS - 1 }, (_, index) =>
    Buffer.byteLength(Array.from({ length: index + 1 }, (__, at) => eventText(at)).join('')),
  )
  await rig.replay.script('gemini-2.5-flash', {
    headers: [['content-type', 'text/event-stream']],
    body: WHOLE,
    framing: 'chunked',
    splits,
    delayBetweenMs: EVENT_EVERY_MS,
  })
  await round(random)
  await allIsQuiet()
  let settledBytes = await rig.heldMemory()
  let growth = Number.POSITIVE_INFINITY
  const outcomes: Outcome[] = []
  // A heap that is still finding its size grows once; what is left behind is left behind by each round.
  for (let left = ROUNDS_MAX; left > 0 && growth > MEMORY_SLACK_BYTES; left--) {
    outcomes.push(...(await round(random)))
    const openBytes = await rig.wasat.memory()
    await allIsQuiet()
    const leftBytes = await rig.heldMemory()
    console.log(
      `seed ${SEED}: ${mib(settledBytes)} MiB before, ${mib(openBytes)} MiB at the end of the load, ${mib(leftBytes)} MiB after`,
    )
    growth = leftBytes - settledBytes
    settledBytes = leftBytes
  }
  for (const { habit, body, complete } of outcomes) {
    if (habit === 'leaves')
      assert.ok(WHOLE.subarray(0, body.length).equals(body), 'what a leaver got is a beginning')
    else
      assert.ok(
        complete && body.equals(WHOLE),
        `a client that ${habit === 'slow' ? 'reads slowly' : 'stays'} lost something`,
      )
  }
  assert.ok(growth <= MEMORY_SLACK_BYTES, `each round left more behind, the last ${mib(growth)} MiB`)
  assert.ok(rig.wasat.alive())
})
