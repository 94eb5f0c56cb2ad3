import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSqliteStore } from '../stores/sqlite/store.ts'
import type { DoctorCheck } from './doctor-check.ts'
import { checkClock, checkNode } from './doctor-machine.ts'
import { run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-doctor-'))
after(() => rmSync(folder, { recursive: true }))

async function examine(words: string, environment: Record<string, string> = {}) {
  const { exitCode, stdout } = await run(`doctor --json --port 0 ${words}`, folder, environment)
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: DoctorCheck[] }
  const find = (name: string) => checks.find((check) => check.name === name)
  for (const { state, next } of checks) if (state !== 'ok') assert.ok(next, 'says what to do')
  return { exitCode, ok, find }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('an empty place is fine', async () => {
  const { exitCode, ok, find } = await examine('')
  assert.deepEqual([exitCode, ok], [0, true])
  assert.match(find('data folder')!.detail, /will be made/)
  assert.equal(find('store')!.state, 'ok')
  const { stdout, exitCode: human } = await run('doctor --port 0', folder)
  assert.equal(human, 0)
  assert.match(stdout, /^ok {4}node +Node \d/)
})

test('a bad configuration fails with its place', async () => {
  const { exitCode, ok, find } = await examine('--log-level loud')
  assert.deepEqual([exitCode, ok], [1, false])
  assert.match(find('config')!.detail, /--log-level/)
})

test('[CLI-03] a data folder that cannot be one, or that others may enter', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  assert.equal((await examine(`--data ${file}`)).find('data folder')!.state, 'fail')
  assert.equal((await examine(`--data ${file}/below`)).find('data folder')!.state, 'fail')
  const open = mkdtempSync(join(folder, 'open-'))
  chmodSync(open, 0o755)
  const { find, exitCode } = await examine(`--data ${open}`)
  assert.deepEqual([find('data folder')!.state, exitCode], ['warn', 0])
  assert.match(find('data folder')!.next!, /chmod 700/)
})

test('[CLI-03] the store opens, is held by a gateway, or is no database', async () => {
  const data = mkdtempSync(join(folder, 'store-'))
  const store = await openSqliteStore(data)
  const held = await examine(`--data ${data}`)
  assert.match(held.find('lock')!.detail, new RegExp(`process ${process.pid}`))
  assert.equal(held.ok, true)
  await store.close()
  assert.equal((await examine(`--data ${data}`)).find('store')!.detail, 'opens; 0 keys')
  const broken = mkdtempSync(join(folder, 'broken-'))
  writeFileSync(join(broken, 'wasat.db'), 'not a database '.repeat(1000))
  const { exitCode, find } = await examine(`--data ${broken}`)
  assert.deepEqual([exitCode, find('store')!.state], [1, 'fail'])
})

test('[CLI-03] a port is free, ours, or taken by something else', async (t) => {
  const gateway = createHttpServer((request, response) => {
    response.writeHead(request.url === '/livez' ? 200 : 404).end()
  })
  const other = createHttpServer((_, response) => response.writeHead(404).end())
  t.after(() => {
    gateway.close()
    other.close()
  })
  const ours = await examine(`--port ${await listen(gateway)}`)
  assert.match(ours.find('port')!.detail, /a gateway answers/)
  const port = await listen(other)
  assert.equal((await examine(`--port ${port}`)).find('port')!.state, 'fail')
  const closing = createServer()
  const free = await listen(closing)
  await new Promise((resolve) => closing.close(resolve))
  assert.match((await examine(`--port ${free}`)).find('port')!.detail, /is free/)
  assert.equal(
    (await examine('--host 192.0.2.1', { WASAT_ADMIN_KEY: 'k'.repeat(16) })).find('port')!.state,
    'fail',
  )
})

test('[CLI-03] upstreams are connected to only when asked', async (t) => {
  const server = createServer((socket) => socket.destroy())
  t.after(() => server.close())
  const port = await listen(server)
  const file = join(folder, 'network.yaml')
  const upstream = (at: number) => `{ kind: gemini, baseUrl: "http://127.0.0.1:${at}", keys: [k] }`
  const metadata = 'metadata: { kind: gemini, baseUrl: "http://169.254.169.254", keys: [k] }'
  writeFileSync(
    file,
    `upstreams: { up: ${upstream(port)}, down: ${upstream(1)}, ${metadata}, box: { kind: sandbox } }`,
  )
  const offline = await examine(`--config ${file}`)
  assert.deepEqual([offline.ok, offline.find('upstream up')], [true, undefined])
  const { ok, find } = await examine(`--network --config ${file}`)
  assert.equal(ok, false)
  assert.equal(find('upstream up')!.state, 'ok')
  assert.match(find('upstream down')!.detail, /ECONNREFUSED/)
  assert.match(find('upstream metadata')!.next ?? '', /169\.254\.169\.254 is .*egress\.allow/)
  assert.equal(find('upstream box')!.state, 'ok')
})

test('[CLI-03] Node and the clock', () => {
  assert.equal(checkNode('24.0.0').state, 'ok')
  assert.equal(checkNode('22.19.0').state, 'fail')
  assert.equal(checkClock(Date.UTC(1970, 0, 1), undefined).state, 'fail')
  assert.equal(checkClock(Date.UTC(2150, 0, 1), undefined).state, 'fail')
  assert.equal(checkClock(Date.now(), undefined).state, 'ok')
  const data = mkdtempSync(join(folder, 'clock-'))
  writeFileSync(join(data, 'wasat.db'), '')
  assert.equal(checkClock(Date.now(), data).state, 'ok')
  const later = new Date(Date.now() + 3_600_000)
  utimesSync(join(data, 'wasat.db'), later, later)
  assert.equal(checkClock(Date.now(), data).state, 'warn')
})
