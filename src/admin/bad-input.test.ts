/** Whatever is wrong with a request of the admin API: it is told what, and nothing has changed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { admit, people, reservationOf, spend } from '../../test/contracts/ledger/subject.ts'
import { formatUsd } from '../wire/usd.ts'
import type { Endpoint } from './endpoint.ts'
import { ENDPOINTS } from './endpoints.ts'
import { limitOf } from './money.ts'
import {
  type Answered,
  assertProblem,
  type Office,
  onBooks,
  openOffice,
  type TestBooks,
} from './testing.fixture.ts'

type Refused = (
  method: string,
  target: string,
  body: object | string | undefined,
  field?: string,
) => Promise<Answered>

/** Looking at everything takes a while where it lies on a disk: there it is done after so many requests. */
const REQUESTS_BETWEEN_LOOKS = { reference: 1, SQLite: 20 }

/** The books' clock stands: a window that ends in the middle would be a change. */
const STARTED_AT = Date.now()

/** A project with a key, another key, a budget of each scope, requests that ended and one that did not. */
async function createWorld(
  books: TestBooks,
): Promise<{ readonly office: Office; readonly budgetId: string }> {
  const office = await openOffice(books)
  await people(office)
  const budget = (body: object) => office.make('POST', '/admin/v1/budgets', { limitUsd: '5', ...body })
  const budgetId = (await budget({ scope: 'key', scopeId: 'k1', period: 'month' })).budget.id
  await budget({ scope: 'project', scopeId: 'p1', period: 'day', hardStop: false })
  await budget({ scope: 'gateway', period: 'ever', alertPercent: 80 })
  await spend(office.ledger, 'r1', 100)
  await spend(office.ledger, 'r2', 200, { keyId: 'k2', projectId: undefined })
  await admit(office.ledger, reservationOf('r3'))
  return { office, budgetId }
}

/** A test whose every request must be refused, and leave everything as it was. */
function onWorld(title: string, body: (refused: Refused) => Promise<void>): void {
  onBooks(title, async (open, _, kind) => {
    const { office, budgetId } = await createWorld(await open(() => STARTED_AT))
    const untouched = await office.snapshot()
    let requests = 0
    await body(async (method, target, sent, field) => {
      const asked = sent === undefined ? {} : { body: sent }
      const answered = await office.ask(method, target.replace('{budget}', budgetId), asked)
      const what = `${method} ${target} ${typeof sent === 'string' ? sent : JSON.stringify(sent)}`
      assert.ok(
        answered.status >= 400 && answered.status < 500,
        `${what}: ${answered.status} ${answered.text}`,
      )
      assertProblem(answered, answered.status, undefined, field)
      if (++requests % REQUESTS_BETWEEN_LOOKS[kind] === 0)
        assert.deepEqual(await office.snapshot(), untouched, what)
      return answered
    })
    assert.deepEqual(await office.snapshot(), untouched)
  })
}

/** Every endpoint that changes something, where it lies in this world, and a body that would do. */
const CHANGES: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  ['POST', '/admin/v1/keys', { name: 'n', budget: { limitUsd: '1', period: 'day' } }],
  ['PATCH', '/admin/v1/keys/k1', { name: 'n' }],
  ['DELETE', '/admin/v1/keys/k1', {}],
  ['POST', '/admin/v1/keys/k1:disable', {}],
  ['POST', '/admin/v1/keys/k1:enable', {}],
  ['POST', '/admin/v1/keys/k1:rotate', {}],
  ['POST', '/admin/v1/projects', { name: 'n' }],
  ['PATCH', '/admin/v1/projects/p1', { name: 'n' }],
  ['DELETE', '/admin/v1/projects/p1', {}],
  ['POST', '/admin/v1/projects/p1:disable', {}],
  ['POST', '/admin/v1/projects/p1:enable', {}],
  ['POST', '/admin/v1/budgets', { scope: 'gateway', period: 'day', limitUsd: 1 }],
  ['PATCH', '/admin/v1/budgets/{budget}', { limitUsd: '2' }],
  ['DELETE', '/admin/v1/budgets/{budget}', {}],
  ['POST', '/admin/v1/prices:reprice', {}],
  ['POST', '/admin/v1/upstreams/k1:test', {}],
  ['POST', '/admin/v1/ledger:prune', { before: '2026-01-01' }],
]

test('every endpoint that changes something is in the table', () => {
  const patternOf = ([method, target]: (typeof CHANGES)[number]): string =>
    `${method} ${target.replace(/\{budget\}|\/(k1|p1)(?=[:/]|$)/, (id) => (id === '{budget}' ? '{id}' : '/{id}'))}`
  const wanted = ENDPOINTS.filter(({ method }) => method !== 'GET').map(
    ({ method, path }) => `${method} ${path}`,
  )
  assert.deepEqual(CHANGES.map(patternOf).toSorted(), wanted.toSorted())
})

// ---------------------------------------------------------------------------------------------
// Fields that nobody may set.

const FOREIGN = [
  ...['id', 'digest', 'secret', 'key', 'createdAt', 'updatedAt', 'hint', 'disabled', 'is_admin', 'role'],
  ...['spentUsd', 'spentNanoUsd', 'reservedNanoUsd', 'limitNanoUsd', 'windowStart', 'owner', 'Name', 'name '],
  ...['constructor', 'prototype', 'toString', '__proto__', 'limits.requestsPerMinute', ''],
]

onWorld(
  '[ADM-02] L09 unknown and read-only fields are refused by every endpoint that changes something',
  async (refused) => {
    for (const [method, target, body] of CHANGES) {
      for (const field of FOREIGN) {
        const whole = { ...body }
        // An own member, also of the name that an assignment would not make one of.
        Object.defineProperty(whole, field, { value: 'x', enumerable: true })
        await refused(method, target, whole, field)
      }
    }
  },
)

onWorld('[ADM-02] L09 and by the sections inside', async (refused) => {
  for (const field of ['scope', 'scopeId', 'limitNanoUsd', 'spentUsd', '__proto__', 'constructor']) {
    const budget = `{"limitUsd":"1","period":"day",${JSON.stringify(field)}:{"x":1}}`
    await refused('POST', '/admin/v1/keys', `{"name":"n","budget":${budget}}`, `budget.${field}`)
    const limits = `{"limits":{${JSON.stringify(field)}:5}}`
    await refused('PATCH', '/admin/v1/keys/k1', limits, `limits.${field}`)
  }
})

onWorld('[ADM-02] L09 fields of a budget and a key that stay what they are', async (refused) => {
  for (const field of ['scope', 'scopeId', 'period', 'id', 'spentUsd']) {
    await refused('PATCH', '/admin/v1/budgets/{budget}', { [field]: 'day' }, field)
  }
})

onWorld(
  '[ADM-02] unknown parameters of a query are refused, and so is one that is there twice',
  async (refused) => {
    for (const { method, path } of ENDPOINTS as readonly Endpoint[]) {
      const target = path.replace('{id}', 'k1')
      for (const query of ['sort=__proto__', '__proto__=1', 'constructor=1', 'offset=-1', 'Limit=1']) {
        await refused(method, `${target}?${query}`, undefined, query.split('=')[0])
      }
    }
    await refused('GET', '/admin/v1/usage?key=a&key=b', undefined, 'key')
  },
)

// ---------------------------------------------------------------------------------------------
// Amounts.

const BAD_AMOUNTS = [
  ...['-1', '0', '0.0', '-0', '1e-10', '1e30', '1e2', 'NaN', 'Infinity', '-Infinity', '1,000', '1_000', '1.'],
  ...['.5', '0.1.2', '0x10', '1 ', ' 1', '+1', '', '5 USD', '$5', '€5', '٥', '9000000.000000001', '9000001'],
  ...['0.0000000001', '0.1234567890123456789', '99999999999999999999', 'null', '1/2', '1\u0000', '1\n'],
]
const BAD_NUMBERS = [
  ...[
    '-1',
    '0',
    '-0',
    '0.0',
    '1e-10',
    '1e30',
    '1e308',
    '0.30000000000000004',
    '9000001',
    '0.1234567890123456789',
  ],
  ...['1e2', '5E-1', 'true', 'null', '[1]', '{"usd":1}', '9007199254740993'],
]
const BAD_TOKENS = ['1e400', 'NaN', 'Infinity', '-Infinity', '1,000', '.5', '01', '+1', "'5'", '0x10', '5n']

const AMOUNTS: readonly (readonly [string, string, (limit: string) => string, string])[] = [
  [
    'POST',
    '/admin/v1/budgets',
    (limit) => `{"scope":"gateway","period":"day","limitUsd":${limit}}`,
    'limitUsd',
  ],
  ['PATCH', '/admin/v1/budgets/{budget}', (limit) => `{"limitUsd":${limit}}`, 'limitUsd'],
  [
    'POST',
    '/admin/v1/keys',
    (limit) => `{"name":"n","budget":{"period":"day","limitUsd":${limit}}}`,
    'budget.limitUsd',
  ],
]

for (const [method, target, bodyOf, field] of AMOUNTS) {
  onWorld(`[ADM-03] [ADM-01] L13 what is no amount of money: ${method} ${target}`, async (refused) => {
    for (const text of BAD_AMOUNTS) await refused(method, target, bodyOf(JSON.stringify(text)), field)
    for (const number of BAD_NUMBERS) await refused(method, target, bodyOf(number), field)
    for (const token of BAD_TOKENS) await refused(method, target, bodyOf(token))
    await refused(method, target, bodyOf('"1","limitUsd":"2"'), field)
  })
}

test('[ADM-03] amounts are taken exactly, as a text and as a number alike', async () => {
  const other = await openOffice()
  const { budget } = await other.make('POST', '/admin/v1/budgets', {
    scope: 'gateway',
    period: 'day',
    limitUsd: '1',
  })
  const set = async (limit: string) => {
    const { json } = await other.ask('PATCH', `/admin/v1/budgets/${budget.id}`, {
      body: `{"limitUsd":${limit}}`,
    })
    return [json.budget.limitNanoUsd, json.budget.limitUsd]
  }
  const cases: [string, number, string][] = [
    ['0.1', 100_000_000, '0.1'],
    ['0.000000001', 1, '0.000000001'],
    ['9000000', 9_000_000_000_000_000, '9000000'],
    ['8999999.999999999', 8_999_999_999_999_999, '8999999.999999999'],
    ['1.10', 1_100_000_000, '1.1'],
    ['4503599.627370497', 4_503_599_627_370_497, '4503599.627370497'],
  ]
  for (const [text, nanoUsd, shown] of cases) {
    assert.deepEqual(await set(text), [nanoUsd, shown])
    assert.deepEqual(await set(`"${text}"`), [nanoUsd, shown])
  }
})

test('[ADM-03] every amount that can be written comes back as it was', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 9_000_000_000_000_000n }), (nanoUsd) => {
      assert.equal(BigInt(limitOf(formatUsd(nanoUsd), 'limitUsd')), nanoUsd)
    }),
  )
})

// ---------------------------------------------------------------------------------------------
// Everything else.

const BAD_LIMITS = [0, -1, 1.5, 1e10, '600', true, [1], Number.MAX_SAFE_INTEGER]
const BAD_DATES = [
  ...['2027-02-30', '2027-02-29', '2027-13-01', '2027-00-10', '+275760-09-13', '10000-01-01', '2027-1-1', ''],
  ...['2027-01-01T25:00:00Z', '2027-01-01T00:60:00Z', '2027-01-01T00:00:61Z', '2027-01-01T00:00:00'],
  ...['2027-01-01T00:00:00+24:00', 'tomorrow', '1767225600', '0 0 31 2 *', '2027-03-28 02:30', '1969-12-31'],
]

onWorld('[ADM-01] L13 L14 fields of keys, projects and budgets', async (refused) => {
  const key = '/admin/v1/keys'
  const cases: [string, string, object, string][] = [
    ['POST', key, {}, 'name'],
    ['POST', key, { name: '' }, 'name'],
    ['POST', key, { name: 'a\u0000b' }, 'name'],
    ['POST', key, { name: 'x'.repeat(101) }, 'name'],
    ['POST', key, { name: 7 }, 'name'],
    ['POST', key, { name: 'n', models: 'a*' }, 'models'],
    ['POST', key, { name: 'n', models: ['a', { $ne: null }] }, 'models[1]'],
    ['POST', key, { name: 'n', models: [''] }, 'models[0]'],
    ['POST', key, { name: 'n', models: Array(101).fill('a') }, 'models'],
    ['POST', key, { name: 'n', addresses: ['10.0.0.0/33'] }, 'addresses[0]'],
    ['POST', key, { name: 'n', addresses: ['everyone'] }, 'addresses[0]'],
    ['POST', key, { name: 'n', projectId: 'p2' }, 'projectId'],
    ['POST', key, { name: 'n', projectId: null }, 'projectId'],
    ['POST', key, { name: 'n', expiresAt: '2020-01-01' }, 'expiresAt'],
    ['POST', key, { name: 'n', budget: {} }, 'budget.limitUsd'],
    ['POST', key, { name: 'n', budget: { limitUsd: 1 } }, 'budget.period'],
    ['POST', key, { name: 'n', budget: null }, 'budget'],
    ['PATCH', `${key}/k1`, { projectId: 'p2' }, 'projectId'],
    ['PATCH', `${key}/k1`, { name: null }, 'name'],
    ['PATCH', `${key}/k1`, { models: null }, 'models'],
    ['PATCH', `${key}/k1`, { expiresAt: 1_800_000_000_000 }, 'expiresAt'],
    ['PATCH', '/admin/v1/projects/p1', { name: ' ' }, 'name'],
    ['PATCH', '/admin/v1/projects/p1', { limits: null }, 'limits'],
    ['POST', '/admin/v1/projects', { name: ['n'] }, 'name'],
    ['POST', '/admin/v1/budgets', {}, 'scope'],
    ['POST', '/admin/v1/budgets', { scope: 'key', period: 'day', limitUsd: 1 }, 'scopeId'],
    ['POST', '/admin/v1/budgets', { scope: 'key', scopeId: 'k9', period: 'day', limitUsd: 1 }, 'scopeId'],
    ['POST', '/admin/v1/budgets', { scope: 'key', scopeId: 'p1', period: 'day', limitUsd: 1 }, 'scopeId'],
    ['POST', '/admin/v1/budgets', { scope: 'project', scopeId: 'k1', period: 'day', limitUsd: 1 }, 'scopeId'],
    [
      'POST',
      '/admin/v1/budgets',
      { scope: 'project', scopeId: '__proto__', period: 'day', limitUsd: 1 },
      'scopeId',
    ],
    ['POST', '/admin/v1/budgets', { scope: 'gateway', scopeId: 'k1', period: 'day', limitUsd: 1 }, 'scopeId'],
    ['POST', '/admin/v1/budgets', { scope: 'team', scopeId: 'x', period: 'day', limitUsd: 1 }, 'scope'],
    ['POST', '/admin/v1/ledger:prune', { before: '2199-01-01' }, 'before'],
    ['POST', '/admin/v1/ledger:prune', { before: '2026-01-01T00:30:00Z' }, 'before'],
    ['POST', '/admin/v1/ledger:prune', {}, 'before'],
  ]
  for (const [method, target, body, field] of cases) await refused(method, target, body, field)
  for (const period of ['hour', 'Day', 'year', '0 s', '0 0 31 2 *', '', 'constructor', 7, null]) {
    const budget = { limitUsd: 1, period }
    await refused('POST', '/admin/v1/budgets', { ...budget, scope: 'gateway' }, 'period')
    await refused('POST', key, { name: 'n', budget }, 'budget.period')
  }
  for (const limit of BAD_LIMITS) {
    for (const name of ['requestsPerMinute', 'tokensPerDay', 'concurrentRequests']) {
      const limits = { [name]: limit }
      await refused('POST', key, { name: 'n', limits }, `limits.${name}`)
      await refused('PATCH', `${key}/k1`, { limits }, `limits.${name}`)
      await refused('PATCH', '/admin/v1/projects/p1', { limits }, `limits.${name}`)
    }
  }
  for (const alertPercent of [0, 101, -1, 1.5, '80', 1e300]) {
    const budget = { scope: 'gateway', period: 'day', limitUsd: 1, alertPercent }
    await refused('POST', '/admin/v1/budgets', budget, 'alertPercent')
    await refused('PATCH', '/admin/v1/budgets/{budget}', { alertPercent }, 'alertPercent')
  }
  for (const date of BAD_DATES) {
    await refused('POST', key, { name: 'n', expiresAt: date }, 'expiresAt')
    await refused('PATCH', `${key}/k1`, { expiresAt: date }, 'expiresAt')
    await refused('POST', '/admin/v1/ledger:prune', { before: date }, 'before')
  }
})

onWorld('[ADM-01] L10 L14 parameters of reports', async (refused) => {
  const queries: [string, string][] = [
    ...BAD_DATES.map((date): [string, string] => [`from=${encodeURIComponent(date)}`, 'from']),
    ...BAD_DATES.map((date): [string, string] => [`to=${encodeURIComponent(date)}`, 'to']),
    ['from=2026-01-02&to=2026-01-01', 'from'],
    ['from=2026-01-01&to=2026-01-01', 'from'],
    ['from=2016-01-01&to=2026-01-01', 'from'],
    ['from=0001-01-01', 'from'],
    ['to=9999-12-31', 'to'],
    ['key=', 'key'],
    [`model=${'x'.repeat(257)}`, 'model'],
    ['tag=team', 'tag'],
  ]
  for (const [query, field] of queries) {
    // The end of the year 9999 is a time, and too far from the first of this month.
    const wanted = query.startsWith('to=9999') ? 'from' : field
    await refused('GET', `/admin/v1/usage?${query}`, undefined, wanted)
    await refused('GET', `/admin/v1/usage/rows?${query}`, undefined, wanted)
  }
  const sums: [string, string][] = [
    ['by=', 'by'],
    ['by=key,key', 'by'],
    ['by=key,', 'by'],
    ['by=key,project,model,upstream,day', 'by'],
    ['by=__proto__', 'by'],
    ['by=toString', 'by'],
    ['by=key;model', 'by'],
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=10001', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=NaN', 'limit'],
    ['from=2026-01-01T00:30:00Z', 'from'],
    ['to=2026-11-21T12:00:00.001Z', 'to'],
  ]
  for (const [query, field] of sums) await refused('GET', `/admin/v1/usage?${query}`, undefined, field)
  for (const format of ['xml', '', 'CSV', '__proto__', 'constructor'])
    await refused('GET', `/admin/v1/usage/rows?format=${format}`, undefined, 'format')
})

onWorld('[ADM-01] L08 ids that are not there, foreign ones and hostile ones', async (refused) => {
  for (const [method, target, body] of CHANGES) {
    const pattern = /\/(k1|p1|\{budget\})(?=[:/]|$)/
    if (!pattern.test(target)) continue
    for (const id of [
      'k9',
      'K1',
      '1',
      '-1',
      'p1k1',
      'r1',
      "' OR '1'='1",
      '%2e%2e',
      '__proto__',
      'constructor',
      '%00',
    ]) {
      const foreign = target.replace(pattern, `/${encodeURIComponent(id)}`)
      const { status } = await refused(method, foreign, Object.keys(body).length > 0 ? body : undefined)
      assert.equal(status, 404, foreign)
    }
  }
  // A thing of one kind is not one of another.
  for (const target of ['/admin/v1/keys/p1', '/admin/v1/projects/k1', '/admin/v1/budgets/k1']) {
    assert.equal((await refused('DELETE', target, undefined)).status, 404)
  }
})

onWorld('[ADM-01] bodies that are none', async (refused) => {
  for (const [method, target, body] of CHANGES) {
    for (const text of ['{', '[]', 'null', '7', '"x"', '{"name":', '{}{}', '{"a":1,}', '\ufeff{}']) {
      await refused(method, target, text)
    }
    if (Object.keys(body).length > 0) await refused(method, target, Buffer.from('{"name":"\xff"}', 'latin1'))
    if (Object.keys(body).length > 0 && method === 'POST') await refused(method, target, undefined)
  }
})

onWorld('[ADM-01] a second budget of the same period over the same', async (refused) => {
  for (const scope of [
    { scope: 'key', scopeId: 'k1', period: 'month' },
    { scope: 'project', scopeId: 'p1', period: 'day' },
    { scope: 'gateway', period: 'ever' },
  ]) {
    const { status } = await refused('POST', '/admin/v1/budgets', { ...scope, limitUsd: '1' })
    assert.equal(status, 409)
  }
})

onWorld('[ADM-01] a project that keys belong to', async (refused) => {
  const { status, json } = await refused('DELETE', '/admin/v1/projects/p1', undefined)
  assert.deepEqual([status, json.title], [400, 'Bad Request'])
})
