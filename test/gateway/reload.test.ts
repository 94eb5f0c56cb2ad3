/** A new configuration counts for new requests; whoever is under way ends on the old one; a bad one changes nothing. */
import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { dataFolder, type Gateway, SSE_HEADERS, sseEvent, startGateway, until } from './rig.ts'

let first: Replay
let second: Replay
let folder: Awaited<ReturnType<typeof dataFolder>>
let file: string
let gateway: Gateway

before(async () => {
  ;[first, second] = await Promise.all([startReplay(), startReplay()])
  const stuck: Script = {
    headers: SSE_HEADERS,
    body: Buffer.from(sseEvent({ text: 'begun', total: 5 })),
    framing: 'chunked',
    ending: 'hang',
  }
  await first.script('long', stuck)
})
after(() => Promise.all([first.close(), second.close()]))
beforeEach(async () => {
  folder = await dataFolder()
  file = join(folder.path, 'wasat.yaml')
  await writeFile(file, configFor(first))
  gateway = await startGateway({ dataFolder: join(folder.path, 'data'), args: ['--config', file] })
  // Its file is watched by the time that it answers.
  assert.equal(await statusOf('swift'), 200)
})
afterEach(async () => {
  await gateway.stop('SIGTERM')
  await folder.remove()
})

const configFor = (replay: Replay, alias = 'swift') => `
upstreams: { up: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] } }
models: { long: { targets: [up] }, ${alias}: { targets: [{ upstream: up, model: gemini-2.5-flash }] } }
server: { shutdown: { delay: 0s, grace: 200ms, streamGrace: 200ms } }
`
const statusOf = async (model: string) =>
  (await gateway.ask(`/v1beta/models/${model}:generateContent`)).status

/** As an editor saves: another file takes the name. */
async function save(text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

const openLong = async () => {
  const stream = await gateway.open('/v1beta/models/long:streamGenerateContent?alt=sse')
  await stream.seen((text) => text.includes('begun'))
  return stream
}

test('[CONFIG-05] P13 a changed file is taken over, models and upstreams', async () => {
  assert.deepEqual([await statusOf('swift'), await statusOf('nimble')], [200, 404])
  const asked = await second.receivedCount()
  await save(configFor(second, 'nimble'))
  await until('the new name leads somewhere', async () => (await statusOf('nimble')) === 200)
  assert.equal(await statusOf('swift'), 404)
  assert.ok((await second.receivedCount()) > asked)
  const list = await gateway.ask('/v1beta/models', { method: 'GET' })
  assert.ok(list.text.includes('"models/nimble"') && !list.text.includes('"models/swift"'))
})

test('[CONFIG-05] P13 SIGHUP takes it over as well', async () => {
  // The watcher may see it first: either way it must be there, and twice the same does no harm.
  await save(configFor(first, 'nimble'))
  process.kill(gateway.pid, 'SIGHUP')
  await until('the new name leads somewhere', async () => (await statusOf('nimble')) === 200)
  process.kill(gateway.pid, 'SIGHUP')
  await until('it was read again', () => gateway.output().split('configuration reloaded').length > 2)
  assert.equal(await statusOf('nimble'), 200)
})

test('[CONFIG-05] P13 a stream under way ends on the old upstream, new requests go to the new one', async () => {
  const events = [1, 2, 3].map((at) =>
    sseEvent({ text: `event ${at}`, ...(at === 3 && { total: 9, finish: 'STOP' }) }),
  )
  const cuts = [events[0]!.length, events[0]!.length + events[1]!.length]
  const script: Script = {
    headers: SSE_HEADERS,
    body: Buffer.from(events.join('')),
    framing: 'chunked',
    splits: cuts,
    delayBetweenMs: 400,
    times: 1,
  }
  await first.script('gemini-2.5-flash', script)
  const stream = await gateway.open('/v1beta/models/swift:streamGenerateContent?alt=sse')
  await stream.seen((text) => text.includes('event 1'))
  await save(configFor(second, 'nimble'))
  process.kill(gateway.pid, 'SIGHUP')
  await until('the new name leads somewhere', async () => (await statusOf('nimble')) === 200)
  assert.ok(!stream.text().includes('event 3'), 'the stream was over before the configuration changed')
  const { complete, text } = await stream.over
  assert.deepEqual([complete, text], [true, events.join('')])
})

test('[CONFIG-05] P13 a long stream on the old configuration does not hold up the next change', async () => {
  const stream = await openLong()
  await save(configFor(second, 'nimble'))
  await until('the first change is there', async () => (await statusOf('nimble')) === 200)
  await save(configFor(second, 'third'))
  await until('the second change is there', async () => (await statusOf('third')) === 200, 3_000)
  assert.ok(!stream.response.destroyed)
  stream.leave()
})

const BAD: readonly [string, string, RegExp][] = [
  ['is no YAML', 'upstreams: {', /wasat\.yaml:\d+/],
  ['has an unknown key', 'upstreems: {}', /upstreems[\s\S]*upstreams/],
  [
    'names an upstream that is not there',
    'upstreams: { s: { kind: sandbox } }\nmodels: { a: { targets: [nobody] } }',
    /nobody/,
  ],
]

for (const [name, text, told] of BAD) {
  test(`[CONFIG-05] P13 a file that ${name} is told, and the old one stays`, async () => {
    await save(text)
    await until('it is told', () => gateway.output().includes('not reloaded, the old one stays'))
    assert.match(gateway.output().slice(gateway.output().indexOf('not reloaded')), told)
    assert.equal(await statusOf('swift'), 200)
    // And a good one afterwards is taken.
    await save(configFor(first, 'nimble'))
    await until('the good one is there', async () => (await statusOf('nimble')) === 200)
  })
}
