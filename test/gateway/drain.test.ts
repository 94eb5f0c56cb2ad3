/** When the client leaves, the upstream is read to its end, within bounds: the answer is billed, and its last words say how much. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { type Flood, startFlood } from './flood.ts'
import {
  dataFolder,
  type Gateway,
  ledgerRows,
  type Row,
  SSE_HEADERS,
  sseEvent,
  startGateway,
  until,
} from './rig.ts'

const LEAVERS = 30
/** What a drain reads at most, as the gateway has it. */
const DRAIN_BYTES_MAX = 32 * 1024 * 1024

const EVENTS = Array.from({ length: 6 }, (_, at) =>
  sseEvent({ text: `event ${at}`, total: at === 5 ? 500 : 4 + at, ...(at === 5 && { finish: 'STOP' }) }),
)
const CUTS = EVENTS.slice(0, -1).map((_, at) => EVENTS.slice(0, at + 1).join('').length)
const STREAM: Script = {
  headers: SSE_HEADERS,
  body: Buffer.from(EVENTS.join('')),
  framing: 'chunked',
  splits: CUTS,
  delayBetweenMs: 60,
}
const ARRAY_BODY = `[${EVENTS.map((event) => event.slice('data: '.length).trim()).join(',\n')}]`
const READ_TO_THE_END = ['client_gone', 'final', 500]

let replay: Replay
let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
let flood: Flood
before(async () => {
  ;[replay, flood, folder] = await Promise.all([startReplay(), startFlood(), dataFolder()])
  gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams:
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
  flood: { kind: gemini, baseUrl: "${flood.url}", keys: ["upstream-key"] }
models: { "gemini-*": { targets: [replay] }, "flood-*": { targets: [flood] } }
`,
  })
})
after(async () => {
  if (gateway.alive()) await gateway.stop('SIGINT')
  await Promise.all([replay.close(), flood.close(), folder.remove()])
})

/** What each test wants of the row of its request; looked at when the gateway has ended. */
const wanted = new Map<string, (row: Row) => void>()
const drained = async () =>
  until('every drain ended', async () => (await gateway.metric('wasat_drains')) === 0)
const wants = (requestId: unknown, check: (row: Row) => void) => wanted.set(String(requestId), check)
const isReadToTheEnd = (row: Row) =>
  assert.deepEqual([row.outcome, row.usage_source, row.total_tokens], READ_TO_THE_END)

for (const [name, verb, script] of [
  ['events', 'streamGenerateContent?alt=sse', STREAM],
  [
    'array',
    'streamGenerateContent',
    { ...STREAM, headers: [['content-type', 'application/json']], body: Buffer.from(ARRAY_BODY) } as Script,
  ],
] as const) {
  test(`[NATIVE-DRAIN-01] C03 the rest of a stream of ${name} is read, and its connection is used again`, async () => {
    await replay.script(`gemini-${name}`, script)
    const stream = await gateway.open(`/v1beta/models/gemini-${name}:${verb}`)
    await stream.seen((text) => text.includes('event 1'))
    const sockets = await replay.openSockets()
    stream.leave()
    await until('the drain began', async () => (await gateway.metric('wasat_drains')) === 1)
    await drained()
    // A socket that was read to its end goes back to the pool; one that was hung up on is gone.
    assert.equal(await replay.openSockets(), sockets)
    await gateway.ask('/v1beta/models/gemini-2.5-flash:generateContent')
    assert.equal(await replay.openSockets(), sockets)
    assert.equal(await gateway.metric('wasat_active_streams'), 0)
    wants(stream.response.headers['x-request-id'], (row) => {
      isReadToTheEnd(row)
      assert.ok(Number(row.delivered_bytes) > 0 && Number(row.delivered_bytes) < script.body.length)
    })
  })
}

test('[NATIVE-DRAIN-01] C04 many clients that leave at once are all read to their end', async () => {
  await replay.script('gemini-many', STREAM)
  const streams = await Promise.all(
    Array.from({ length: LEAVERS }, () =>
      gateway.open('/v1beta/models/gemini-many:streamGenerateContent?alt=sse'),
    ),
  )
  await Promise.all(streams.map((stream) => stream.seen((text) => text.includes('event 0'))))
  for (const stream of streams) stream.leave()
  await until('the drains began', async () => (await gateway.metric('wasat_drains')) > 0)
  await drained()
  for (const stream of streams) wants(stream.response.headers['x-request-id'], isReadToTheEnd)
})

test('[NATIVE-DRAIN-01] an upstream that breaks while it is drained costs what is known', async () => {
  await replay.script('gemini-broken', {
    ...STREAM,
    body: Buffer.from(EVENTS.slice(0, 3).join('')),
    splits: CUTS.slice(0, 2),
    ending: 'reset',
  })
  const stream = await gateway.open('/v1beta/models/gemini-broken:streamGenerateContent?alt=sse')
  await stream.seen((text) => text.includes('event 0'))
  stream.leave()
  await until('the drain is over', async () => (await gateway.metric('wasat_active_streams')) === 0)
  wants(stream.response.headers['x-request-id'], (row) =>
    assert.deepEqual([row.outcome, row.usage_source, row.total_tokens], ['client_gone', 'partial', 6]),
  )
})

test('[NATIVE-DRAIN-01] a flood is hung up on at the bound, and the use so far is booked', async () => {
  const stream = await gateway.open('/v1beta/models/flood-1:streamGenerateContent?alt=sse')
  await stream.seen((text) => text.includes('drop'))
  stream.leave()
  await until('the upstream was hung up on', () => flood.closed > 0)
  await drained()
  assert.ok(flood.bytesTaken >= DRAIN_BYTES_MAX, `${flood.bytesTaken} bytes were read`)
  wants(stream.response.headers['x-request-id'], (row) =>
    assert.deepEqual([row.outcome, row.usage_source, row.total_tokens], ['client_gone', 'partial', 9]),
  )
})

// The last one: it stops the gateway.
test('[LEDGER-01] each of them is one row', async () => {
  assert.equal(await gateway.stop('SIGINT'), 0)
  const rows = ledgerRows(folder.path)
  assert.ok(wanted.size > LEAVERS)
  for (const [requestId, check] of wanted) {
    const row = rows.get(requestId)
    assert.ok(row, `no row for ${requestId}`)
    check(row)
  }
})
