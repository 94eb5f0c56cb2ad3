import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSqliteStore } from '../stores/sqlite/store.ts'
import { run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-models-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(
  join(folder, 'wasat.yaml'),
  `
upstreams: { here: { kind: sandbox }, google: { kind: gemini, keys: [a-key, another-key] } }
models:
  fast: { targets: [google, { upstream: here, model: gemini-2.5-flash, weight: 3 }], strategy: weight, fallback: "qwen3:8b" }
  "qwen*": { targets: [here], thinking: adapt }
`,
)
const store = await openSqliteStore(join(folder, '.wasat'))
const madeAt = { disabled: false, createdAt: 1, updatedAt: 1 }
await store.directory.createProject({
  ...{ id: 'p1', name: 'team', limits: {}, routes: { 'f*': 'qwen3' }, ...madeAt },
})
await store.directory.createKey({
  ...{
    id: 'k1',
    name: 'ci',
    digest: 'd',
    projectId: 'p1',
    models: ['fast', 'f2'],
    addresses: [],
    limits: {},
  },
  ...{ routes: { fast: ['google/a', 'here/b'] }, expiresAt: undefined, ...madeAt },
})
await store.close()

test('[NEV-24] without a gateway, the configuration alone is explained', async () => {
  const { stdout, stderr, exitCode } = await run('models explain models/fast', folder)
  assert.equal(exitCode, 0, stderr)
  assert.equal(
    stdout,
    `model    fast
found by its own entry
strategy weight
fallback qwen3:8b
affinity the target that answered the turn before comes first

1. here/gemini-2.5-flash (sandbox): ok, $0 in, $0 out for a million tokens, not measured, weight 3, thinking pass
   by chance, first for 75 % of the requests: weight 3 of 4
2. google/fast (gemini): ok, price unknown, not measured, weight 1, thinking pass
   by chance, first for 25 % of the requests: weight 1 of 4
3. here/qwen3:8b (sandbox): ok, $0 in, $0 out for a million tokens, not measured, weight 1, thinking adapt
   stands in when "fast" cannot be had
   1 of 1 in the order of the configuration
`,
  )
})

test('[NEV-24] the list, and both as JSON', async () => {
  const list = await run('models list', folder)
  assert.equal(
    list.stdout,
    `MODEL  STRATEGY  TARGETS                        FALLBACK  AFFINITY
fast   weight    google, here/gemini-2.5-flash  qwen3:8b  yes
qwen*  order     here                           -         no
`,
    list.stderr,
  )
  const json = async (words: string) => JSON.parse((await run(`${words} --json`, folder)).stdout)
  assert.equal((await json('models list')).length, 2)
  const explained = await json('models explain here/anything')
  assert.deepEqual([explained.matchedBy, explained.targets[0].model], ['upstream', 'anything'])
})

test('[NEV-24] a name that leads nowhere ends with the exit code of what is not found', async () => {
  const { exitCode, stderr } = await run('models explain nothing', folder)
  assert.equal(exitCode, 4)
  assert.match(stderr, /"nothing" leads nowhere/)
})

test('[NEV-25] for a key or a project, its route is explained', async () => {
  const { stdout } = await run('models explain fast --key k1', folder)
  assert.match(stdout, /^leads to google\/a, then here\/b, by the route fast of the key k1$/m)
  assert.match(
    stdout,
    /^1\. google\/a .*\n {3}the key k1 \("ci"\) routes "fast" to "google\/a", "here\/b"\n/m,
  )
  const json = async (words: string) =>
    JSON.parse((await run(`models explain ${words} --json`, folder)).stdout)
  const override = { of: 'project', id: 'p1', pattern: 'f*', to: 'qwen3' }
  assert.deepEqual((await json('f2 --key k1')).override, override)
  assert.deepEqual((await json('fast --project team')).override, override)
  assert.equal((await json('fast')).override, null)
  const ends = async (words: string) => (await run(`models explain ${words}`, folder)).exitCode
  assert.deepEqual(
    [
      await ends('fast --key nobody'),
      await ends('fast --project nobody'),
      await ends('fast --key k1 --project p1'),
    ],
    [4, 4, 2],
  )
  const other = await run('models explain qwen3 --key k1', folder)
  assert.deepEqual([other.exitCode, /may not use the model "qwen3"/.test(other.stderr)], [4, true])
})
