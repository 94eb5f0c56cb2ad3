/** What the API says of usage is what the ledger holds, in every format. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  HOSTILE,
  LARGEST,
  NO_USE,
  people,
  reservationOf,
  rowOf,
  UNIT_PRICE,
  usage,
} from '../../../test/contracts/ledger/subject.ts'
import { GatewayError } from '../../errors.ts'
import type { Ledger, SettledRow, UsageRow } from '../../nouns/ledger.ts'
import {
  assertProblem,
  type Office,
  onBooks,
  openOffice,
  recordedResponse,
  referenceBooks,
  requestOf,
  type TestBooks,
} from '../testing.fixture.ts'
import { csvCell } from './csv.ts'
import { ROW_FORMATS, rowShape } from './row-formats.ts'

const HOUR_MS = 3_600_000
const START = Date.UTC(2026, 0, 31, 20)
const RANGE = 'from=2026-01-01&to=2026-03-01'

/** Requests of two keys over two months, one of them beyond a double, one unpriced, one failed, some with tags. */
async function settleMany({ ledger }: { readonly ledger: Ledger }): Promise<void> {
  const settle = async (id: string, hour: number, billed: number, changes: Partial<UsageRow> = {}) => {
    const reservation = reservationOf(id, { reservedNanoUsd: 0 })
    await ledger.settle(rowOf(reservation, START + hour * HOUR_MS + 17, billed, changes))
  }
  const other = { keyId: 'k2', projectId: undefined, model: 'other' }
  for (let index = 0; index < 12; index++) {
    const tags = index % 3 === 0 ? { team: `t${index % 2}`, stage: 'x,y=z' } : undefined
    await settle(`r${index}`, index, index * 1_000, { tags, ...(index % 2 === 1 && other) })
  }
  await settle('large-1', 1, LARGEST, usage(1_000))
  await settle('large-2', 1, LARGEST, usage(1_000))
  const unpriced = { price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
  await settle('unpriced', 2, 500, unpriced)
  await settle('failed', 3, 0, { ...NO_USE, outcome: 'upstream_error', status: 503, upstream: undefined })
  await settle('estimated', 3, 40, { usageSource: 'estimated', firstByteMs: undefined })
}

async function officeOf(books: TestBooks): Promise<Office> {
  await people(books)
  await settleMany(books)
  return openOffice(books)
}

/** Any row. */
async function oneRow(): Promise<SettledRow> {
  return (await rowsOf(await officeOf(referenceBooks())))[0] as SettledRow
}

async function rowsOf({ ledger }: Office, filter = {}): Promise<SettledRow[]> {
  return Array.fromAsync(ledger.rows({ from: 0, to: Number.MAX_SAFE_INTEGER, filter }))
}

const sumOf = (values: readonly (number | bigint)[]): bigint =>
  values.reduce<bigint>((sum, one) => sum + BigInt(one), 0n)

interface Sums {
  readonly requests: number | bigint
  readonly totalTokens: number | bigint
  readonly costNanoUsd: number | bigint
  readonly costUsd: string
}

function assertTotals(all: readonly Sums[], rows: readonly SettledRow[]): void {
  assert.equal(sumOf(all.map(({ requests }) => requests)), BigInt(rows.length))
  assert.equal(
    sumOf(all.map(({ totalTokens }) => totalTokens)),
    sumOf(rows.map(({ totalTokens }) => totalTokens)),
  )
  const cost = sumOf(rows.map(({ billedNanoUsd, adjustedNanoUsd }) => billedNanoUsd + adjustedNanoUsd))
  assert.equal(sumOf(all.map(({ costNanoUsd }) => costNanoUsd)), cost)
}

// ---------------------------------------------------------------------------------------------
// Sums.

onBooks('[ADM-06] sums by every dimension are those of the rows, exactly', async (open) => {
  const whole = await officeOf(await open())
  const rows = await rowsOf(whole)
  for (const by of [
    'key',
    'project',
    'model',
    'upstream',
    'hour',
    'day',
    'month',
    'key,model,day,upstream',
  ]) {
    const { usage, total, more } = await whole.make('GET', `/admin/v1/usage?${RANGE}&by=${by}`)
    assert.equal(more, false)
    assertTotals(usage, rows)
    assertTotals([total], rows)
    for (const group of usage)
      assert.deepEqual(Object.keys(group).slice(0, by.split(',').length), by.split(','))
  }
})

onBooks('[ADM-06] integers beyond 2^53 are numbers, digit for digit', async (open) => {
  const { ask } = await officeOf(await open())
  const { text, json } = await ask('GET', `/admin/v1/usage?${RANGE}`)
  const [dearest] = json.usage
  const cost = 2n * BigInt(LARGEST) + 30_040n
  assert.deepEqual([dearest.key, dearest.costNanoUsd], ['k1', cost])
  assert.ok(text.includes(`"costNanoUsd":${cost},`))
  assert.equal(dearest.costUsd, '18014398.509512022')
})

onBooks('[ADM-06] what failed, was estimated or had no price is counted', async (open) => {
  const { make } = await officeOf(await open())
  const { failed, estimated, unpriced } = (await make('GET', `/admin/v1/usage?${RANGE}&by=model`)).total
  assert.deepEqual([failed, estimated, unpriced], [1, 1, 1])
})

onBooks('[ADM-06] filters', async (open) => {
  const whole = await officeOf(await open())
  const cases: [string, object][] = [
    ['key=k2', { keyId: 'k2' }],
    ['project=p1', { projectId: 'p1' }],
    ['model=other', { model: 'other' }],
    ['upstream=mock', { upstream: 'mock' }],
    [`tag=${encodeURIComponent('stage=x,y=z')}`, { tag: 'stage=x,y=z' }],
    ['key=k1&tag=team%3Dt0', { keyId: 'k1', tag: 'team=t0' }],
    ['key=deleted', { keyId: 'deleted' }],
    ...HOSTILE.map((name): [string, object] => [`model=${encodeURIComponent(name)}`, { model: name }]),
  ]
  for (const [query, filter] of cases) {
    const rows = await rowsOf(whole, filter)
    assertTotals((await whole.make('GET', `/admin/v1/usage?${RANGE}&${query}`)).usage, rows)
    const exported = await whole.make('GET', `/admin/v1/usage/rows?${RANGE}&${query}`)
    assert.deepEqual(
      exported,
      rows.map((row) => rowShape(row)),
      query,
    )
  }
})

onBooks('[ADM-06] by tag a request counts for each of its tags, and in the total once', async (open) => {
  const whole = await officeOf(await open())
  const { usage, total } = await whole.make('GET', `/admin/v1/usage?${RANGE}&by=tag`)
  const counts = usage.map(({ tag, requests }: { tag: string; requests: number }) => [tag, requests])
  assert.deepEqual(Object.fromEntries(counts), { '': 13, 'stage=x,y=z': 4, 'team=t0': 2, 'team=t1': 2 })
  assertTotals([total], await rowsOf(whole))
})

onBooks(
  '[ADM-06] the dearest groups come first and the total counts them all; times come in order',
  async (open) => {
    const whole = await officeOf(await open())
    const { usage, total, more } = await whole.make('GET', `/admin/v1/usage?${RANGE}&by=hour&limit=3`)
    assert.equal(more, true)
    assertTotals([total], await rowsOf(whole))
    const hours = usage.map(({ hour }: { hour: string }) => hour)
    assert.deepEqual(hours, hours.toSorted())
    assert.ok(hours.includes('2026-01-31T21:00:00.000Z'), 'the dearest hour is among them')
    const byKey = await whole.make('GET', `/admin/v1/usage?${RANGE}&limit=1`)
    assert.deepEqual([byKey.usage[0].key, byKey.usage.length, byKey.more], ['k1', 1, true])
  },
)

onBooks(
  '[ADM-06] the range ends before its end; without one it is this month, the hour of now included',
  async (open, t) => {
    const whole = await officeOf(await open())
    const count = async (query: string) =>
      (await whole.make('GET', `/admin/v1/usage?${query}`)).total.requests
    assert.equal(await count('from=2026-01-31T20:00:00Z&to=2026-01-31T21:00:00Z'), 1)
    assert.equal(await count('from=2026-01-31T22:00:00%2B01:00&to=2026-02-01T00:00:00%2B02:00'), 3)
    assert.equal(await count('from=2026-01-31&to=2026-02-01'), 9)
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 1, 1, 3) + 17 })
    const { from, to } = await whole.make('GET', '/admin/v1/usage')
    assert.deepEqual([from, to], ['2026-02-01T00:00:00.000Z', '2026-02-01T04:00:00.000Z'])
    assert.equal(await count('by=key'), 4)
  },
)

// ---------------------------------------------------------------------------------------------
// Rows.

/** RFC 4180, written down a second time. */
function readCsv(text: string): string[][] {
  const table: string[][] = []
  let row: string[] = []
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    table.push(row)
    row = []
  }
  return table
}

onBooks('[ADM-06] JSON, JSON Lines and CSV hold every row, and the same', async (open) => {
  const whole = await officeOf(await open())
  const rows = (await rowsOf(whole)).map((row) => rowShape(row))
  const get = (format: string) => whole.ask('GET', `/admin/v1/usage/rows?${RANGE}&format=${format}`)
  const json = await get('json')
  assert.deepEqual([json.headers['content-type'], JSON.parse(json.text)], ['application/json', rows])
  const jsonl = await get('jsonl')
  assert.match(String(jsonl.headers['content-type']), /^application\/jsonl/)
  assert.ok(jsonl.text.endsWith('\n'))
  assert.deepEqual(
    jsonl.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    rows,
  )
  const csv = await get('csv')
  assert.match(
    String(csv.headers['content-disposition']),
    /^attachment; filename="wasat-usage-2026-01-01-2026-03-01\.csv"$/,
  )
  const [head = [], ...lines] = readCsv(csv.text)
  assert.deepEqual(head, Object.keys(rows[0] ?? {}))
  assert.equal(lines.length, rows.length)
  for (const [index, line] of lines.entries()) {
    const texts = Object.values(rows[index] ?? {}).map((value) =>
      value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    )
    assert.deepEqual(line, texts)
  }
})

test('an export of nothing is whole: a head, an empty list, no line', async () => {
  const { ask } = await openOffice()
  const get = async (format: string) => (await ask('GET', `/admin/v1/usage/rows?format=${format}`)).text
  assert.deepEqual(JSON.parse(await get('json')), [])
  assert.equal(await get('jsonl'), '')
  assert.equal(await get('csv'), ROW_FORMATS.csv.head)
})

test('[ADM-07] text that a spreadsheet would run is only text', () => {
  const cases: [string, string][] = [
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['\n=1', '"\'\n=1"'],
    ['＝1+1', "'＝1+1"],
    ['=HYPERLINK("http://x","a")', '"\'=HYPERLINK(""http://x"",""a"")"'],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ["a'b", "a'b"],
    ['', ''],
  ]
  for (const [text, cell] of cases) assert.equal(csvCell(text), cell)
  assert.deepEqual(
    [csvCell(-5), csvCell(0.25), csvCell(null), csvCell({ a: '=1' })],
    ['-5', '0.25', '', '"{""a"":""=1""}"'],
  )
})

onBooks(
  '[ADM-07] no cell of an export begins like a formula, whatever clients called their models and tags',
  async (open) => {
    const books = await open()
    await people(books)
    const model = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    const starts = fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", '')
    const names = fc.tuple(starts, model).map(([start, rest]) => `${start}${rest}`)
    const sample = fc.sample(names, { numRuns: 200, seed: 4 })
    for (const [index, name] of sample.entries()) {
      const reservation = reservationOf(`r${index}`, { model: name, tags: { [name]: name } })
      await books.ledger.settle(rowOf(reservation, START + index, 1, { finishReason: name }))
    }
    const { ask } = await openOffice(books)
    const { text } = await ask('GET', `/admin/v1/usage/rows?${RANGE}&format=csv`)
    const [head = [], ...lines] = readCsv(text)
    assert.equal(lines.length, sample.length)
    const [at, finish, tags] = ['model', 'finishReason', 'tags'].map((column) => head.indexOf(column))
    for (const [index, line] of lines.entries()) {
      assert.equal(line.length, head.length)
      for (const cell of line) assert.doesNotMatch(cell, /^[=+\-@\t\r\n]/)
      const name = sample[index] as string
      assert.equal(line[at!]?.replace(/^'(?=[=+\-@\t\r\n＝＋－＠])/, ''), name)
      assert.equal(line[finish!], line[at!])
      assert.deepEqual(JSON.parse(line[tags!] as string), { [name]: name })
    }
  },
)

/** Turns of the event loop until it is so, 1,000 at most. */
async function turns(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isSo(); turn++) await new Promise(setImmediate)
}

test('an export waits for its reader, and stops when the reader leaves', async () => {
  let asked = 0
  const row = await oneRow()
  const books = referenceBooks()
  let closed = false
  async function* endless(): AsyncGenerator<SettledRow> {
    try {
      for (;;) {
        asked++
        yield row
      }
    } finally {
      closed = true
    }
  }
  const generator = endless()
  const rows = () => generator
  const { admin } = await openOffice({ ...books, ledger: { ...books.ledger, rows } })
  const seen = recordedResponse(() => false)
  const done = admin(requestOf('GET', '/admin/v1/usage/rows?format=jsonl'), seen.response, true)
  await turns(() => seen.pieces.length === 1)
  const before = asked
  await turns(() => false)
  assert.equal(asked, before, 'nothing is read while there is no room')
  seen.drain()
  await turns(() => seen.pieces.length === 2)
  assert.ok(asked > before)
  seen.leave()
  await done
  assert.deepEqual([seen.pieces.length, closed, seen.isDestroyed()], [2, true, false])
})

test('an export that breaks off is cut, and one that cannot begin is a real status', async () => {
  const row = await oneRow()
  const books = referenceBooks()
  const away = new GatewayError('store_unavailable', 'The service is currently unavailable.')
  async function* breaking(count: number): AsyncGenerator<SettledRow> {
    for (let index = 0; index < count; index++) yield row
    throw away
  }
  const openWith = (count: number) =>
    openOffice({ ...books, ledger: { ...books.ledger, rows: () => breaking(count) } })
  assertProblem(await (await openWith(0)).ask('GET', '/admin/v1/usage/rows'), 503)
  const heard: GatewayError[] = []
  const { admin } = await openOffice(
    { ...books, ledger: { ...books.ledger, rows: () => breaking(500) } },
    { onFailure: (failure) => heard.push(failure) },
  )
  const seen = recordedResponse()
  await admin(requestOf('GET', '/admin/v1/usage/rows?format=jsonl'), seen.response, true)
  assert.deepEqual([seen.isDestroyed(), heard], [true, [away]])
})

// ---------------------------------------------------------------------------------------------
// Prices and old rows.

onBooks('reprice charges what had no price, once', async (open) => {
  const books = await open()
  await people(books)
  await settleMany(books)
  const find = () => ({ price: UNIT_PRICE, cost: () => 500 })
  const { make } = await openOffice(books, { prices: { list: () => [], find } })
  assert.deepEqual(await make('POST', '/admin/v1/prices:reprice'), {
    requests: 1,
    costUsd: '0.0000005',
    costNanoUsd: 500,
  })
  assert.deepEqual(await make('POST', '/admin/v1/prices:reprice'), {
    requests: 0,
    costUsd: '0',
    costNanoUsd: 0,
  })
  const { usage } = await make('GET', `/admin/v1/usage?${RANGE}&by=model`)
  const cost = sumOf(usage.map(({ costNanoUsd }: Sums) => costNanoUsd))
  const rows = await make('GET', `/admin/v1/usage/rows?${RANGE}`)
  assert.equal(sumOf(rows.map(({ costNanoUsd }: Sums) => costNanoUsd)), cost)
})

onBooks('prune removes rows and no sum', async (open) => {
  const whole = await officeOf(await open())
  const sums = () => whole.make('GET', `/admin/v1/usage?${RANGE}&by=key,month`)
  const before = await sums()
  const pruned = await whole.make('POST', '/admin/v1/ledger:prune', { before: '2026-02-01' })
  assert.deepEqual(pruned, { before: '2026-02-01T00:00:00.000Z', removed: 9 })
  assert.equal((await rowsOf(whole)).length, 8)
  assert.deepEqual(await sums(), before)
})

test('prices are listed, and found by each of their names', async () => {
  const { make } = await openOffice()
  const { prices } = await make('GET', '/admin/v1/prices')
  const flash = prices.find(({ model }: { model: string }) => model === 'gemini-2.5-flash')
  assert.equal(flash.rates.input, 300_000_000)
  for (const name of [flash.model, ...flash.aliases])
    assert.deepEqual((await make('GET', `/admin/v1/prices?model=${name}`)).prices, [flash])
  assert.deepEqual((await make('GET', '/admin/v1/prices?model=nobody')).prices, [])
})
