/** The commands about keys, projects, budgets, usage and prices, on a whole admin API over HTTP. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import {
  LARGEST,
  reservationOf,
  rowOf,
  spend,
  UNIT_PRICE,
  usage,
} from '../../test/contracts/ledger/subject.ts'
import { ADMIN_KEY, type Office, openOffice } from '../admin/testing.fixture.ts'
import { rowShape } from '../admin/usage/row-formats.ts'
import { loadConfig } from '../config/load.ts'
import { type Edge, listen } from '../edge/server.ts'
import { openSqliteStore } from '../stores/sqlite/store.ts'
import { parseExactJson } from '../wire/exact-json.ts'
import { type Ran, run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-commands-'))
let office: Office
let edge: Edge

before(async () => {
  const { server } = loadConfig({ flags: { port: '0' }, environment: {}, cwd: folder }).config
  edge = await listen(server, {
    answer: (request, response, trusted) => office.admin(request, response, trusted),
    refuse: (_, response) => response.destroy(),
  })
})
beforeEach(async () => {
  office = await openOffice()
})
after(async () => {
  edge.destroy()
  await edge.close()
  rmSync(folder, { recursive: true })
})

function command(words: string): Promise<Ran> {
  const environment = { WASAT_URL: `http://127.0.0.1:${edge.port}`, WASAT_ADMIN_KEY: ADMIN_KEY }
  return run(words, folder, environment)
}

// biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a JSON answer is its own business
async function json(words: string): Promise<any> {
  const { exitCode, stdout, stderr } = await command(`${words} --json`)
  assert.equal(exitCode, 0, stderr)
  return parseExactJson(stdout)
}

async function text(words: string): Promise<string> {
  const { exitCode, stdout, stderr } = await command(words)
  assert.equal(exitCode, 0, stderr)
  return stdout
}

// ---------------------------------------------------------------------------------------------
// Keys.

test('keys create takes everything that a key can have', async () => {
  const project = await json('projects create --name team')
  const key = await json(
    'keys create --name ci --model gemini-* --model b --project team --budget 5 --period week --alert 80 ' +
      '--rpm 600 --tpm 100000 --rpd 1000 --tpd 9000000 --concurrency 10 --address 10.0.0.0/8 --expires 2199-01-01',
  )
  assert.match(key.key, /^wst_/)
  assert.deepEqual(Object.keys(key).slice(0, 2), ['id', 'key'])
  const { name, models, projectId, addresses, limits, expiresAt } = await json(`keys show ${key.id}`)
  assert.deepEqual(
    { name, models, projectId, addresses, limits, expiresAt },
    {
      name: 'ci',
      models: ['gemini-*', 'b'],
      projectId: project.id,
      addresses: ['10.0.0.0/8'],
      limits: {
        ...{ requestsPerMinute: 600, tokensPerMinute: 100_000, requestsPerDay: 1_000 },
        ...{ tokensPerDay: 9_000_000, concurrentRequests: 10 },
      },
      expiresAt: '2199-01-01T00:00:00.000Z',
    },
  )
  const [budget] = (await json('keys list'))[0].budgets
  assert.deepEqual(
    [budget.limitNanoUsd, budget.period, budget.alertPercent, budget.hardStop],
    [5_000_000_000, 'week', 80, true],
  )
  assert.match(await text('keys list'), /\$0 of \$5 a week +active/)
  assert.match(
    await text(`keys show ${key.id}`),
    /^limits {4}600 requests a minute, 100000 tokens a minute,/m,
  )
})

test('[NEV-25] keys and projects have routes, which an explanation follows', async () => {
  const { id: project } = await json('projects create --name team --route slow=x/deep')
  const key = await json(
    'keys create --name ci --project team --route fast=fast-eu --route gemini-*=google/a,vertex/a',
  )
  const routes = { fast: 'fast-eu', 'gemini-*': ['google/a', 'vertex/a'] }
  assert.deepEqual([key.routes, (await json(`keys show ${key.id}`)).routes], [routes, routes])
  assert.deepEqual((await json('keys list'))[0].routes, routes)
  assert.match(
    await text(`keys show ${key.id}`),
    /^routes {4}fast → fast-eu; gemini-\* → google\/a, then vertex\/a$/m,
  )
  assert.match(await text('projects show team'), /^routes +slow → x\/deep$/m)
  assert.deepEqual((await json(`keys update ${key.id} --name other`)).routes, routes)
  assert.deepEqual((await json(`keys update ${key.id} --route a=b/c`)).routes, { a: 'b/c' })
  assert.deepEqual((await json(`keys update ${key.id} --no-route`)).routes, {})
  assert.deepEqual((await json('projects update team --route slow=x/y')).routes, { slow: 'x/y' })
  assert.deepEqual((await json('projects list'))[0].routes, { slow: 'x/y' })
  assert.deepEqual((await json(`projects update ${project} --no-route`)).routes, {})
})

test('keys create --expires 30d counts from now', async () => {
  const before = Date.now()
  const { expiresAt } = await json('keys create --name ci --expires 30d')
  const days = (Date.parse(expiresAt) - before) / 86_400_000
  assert.ok(days >= 30 && days < 30.01, expiresAt)
})

test('keys update changes what is named and clears what begins with no', async () => {
  const { id } = await json(
    'keys create --name ci --model a --rpm 5 --tpd 7 --address 10.0.0.1 --expires 30d',
  )
  await json('projects create --name team')
  const changed = await json(`keys update ${id} --project team --rpm 6 --model b --model c`)
  assert.deepEqual([changed.models, changed.limits], [['b', 'c'], { requestsPerMinute: 6, tokensPerDay: 7 }])
  assert.ok(changed.projectId)
  const cleared = await json(`keys update ${id} --no-project --no-rpm --no-model --no-address --no-expires`)
  assert.deepEqual(
    [cleared.projectId, cleared.limits, cleared.models, cleared.addresses, cleared.expiresAt, cleared.name],
    [null, { tokensPerDay: 7 }, [], [], null, 'ci'],
  )
})

// ---------------------------------------------------------------------------------------------
// Projects and budgets.

test('projects are made, listed, changed and removed, by id or by name', async () => {
  const { id } = await json('projects create --name team --rpm 60')
  await json(`keys create --name ci --project ${id}`)
  assert.match(await text('projects list'), new RegExp(`${id} +team +1 +- +active`))
  assert.deepEqual((await json('projects update team --no-rpm --tpm 9')).limits, { tokensPerMinute: 9 })
  assert.equal((await json('projects disable team')).disabled, true)
  assert.match(await text(`projects show ${id}`), /^state +disabled$/m)
  assert.equal((await json('projects enable team')).disabled, false)
  const busy = await command('projects delete team')
  assert.equal(busy.exitCode, 2)
  const [key] = await json('keys list')
  await command(`keys delete ${key.id}`)
  assert.deepEqual(await json('projects delete team'), { id, deleted: true })
  assert.equal((await command('projects show team')).exitCode, 4)
})

test('a name that several projects have is no name', async () => {
  const first = await json('projects create --name twin')
  const second = await json('projects create --name twin')
  const { exitCode, stderr } = await command('projects show twin')
  assert.equal(exitCode, 2)
  assert.match(stderr, new RegExp(`use an id: ${first.id}, ${second.id}`))
})

test('budgets set makes a budget, and changes the one that is there', async () => {
  const { id: key } = await json('keys create --name ci')
  await json('projects create --name team')
  const made = await json(`budgets set --key ${key} --limit 0.1 --alert 80`)
  assert.deepEqual(
    [made.scope, made.scopeId, made.period, made.limitNanoUsd],
    ['key', key, 'month', 100_000_000],
  )
  const changed = await json(`budgets set --key ${key} --limit 7.5 --soft`)
  assert.deepEqual(
    [changed.id, changed.limitUsd, changed.hardStop, changed.alertPercent],
    [made.id, '7.5', false, null],
  )
  await json(`budgets set --key ${key} --limit 1 --period day`)
  assert.equal((await json('budgets set --project team --limit 3')).scope, 'project')
  assert.equal((await json('budgets set --gateway --limit 100 --period ever')).windowEnd, null)
  assert.equal((await json('budgets list')).length, 4)
  assert.match(await text('budgets list'), /gateway +ever +100 +0 +0 +100 +stops +never/)
  assert.match(await text(`budgets show ${made.id}`), /^limit +\$7\.5$/m)
  assert.deepEqual(await json(`budgets delete ${made.id}`), { id: made.id, deleted: true })
  assert.equal((await json('budgets list')).length, 3)
})

// ---------------------------------------------------------------------------------------------
// Usage.

const HOUR_MS = 3_600_000

/** What two keys used in this hour, and what one used 40 days ago. */
async function use(): Promise<void> {
  const { ledger } = office
  await spend(ledger, 'r1', 3_000, { keyId: 'k1' })
  await spend(ledger, 'r2', 1_000, { keyId: 'k2', model: '=cmd' })
  const now = Date.now()
  const large = reservationOf('r3', { keyId: 'k2' })
  await ledger.settle(rowOf(large, now, LARGEST, { ...usage(7), outcome: 'client_gone' }))
  await ledger.settle(rowOf(large.requestId === 'r3' ? reservationOf('r4') : large, now, LARGEST, usage(7)))
  const old = rowOf(reservationOf('r5', { keyId: 'k1' }), now - 40 * 24 * HOUR_MS, 50)
  await ledger.settle({ ...old, price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 })
}

test('[ADM-06] usage report is what the ledger holds, in JSON, CSV and for people', async () => {
  await use()
  const report = await json('usage report --last 1h')
  const brief = report.map(({ key, requests, costNanoUsd }: Record<string, unknown>) => ({
    key,
    requests,
    costNanoUsd,
  }))
  assert.deepEqual(brief, [
    { key: 'k1', requests: 2, costNanoUsd: BigInt(LARGEST) + 3_000n },
    { key: 'k2', requests: 2, costNanoUsd: BigInt(LARGEST) + 1_000n },
  ])
  const csv = await text('usage report --last 1h --by key,model --csv')
  assert.match(csv, /^key,model,requests,failed,/)
  assert.match(csv, /\r\nk2,'=cmd,1,0,/)
  const table = await text('usage report --last 1h')
  assert.match(table, /^KEY +REQUESTS +FAILED +TOKENS +COST \$/m)
  assert.match(table, /^k1 +2 +0 +\d+ +9007199\.254743991 +█{20}$/m)
  assert.match(table, /^SUM +4 +1 +\d+ +18014398\.50948598\d*$/m)
  assert.match(await text('usage report --last 60d'), /1 of the requests had no price.*wasat prices reprice/)
  assert.match(await text('usage report --last 1h --key nobody'), /Nothing was used\./)
})

test('usage report shows the names of keys, groups in time, and says when there is more', async () => {
  const { id } = await json('keys create --name ci')
  await spend(office.ledger, 'r1', 1, { keyId: id })
  await spend(office.ledger, 'r2', 1_000_000, { keyId: 'k2' })
  assert.match(await text('usage report'), new RegExp(`^${id} ci +1 +0 +11 +0.000000001 +▏$`, 'm'))
  assert.match(await text('usage report --limit 1'), /There are more groups; the sum counts them too/)
  const [day] = await json('usage report --by day')
  assert.equal(day.day, `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`)
})

test('[ADM-06] usage export is every row, on standard output and in a file', async () => {
  await use()
  const rows = await Array.fromAsync(office.ledger.rows({ from: 0, to: Date.now() + 1_000, filter: {} }))
  const lines = (await text('usage export --format jsonl --last 60d')).trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    rows.map((row) => rowShape(row)),
  )
  const csv = await text('usage export --last 60d')
  assert.equal(csv.split('\r\n').length, rows.length + 2)
  const written = await command('usage export --last 60d --out rows.csv')
  assert.deepEqual([written.exitCode, written.stdout], [0, ''])
  assert.equal(readFileSync(join(folder, 'rows.csv'), 'utf8'), csv)
  assert.equal(statSync(join(folder, 'rows.csv')).mode & 0o777, 0o600)
  assert.match(
    await text('usage export --key k2 --last 1h --format jsonl'),
    /^[^\n]*"k2"[^\n]*\n[^\n]*"k2"[^\n]*\n$/,
  )
})

test('an export that breaks off fails, and leaves no file that looks whole', async () => {
  await use()
  const [row] = await Array.fromAsync(office.ledger.rows({ from: 0, to: Date.now() + 1_000, filter: {} }))
  async function* breaking() {
    for (let index = 0; index < 1_000; index++) yield row as NonNullable<typeof row>
    throw new Error('the disk is gone')
  }
  office = await openOffice({ ...office, ledger: { ...office.ledger, rows: breaking } })
  const { exitCode, stderr } = await command('usage export --out broken.csv')
  assert.equal(exitCode, 5, stderr)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('broken')),
    [],
  )
})

// ---------------------------------------------------------------------------------------------
// Prices.

test('prices are listed and shown, and what had none is priced', async () => {
  assert.match(await text('prices list'), /^gemini-2\.5-flash +0\.3 +0\.03 +2\.5 +table/m)
  const shown = await text('prices show gemini-2.5-flash')
  assert.match(shown, /^input +\$0\.3 for a million tokens$/m)
  assert.match(shown, /^groundedPrompt +\$0\.035 for one$/m)
  assert.match(shown, /^tierPercent\.batch +50 %$/m)
  assert.match(shown, /^outputTokensMax +65536 tokens$/m)
  assert.equal((await json('prices show gemini-2.5-flash'))[0].rates.input, 300_000_000)
  assert.equal((await command('prices show nobody')).exitCode, 4)
  await use()
  const find = () => ({ price: UNIT_PRICE, cost: () => 50 })
  office = await openOffice(office, { prices: { list: () => [], find } })
  assert.deepEqual(await json('prices reprice'), { requests: 1, costUsd: '0.00000005', costNanoUsd: 50 })
  assert.match(await text('prices reprice'), /no request without a price/)
})

// ---------------------------------------------------------------------------------------------
// Without a gateway.

test('in the folder itself, when no gateway runs', async (t) => {
  const data = join(folder, 'data')
  writeFileSync(
    join(folder, 'wasat.yaml'),
    'prices: { qwen: { inputUsdPerMillion: 0.5, outputUsdPerMillion: 1 } }',
  )
  t.after(() => rmSync(join(folder, 'wasat.yaml')))
  const inFolder = async (words: string) => {
    const { exitCode, stdout, stderr } = await run(`${words} --data ${data}`, folder)
    assert.equal(exitCode, 0, `${words}: ${stderr}`)
    return stdout
  }
  const asJson = async (words: string) => JSON.parse(await inFolder(`${words} --json`))
  assert.equal((await run(`projects list --data ${data}`, folder)).exitCode, 4)
  const project = await asJson('projects create --name team')
  const key = await asJson('keys create --name ci --project team --budget 5 --rpm 60')
  assert.equal((await asJson(`keys show ${key.id}`)).projectId, project.id)
  await inFolder('budgets set --project team --limit 7 --period day')
  assert.equal((await asJson('budgets list')).length, 2)
  const store = await openSqliteStore(data)
  for (let index = 0; index < 3; index++) await spend(store.ledger, `r${index}`, 10, { keyId: key.id })
  const unpriced = reservationOf('unpriced', { keyId: key.id, model: 'qwen' })
  const row = rowOf(unpriced, Date.now(), 1_000_000, {
    upstream: 'local',
    upstreamModel: 'qwen',
    price: undefined,
  })
  await store.ledger.settle({ ...row, billedNanoUsd: 0, upstreamCostNanoUsd: 0 })
  await store.close()
  assert.equal((await asJson('usage report'))[0].costNanoUsd, 30)
  assert.equal((await inFolder('usage export --format jsonl')).trimEnd().split('\n').length, 4)
  assert.match(await inFolder('prices list'), /^qwen +0\.5 +- +1 +config/m)
  // 10 tokens at half a dollar and a million at one.
  assert.deepEqual(await asJson('prices reprice'), {
    requests: 1,
    costUsd: '1.000005',
    costNanoUsd: 1_000_005_000,
  })
  assert.equal((await asJson('usage report'))[0].costNanoUsd, 1_000_005_030)
  assert.equal((await asJson(`keys list`))[0].budgets[0].spentUsd, '1.00000503')
  const refused = await run(`keys update ${key.id} --address nowhere --data ${data}`, folder)
  assert.equal(refused.exitCode, 2, refused.stderr)
})

// ---------------------------------------------------------------------------------------------
// What is refused.

const BAD = [
  'keys create',
  'keys create --name',
  'keys create --name ci extra',
  'keys create --name ci --budget -5',
  'keys create --name ci --budget 0',
  'keys create --name ci --budget 1e-10',
  'keys create --name ci --budget 1,000',
  'keys create --name ci --budget NaN',
  'keys create --name ci --budget 0.1234567891',
  'keys create --name ci --budget 9000001',
  'keys create --name ci --period month',
  'keys create --name ci --soft',
  'keys create --name ci --alert 80',
  'keys create --name ci --budget 5 --period year',
  'keys create --name ci --budget 5 --alert 101',
  'keys create --name ci --budget 5 --alert 0.5',
  'keys create --name ci --rpm 0',
  'keys create --name ci --rpm -1',
  'keys create --name ci --rpm 1e3',
  'keys create --name ci --tpd 1000000001',
  'keys create --name ci --concurrency many',
  'keys create --name ci --address everywhere',
  'keys create --name ci --address 10.0.0.0/33',
  'keys create --name ci --expires yesterday',
  'keys create --name ci --expires 2020-01-01',
  'keys create --name ci --expires 2027-02-30',
  'keys create --name ci --expires 0d',
  'keys create --name ci --model ü',
  'keys create --name ci --owner me',
  'keys update k1',
  'keys update k1 --id k2',
  'keys update k1 --created-at 2020-01-01',
  'keys update k1 --rpm 1.5',
  'keys show',
  'keys explode k1',
  'projects create',
  'projects create --name team --budget 5',
  'projects update p1',
  'budgets set --limit 5',
  'budgets set --gateway',
  'budgets set --gateway --key k1 --limit 5',
  'budgets set --key k1 --limit 5 --period hour',
  'budgets set --key nobody --limit 5',
  'budgets set --gateway --limit Infinity',
  'budgets set --gateway --limit +5',
  'budgets set --gateway --limit 5USD',
  'budgets set --gateway --limit 1 --spent 0',
  'usage report --by owner',
  'usage report --by key,key',
  'usage report --by key,project,model,upstream,tag',
  'usage report --from 2026-02-30',
  'usage report --from +275760-09-13',
  'usage report --from 2016-01-01 --to 2026-01-01',
  'usage report --from 2026-02-01 --to 2026-01-01',
  'usage report --last 7',
  'usage report --last -7d',
  'usage report --last 7d --from 2026-01-01',
  'usage report --last 99999w',
  'usage report --limit 0',
  'usage report --limit 10001',
  'usage report --tag team',
  'usage export --format xml',
  'usage export --from soon',
  'prices show',
  'prices reprice now',
  'keys create --name a --route fast',
  'keys create --name a --route =b',
  'keys create --name a --route fast=b/c,',
  'keys create --name a --route a=b --route a=c',
  'projects update p --route a',
]

test('[ADM-08] bad input ends with 2, says what to do, and changes nothing', async () => {
  await office.directory.createKey({
    ...{ id: 'k1', name: 'ci', digest: 'd', projectId: undefined, models: [], addresses: [], limits: {} },
    ...{ routes: {}, expiresAt: undefined, disabled: false, createdAt: 1, updatedAt: 1 },
  })
  const untouched = await office.snapshot()
  for (const words of BAD) {
    const { exitCode, stdout, stderr } = await command(words)
    assert.equal(exitCode, 2, `${words}: ${stdout}${stderr}`)
    assert.equal(stdout, '', words)
    assert.match(stderr, /^wasat: .+\n {2}next: .+\n$/, words)
    assert.deepEqual(await office.snapshot(), untouched, words)
    // The option would take it for its value.
    if (words.endsWith('--name')) continue
    assert.ok(JSON.parse((await command(`${words} --json`)).stderr).error.next, words)
  }
})

test('[ADM-08] CSV and JSON at once is neither', async () => {
  const { exitCode, stderr } = await command('usage report --json --csv')
  assert.deepEqual([exitCode, JSON.parse(stderr).error.next], [2, 'give one of the two'])
})

test('[ADM-08] an id that is not there ends with 4', async () => {
  const words = ['keys show x', 'keys update x --rpm 1', 'keys delete x', 'keys create --name n --project x']
  words.push('projects show x', 'projects delete x', 'budgets show x', 'budgets delete x', 'prices show x')
  words.push('budgets set --project x --limit 1')
  for (const line of words) {
    const { exitCode, stderr } = await command(line)
    assert.equal(exitCode, 4, line)
    assert.match(stderr, /\n {2}next: /, line)
  }
  assert.deepEqual(await json('keys list'), [])
})
