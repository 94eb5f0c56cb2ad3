import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { AdminUpstream } from '../admin/parts.ts'
import { ADMIN_KEY, type Office, openOffice } from '../admin/testing.fixture.ts'
import { loadConfig } from '../config/load.ts'
import { type Edge, listen } from '../edge/server.ts'
import { GatewayError } from '../errors.ts'
import type { TargetHealth } from '../nouns/health.ts'
import { run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-upstreams-'))
const UNTIL = Date.UTC(2026, 0, 15, 12)
const FARES = { upstream: 'up', model: 'm', credential: 0, consecutiveFailures: 0, firstByteMs: 10 }
const HEALTH: readonly TargetHealth[] = [
  { ...FARES, state: { kind: 'ok' } },
  { ...FARES, credential: 1, consecutiveFailures: 5, state: { kind: 'open', until: UNTIL } },
  { ...FARES, model: 'n', state: { kind: 'parked', until: UNTIL, reason: 'limited' } },
]
const shared = { kind: 'test', host: undefined, credentials: 1 }
const GOOD: AdminUpstream = { ...shared, name: 'up', host: 'up.example', listModels: async () => [{}, {}] }
const BAD: AdminUpstream = {
  ...{ ...shared, name: 'down', listModels: () => Promise.reject(refused) },
}
const refused = new GatewayError('upstream_refused_credential', 'x', { hint: 'answered\u001b[31m 401' })

let upstreams: readonly AdminUpstream[] = []
let office: Office
let edge: Edge

before(async () => {
  office = await openOffice(undefined, {
    upstreams: { list: () => upstreams, health: () => HEALTH, textOf: ({ hint = '' }) => hint },
  })
  const { server } = loadConfig({ flags: { port: '0' }, environment: {}, cwd: folder }).config
  edge = await listen(server, {
    answer: (request, response, trusted) => office.admin(request, response, trusted),
    refuse: (_, response) => response.destroy(),
  })
})
after(async () => {
  edge.destroy()
  await edge.close()
  rmSync(folder, { recursive: true })
})

function command(words: string) {
  const environment = { WASAT_URL: `http://127.0.0.1:${edge.port}`, WASAT_ADMIN_KEY: ADMIN_KEY }
  return run(words, folder, environment)
}

test('[NEV-12] upstreams list shows each, and what is in trouble', async () => {
  upstreams = [GOOD, BAD]
  const { exitCode, stdout } = await command('upstreams list')
  assert.equal(exitCode, 0)
  assert.match(stdout, /^up +test +up\.example +1 +1 open, 1 parked of 3$/m)
  assert.match(stdout, /^down +test +- +1 +not asked yet$/m)
  assert.match(stdout, /^up +m +1 +failed 5 times in a row; left alone until 2026-01-15T12:00:00\.000Z$/m)
  assert.match(stdout, /^up +n +0 +a limit was reached; left alone until 2026-/m)
  const shown = JSON.parse((await command('upstreams list --json')).stdout)
  assert.deepEqual([shown.length, shown[0].health[1].state], [2, 'open'])
})

test('[NEV-12] upstreams test says what is wrong and what to do, and ends with 1', async () => {
  upstreams = [GOOD, BAD]
  const all = await command('upstreams test')
  assert.equal(all.exitCode, 1)
  assert.match(all.stdout, /^ok {4}up {4}2 models, 1 of 1 keys good, in \d+ ms$/m)
  assert.match(all.stdout, /^fail {2}down {2}0 of 1 keys good, 1 refused, in \d+ ms$/m)
  assert.match(all.stdout, /upstream_refused_credential: answered\ufffd\[31m 401\n +next: replace the key/)
  const one = await command('upstreams test up --json')
  assert.equal(one.exitCode, 0)
  const [result] = JSON.parse(one.stdout)
  assert.deepEqual([result.upstream, result.ok, result.models], ['up', true, 2])
  assert.equal((await command('upstreams test nobody')).exitCode, 4)
})

test('[NEV-12] without a gateway there is nobody to ask', async () => {
  const { exitCode, stderr } = await run('upstreams list', folder)
  assert.equal(exitCode, 5)
  assert.match(stderr, /no gateway runs on .*\n.*wasat serve/)
})
