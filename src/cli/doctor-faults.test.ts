import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadConfig } from '../config/load.ts'
import type { FaultsReport } from './doctor-faults.ts'
import { renderFaults } from './doctor-faults.ts'
import type { Answer } from './faults/ask.ts'
import { FAULTS, type Fault } from './faults/faults.ts'
import { type Cell, judge } from './faults/judge.ts'
import { type Row, rowsOf, sampleOf } from './faults/rows.ts'
import { standInFor } from './faults/stand-in.ts'
import { memoryTerminal, type Ran, run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-doctor-faults-'))
after(() => rmSync(folder, { recursive: true }))

const KEY = 'the-real-key-of-the-operator'
const ENVIRONMENT = { WASAT_KEY: 'the-real-client-key-0001', WASAT_ADMIN_KEY: 'the-real-admin-key-0001' }

const configOf = (url: string) => `
upstreams:
  first: { kind: gemini, baseUrl: "${url}", keys: [${KEY}-1, ${KEY}-2] }
  claude: { kind: anthropic, baseUrl: "${url}", keys: [${KEY}-3] }
  cloud: { kind: vertex, baseUrl: "${url}", project: my-project, credentialsFile: credentials.json }
  local: { kind: openai, baseUrl: "${url}/v1", keys: [${KEY}-4] }
  sandbox: { kind: sandbox, record: record, recordings: recordings, recordFrom: first }
models:
  fast: { targets: [{ upstream: local, model: qwen3 }, first], strategy: weight }
  solo: { targets: [{ upstream: claude, model: claude-haiku-4-5 }] }
  tried: { targets: [sandbox] }
stores: { ledger: "postgres://wasat:${KEY}@127.0.0.1:1/none", counters: "redis://:${KEY}@127.0.0.1:1" }
health: { failures: 3 }
`

let connections = 0
const real = createServer((socket) => {
  connections++
  socket.destroy()
})
let ran: Ran
let report: FaultsReport

before(async () => {
  await new Promise<void>((resolve) => real.listen(0, '127.0.0.1', resolve))
  writeFileSync(
    join(folder, 'wasat.yaml'),
    configOf(`http://127.0.0.1:${(real.address() as AddressInfo).port}`),
  )
  ran = await run('doctor --faults --json', folder, ENVIRONMENT)
  report = JSON.parse(ran.stdout) as FaultsReport
})
after(() => real.close())

const cellsOf = (model: string): readonly Cell[] =>
  report.models.find((one) => one.model === model)?.cells ?? []
const shortOf = ({ outcome, status, upstream, attempts }: Cell) =>
  [outcome, status, upstream, attempts].join(' ')

test('[NEV-63] a second target answers under every fault that comes before the answer', () => {
  assert.deepEqual([ran.exitCode, ran.stderr, report.ok], [0, '', true])
  const before = cellsOf('fast').filter(({ fault }) => fault !== 'broken' && fault !== 'recovery')
  assert.equal(before.length, 9)
  for (const cell of before) assert.equal(shortOf(cell), 'served 200 first/fast 2', cell.fault)
})

test('[NEV-63] a model with one target ends with the error that belongs to the fault', () => {
  const statuses = Object.fromEntries(cellsOf('solo').map(({ fault, status }) => [fault, status]))
  assert.deepEqual(statuses, {
    ...{ refused: 503, reset: 503, '429': 429, '500': 500, '503': 503, hang: 504 },
    ...{ broken: 200, 'half-json': 503, html: 503, key: 503, recovery: 200 },
  })
})

test('[NEV-63] a broken stream is told as one, and an upstream that is well again is asked again', () => {
  for (const [model, own] of [
    ['fast', 'local/qwen3'],
    ['solo', 'claude/claude-haiku-4-5'],
  ] as const) {
    const find = (name: string) => cellsOf(model).find(({ fault }) => fault === name) as Cell
    assert.deepEqual([find('broken').outcome, find('broken').upstream], ['broken', own])
    assert.deepEqual([find('recovery').outcome, find('recovery').upstream], ['served', own])
  }
})

test('[NEV-63] what stands alone, costs more, has no price or would wait long is told beforehand', () => {
  const notesOf = (name: string) => report.models.find(({ model }) => model === name)?.notes.join('; ')
  assert.match(notesOf('solo')!, /^single point of failure: nobody but claude is asked; .*waits for 600 s/)
  assert.match(notesOf('fast')!, /local\/qwen3 has no price: a key with a hard budget is refused/)
  assert.match(notesOf('tried')!, /nothing that could fail/)
  assert.deepEqual(cellsOf('tried'), [])
})

test('[NEV-63] nothing real is asked, written or told', () => {
  assert.equal(connections, 0)
  assert.deepEqual(readdirSync(folder), ['wasat.yaml'])
  assert.ok(!ran.stdout.includes(KEY))
})

test('[NEV-63] the copy has no key, file, address or store of the original', () => {
  const { config } = loadConfig({ flags: {}, environment: ENVIRONMENT, cwd: folder })
  const copy = standInFor(config, { folder, addressOf: (name) => `http://127.0.0.1:9/case/${name}` })
  const text = JSON.stringify(copy.config)
  for (const secret of [
    KEY,
    'credentials.json',
    'postgres://',
    'redis://',
    `${(real.address() as AddressInfo).port}`,
  ])
    assert.ok(!text.includes(secret), secret)
  assert.notEqual(copy.secrets.clientKey, ENVIRONMENT.WASAT_KEY)
  assert.notEqual(copy.secrets.adminKey, ENVIRONMENT.WASAT_ADMIN_KEY)
  const { first, cloud, sandbox } = copy.config.upstreams
  assert.equal(first?.kind === 'gemini' && first.keys.length, 2)
  assert.equal(cloud?.kind === 'vertex' && cloud.keys.length, 1)
  assert.equal(sandbox?.kind === 'sandbox' && sandbox.record, 'off')
  assert.throws(
    () => standInFor(config, { folder, addressOf: () => 'https://example.com' }),
    /could reach the real one/,
  )
})

const FIND = { ...FAULTS[4]!, told: [503] } satisfies Fault
const ROW: Row = { entry: 'm', model: 'm', targets: ['a/m'], faulty: 'a', notes: [] }
const WHOLE = '{"candidates":[{"finishReason":"STOP"}]}'
const ERROR = '{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}'
const answer = (status: number, text: string, rest: Partial<Answer> = {}): Answer => ({
  ...{ status, text, upstream: 'a/m', attempts: 1, tookMs: 1 },
  ...rest,
})
const BROKEN = FAULTS.find(({ isBroken }) => isBroken) as Fault
const OVER = FAULTS.find(({ isOver }) => isOver) as Fault

for (const [what, fault, seen, why] of [
  ['no answer', FIND, answer(0, ''), /no answer/],
  ['an error of another kind', FIND, answer(500, ERROR), /500 is no answer/],
  ['an error in other words', FIND, answer(503, '<html>'), /not worded/],
  ['half of an answer', FIND, answer(200, '{"candidates":[]}'), /half of an answer/],
  ['a clean end of a broken stream', BROKEN, answer(200, 'data: {"candidates":[]}'), /without a word/],
  ['an upstream that stays away', OVER, answer(200, WHOLE, { upstream: 'b/m' }), /not asked again/],
  ['an outage that stays', OVER, answer(503, ERROR), /still 503/],
] as const) {
  test(`[NEV-63] ${what} is wrong, and says why`, () => {
    const cell = judge(ROW, fault, seen)
    assert.equal(cell.outcome, 'wrong')
    assert.match(cell.why!, why)
  })
}

test('[NEV-63] the table has a row for each model, a column for each fault and a mark for what is wrong', () => {
  const wrong = judge(ROW, FIND, answer(500, ERROR))
  const [model] = report.models
  const shown = { ...report, ok: false, models: [{ ...model!, cells: [...model!.cells.slice(0, 4), wrong] }] }
  const text = renderFaults(shown, memoryTerminal(folder))
  assert.match(text, /^MODEL +FAULT AT +REFUSED +RESET +429 +500 +503/)
  assert.match(text, /\nfast +local +200 first 2× .* ! 500\n/)
  assert.match(text, /fast, 503: 500 is no answer to this fault/)
  assert.match(text, /Not every request ended as it should\.\n$/)
})

test('[NEV-63] --upstream chooses who fails; a name that is not there and a lone --upstream are told', async () => {
  const { config } = loadConfig({ flags: {}, environment: ENVIRONMENT, cwd: folder })
  const { configuredModels } = await import('../main/routes.ts')
  const explain = (name: string) => configuredModels(config).explain(name)
  const rows = rowsOf({ config, explain, known: [], usual: 'x', upstream: 'first' })
  assert.deepEqual(
    rows.map(({ entry, faulty }) => [entry, faulty]),
    [['fast', 'first']],
  )
  assert.equal((await run('doctor --faults --upstream none', folder)).exitCode, 4)
  assert.equal((await run('doctor --upstream first', folder)).exitCode, 2)
})

test('[NEV-63] a glob is tried by a name that it stands for', () => {
  assert.equal(sampleOf('gemini-*', ['gpt-5', 'gemini-2.5-flash']), 'gemini-2.5-flash')
  assert.equal(sampleOf('own-*', []), 'own-x')
  assert.equal(sampleOf('fast', []), 'fast')
})
