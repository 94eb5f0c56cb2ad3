import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import { type RunningGateway, serve } from './serve.ts'
import { ended, memoryTerminal, startBin } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-serve-'))
after(() => rmSync(folder, { recursive: true }))

interface Served {
  readonly signals: EventEmitter
  /** Emits `started`, `reload` and `shutdown` with what it got. */
  readonly events: EventEmitter
  readonly heard: string[]
  readonly exitCode: Promise<number>
  readonly terminal: ReturnType<typeof memoryTerminal>
  finish(exitCode: number): void
}

/** Runs `serve` on a gateway that only takes notes. */
async function begin(cwd: string, environment: Record<string, string> = {}): Promise<Served> {
  const signals = new EventEmitter()
  const events = new EventEmitter()
  const heard: string[] = []
  const { promise, resolve } = Promise.withResolvers<number>()
  const gateway: RunningGateway = {
    url: 'http://127.0.0.1:4080',
    firstStart: Promise.resolve({ clientKey: 'wst_a_b', adminKey: undefined }),
    usesSandboxOnly: true,
    reload: async (loaded: LoadedConfig) => {
      heard.push(`reload ${loaded.config.log.level}`)
      events.emit('reload')
    },
    blame: (error) => void heard.push(`blame ${(error as Error).message}`),
    shutdown: (mode) => {
      heard.push(mode)
      return mode === 'now' ? Promise.resolve(1) : promise
    },
  }
  const terminal = memoryTerminal(cwd, environment)
  const stderr = terminal.stderr
  const noisy = Object.assign(terminal, {
    stderr: (text: string) => {
      stderr(text)
      events.emit('stderr')
    },
  })
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>()
  signals.on('newListener', (signal) => {
    if (signal === 'SIGINT') listens()
  })
  const exitCode = serve({}, noisy, signals, async () => async () => gateway)
  // A start that fails never listens; the test then sees the rejection.
  await Promise.race([listening, exitCode])
  await new Promise(setImmediate)
  return { signals, events, heard, exitCode, terminal, finish: resolve }
}

test("SIGTERM is graceful, and its exit code is the command's", async () => {
  const served = await begin(folder)
  assert.match(served.terminal.out.join(''), /listens on http:\/\/127\.0\.0\.1:4080[\s\S]*wst_a_b/)
  served.signals.emit('SIGTERM')
  served.finish(0)
  assert.equal(await served.exitCode, 0)
  assert.deepEqual(served.heard, ['graceful'])
  assert.equal(served.signals.listenerCount('SIGTERM'), 0)
})

test('[NEV-62] P10 what nobody caught is told, and the process goes down with what it is answering', async () => {
  const served = await begin(folder)
  served.signals.emit('uncaughtException', new Error('first'))
  served.signals.emit('uncaughtException', new Error('second'))
  served.finish(1)
  assert.equal(await served.exitCode, 1)
  assert.deepEqual(served.heard, ['blame first', 'crashed', 'blame second', 'crashed'])
  assert.equal(served.signals.listenerCount('uncaughtException'), 0)
})

test('a second signal ends it now (P03)', async () => {
  const served = await begin(folder)
  served.signals.emit('SIGTERM')
  served.signals.emit('SIGTERM')
  assert.equal(await served.exitCode, 1)
  assert.deepEqual(served.heard, ['graceful', 'now'])
})

test('one Ctrl-C that arrives twice is one; a later one is a second', async () => {
  const served = await begin(folder)
  served.signals.emit('SIGINT')
  served.signals.emit('SIGINT')
  assert.deepEqual(served.heard, ['quick'])
  // Longer than the echo of one keystroke; there is no event to wait for.
  await wait(350)
  served.signals.emit('SIGINT')
  assert.equal(await served.exitCode, 1)
  assert.deepEqual(served.heard, ['quick', 'now'])
})

test('SIGHUP and a changed file reload; a bad file is told and changes nothing (P13)', async () => {
  const cwd = mkdtempSync(join(folder, 'reload-'))
  const file = join(cwd, 'wasat.yaml')
  writeFileSync(file, 'log: { level: info }')
  const served = await begin(cwd)
  const alive = setInterval(() => {}, 1000)

  let reloaded = once(served.events, 'reload')
  writeFileSync(file, 'log: { level: warn }')
  await reloaded
  const told = once(served.events, 'stderr')
  writeFileSync(file, 'log: { levle: warn }')
  await told
  assert.match(served.terminal.err.join(''), /not reloaded, the old one stays[\s\S]*wasat\.yaml:1:8/)
  reloaded = once(served.events, 'reload')
  writeFileSync(file, 'log: { level: error }')
  served.signals.emit('SIGHUP')
  await reloaded
  assert.deepEqual(served.heard.slice(0, 2), ['reload warn', 'reload error'])

  served.signals.emit('SIGTERM')
  served.signals.emit('SIGHUP')
  served.finish(0)
  await served.exitCode
  assert.equal(served.heard.at(-1), 'graceful')
  clearInterval(alive)
})

test('a bad configuration starts nothing', async () => {
  await assert.rejects(begin(folder, { WASAT_PORT: 'x' }), ConfigError)
})

test('the real gateway starts, answers, and ends on a signal with 0', async (t) => {
  const cwd = mkdtempSync(join(folder, 'real-'))
  writeFileSync(
    join(cwd, 'wasat.yaml'),
    'server: { port: 0, shutdown: { delay: 0s } }\nlog: { level: silent }\n',
  )
  const child = startBin([], cwd)
  t.after(() => child.kill('SIGKILL'))
  const end = ended(child)
  const [text] = (await Promise.race([once(child.stdout!, 'data'), end.then((ran) => [ran.stderr])])) as [
    string,
  ]
  const url = /listens on (http:\S+)/.exec(text)?.[1]
  assert.ok(url, text)
  assert.match(text, /client key {2}wst_/)
  const alive = await fetch(`${url}/livez`)
  assert.equal(alive.status, 200)

  const listed = await ended(startBin(['keys', 'list', '--json'], cwd))
  assert.equal(listed.exitCode, 0, listed.stderr)
  assert.equal(JSON.parse(listed.stdout).length, 1)
  const second = await ended(startBin(['serve'], cwd))
  assert.equal(second.exitCode, 1)
  assert.match(second.stderr, /in use/)
  const doctor = await ended(startBin(['doctor', '--json'], cwd))
  assert.deepEqual([doctor.exitCode, JSON.parse(doctor.stdout).ok], [0, true], doctor.stdout)

  child.kill('SIGTERM')
  const { exitCode, stderr } = await end
  assert.deepEqual([exitCode, stderr], [0, ''])
})
