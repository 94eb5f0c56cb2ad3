/** What makes changes safe: one after the other, the same once, none over another's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admit, people, reservationOf, rowOf, spend } from '../../test/contracts/ledger/subject.ts'
import { GatewayError } from '../errors.ts'
import { createIdempotency } from './idempotency.ts'
import { assertProblem, type Office, onBooks, openOffice, type TestBooks } from './testing.fixture.ts'

/** The project `p1` with the key `k1`, and the key `k2`. */
async function officeOf(books: TestBooks): Promise<Office> {
  await people(books)
  return openOffice(books)
}

// ---------------------------------------------------------------------------------------------
// Projects and budgets.

onBooks('projects are made, changed, disabled and removed', async (open) => {
  const { ask, make, directory } = await officeOf(await open())
  const made = await ask('POST', '/admin/v1/projects', {
    body: { name: 'team', limits: { tokensPerMinute: 9 } },
  })
  assert.equal(made.status, 201)
  const { id } = made.json.project
  const path = `/admin/v1/projects/${id}`
  assert.equal(made.headers.location, path)
  const { createdAt, updatedAt, ...rest } = (await ask('GET', path)).json.project
  assert.deepEqual(rest, { id, name: 'team', limits: { tokensPerMinute: 9 }, routes: {}, disabled: false })
  assert.equal(createdAt, updatedAt)
  const limits = { tokensPerMinute: null, requestsPerDay: 3 }
  assert.deepEqual((await make('PATCH', path, { limits })).project.limits, { requestsPerDay: 3 })
  assert.equal((await make('POST', `${path}:disable`)).project.disabled, true)
  assert.equal((await directory.getProject(id))?.disabled, true)
  assert.equal((await make('POST', `${path}:enable`)).project.disabled, false)
  assert.deepEqual(
    (await make('GET', '/admin/v1/projects')).projects.map((one: { id: string }) => one.id),
    ['p1', id],
  )
  assert.equal((await ask('DELETE', path)).status, 204)
  assertProblem(await ask('GET', path), 404)
})

onBooks('a budget is shown with its window, in dollars and nano-dollars', async (open) => {
  const now = Date.UTC(2028, 1, 29, 12)
  const books = await open(() => now)
  await people(books)
  const { make, ask } = await openOffice(books)
  await spend(books.ledger, 'r1', 1_500_000_001)
  const body = { scope: 'project', scopeId: 'p1', period: 'month', limitUsd: 2, alertPercent: 80 }
  const made = await ask('POST', '/admin/v1/budgets', { body })
  assert.equal(made.status, 201)
  const { id, createdAt, updatedAt, ...shown } = made.json.budget
  assert.equal(made.headers.location, `/admin/v1/budgets/${id}`)
  assert.ok(createdAt && updatedAt)
  assert.deepEqual(shown, {
    ...{ scope: 'project', scopeId: 'p1', period: 'month', hardStop: true, alertPercent: 80 },
    ...{ windowStart: '2028-02-01T00:00:00.000Z', windowEnd: '2028-03-01T00:00:00.000Z' },
    ...{ limitUsd: '2', limitNanoUsd: 2_000_000_000 },
    ...{ spentUsd: '1.500000001', spentNanoUsd: 1_500_000_001, reservedUsd: '0', reservedNanoUsd: 0 },
    ...{ remainingUsd: '0.499999999', remainingNanoUsd: 499_999_999 },
  })
  const path = `/admin/v1/budgets/${id}`
  const lowered = (await make('PATCH', path, { limitUsd: '1', hardStop: false, alertPercent: null })).budget
  assert.deepEqual(
    [lowered.limitUsd, lowered.hardStop, lowered.alertPercent, lowered.remainingUsd],
    ['1', false, null, '0'],
  )
  assert.deepEqual((await make('GET', '/admin/v1/budgets')).budgets, [(await make('GET', path)).budget])
  assert.equal((await ask('DELETE', path)).status, 204)
  assertProblem(await ask('GET', path), 404)
})

onBooks('a key comes with its budget', async (open) => {
  const { make } = await officeOf(await open())
  const budget = { limitUsd: '0.25', period: 'week', hardStop: false, alertPercent: 50 }
  const made = await make('POST', '/admin/v1/keys', { name: 'n', budget })
  const shown = (await make('GET', '/admin/v1/budgets')).budgets[0]
  assert.deepEqual(made.budget, shown)
  assert.deepEqual(
    [shown.scope, shown.scopeId, shown.limitNanoUsd, shown.hardStop, shown.alertPercent],
    ['key', made.key.id, 250_000_000, false, 50],
  )
})

onBooks('[ADM-01] a key whose budget cannot be made is not made either', async (open) => {
  const books = await open()
  const createBudget = () => Promise.reject(new GatewayError('store_unavailable', 'away'))
  const { ask } = await openOffice({ ...books, directory: { ...books.directory, createBudget } })
  const body = { name: 'n', budget: { limitUsd: 1, period: 'day' } }
  assertProblem(await ask('POST', '/admin/v1/keys', { body }), 503)
  assert.deepEqual(await books.directory.listKeys(), [])
})

onBooks('L17 a key that is deleted in the middle of a request still pays for it', async (open) => {
  const books = await open()
  const { ask, make, directory, ledger } = await officeOf(books)
  await make('POST', '/admin/v1/budgets', { scope: 'gateway', period: 'ever', limitUsd: 1 })
  await make('POST', '/admin/v1/budgets', { scope: 'key', scopeId: 'k1', period: 'ever', limitUsd: 1 })
  const reservation = reservationOf('r1')
  const admittedAt = await admit(ledger, reservation)
  assert.equal((await ask('DELETE', '/admin/v1/keys/k1')).status, 204)
  await ledger.settle(rowOf(reservation, admittedAt, 70))
  const [budget, ...others] = await directory.listBudgets()
  assert.deepEqual([budget?.spentNanoUsd, budget?.reservedNanoUsd, others], [70, 0, []])
  const { usage } = await make('GET', '/admin/v1/usage?key=k1')
  assert.deepEqual([usage.length, usage[0].requests, usage[0].costNanoUsd], [1, 1, 70])
  assert.equal((await make('GET', '/admin/v1/usage/rows'))[0].key, 'k1')
})

// ---------------------------------------------------------------------------------------------
// One request, answered once.

onBooks(
  '[ADM-04] the same request with the same Idempotency-Key is answered again and not done again',
  async (open) => {
    const { ask, directory } = await officeOf(await open())
    const headers = { 'idempotency-key': 'once' }
    const body = { name: 'n', budget: { limitUsd: 1, period: 'day' } }
    const first = await ask('POST', '/admin/v1/keys', { headers, body })
    const second = await ask('POST', '/admin/v1/keys', { headers, body })
    assert.deepEqual([second.status, second.text], [201, first.text])
    assert.deepEqual(
      [first.headers['idempotency-replayed'], second.headers['idempotency-replayed']],
      [undefined, 'true'],
    )
    assert.deepEqual([(await directory.listKeys()).length, (await directory.listBudgets()).length], [3, 1])
  },
)

onBooks('[ADM-04] a hundred at once are one', async (open) => {
  const { ask, directory } = await officeOf(await open())
  const asked = { headers: { 'idempotency-key': 'race' }, body: { name: 'n' } }
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => ask('POST', '/admin/v1/projects', asked)),
  )
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.equal((await directory.listProjects()).length, 2)
})

onBooks(
  '[ADM-04] another body, another method or another path under the same key is refused and changes nothing',
  async (open) => {
    const { ask, snapshot } = await officeOf(await open())
    const headers = { 'idempotency-key': 'mine' }
    await ask('POST', '/admin/v1/projects', { headers, body: '{"name":"n"}' })
    const before = await snapshot()
    const others: [string, string, string][] = [
      ['POST', '/admin/v1/projects', '{"name":"m"}'],
      ['POST', '/admin/v1/projects', '{"name": "n"}'],
      ['POST', '/admin/v1/keys', '{"name":"n"}'],
      ['PATCH', '/admin/v1/projects/p1', '{"name":"n"}'],
    ]
    for (const [method, target, body] of others) {
      assertProblem(await ask(method, target, { headers, body }), 422, /another request/)
    }
    assert.deepEqual(await snapshot(), before)
  },
)

onBooks('[ADM-04] a failure is answered again too, also when it would work by now', async (open) => {
  const { ask, make } = await officeOf(await open())
  const headers = { 'idempotency-key': 'late' }
  const wish = { scope: 'key', scopeId: 'k1', period: 'day', limitUsd: 1 }
  const { budget } = await make('POST', '/admin/v1/budgets', wish)
  assertProblem(await ask('POST', '/admin/v1/budgets', { headers, body: wish }), 409)
  await ask('DELETE', `/admin/v1/budgets/${budget.id}`)
  assertProblem(await ask('POST', '/admin/v1/budgets', { headers, body: wish }), 409)
  assert.equal((await ask('POST', '/admin/v1/budgets', { body: wish })).status, 201)
})

onBooks('[ADM-04] a key that is none is refused; a body that is refused does not use it up', async (open) => {
  const { ask } = await officeOf(await open())
  const post = (key: string, body: string) =>
    ask('POST', '/admin/v1/projects', { headers: { 'idempotency-key': key }, body })
  assertProblem(await post('', '{"name":"n"}'), 400, undefined, 'Idempotency-Key')
  assertProblem(await post('x'.repeat(256), '{"name":"n"}'), 400, undefined, 'Idempotency-Key')
  assertProblem(await post('again', '{"nome":"n"}'), 400)
  assert.equal((await post('again', '{"name":"n"}')).status, 201)
})

test('[ADM-04] answers are kept for a day, and 10,000 of them', async () => {
  let now = 0
  let done = 0
  const { once } = createIdempotency(() => now)
  const request = { method: 'POST', path: ['admin'], body: Buffer.alloc(0) }
  const ask = (key: string) => once(key, request, async () => ({ status: 200, body: { done: ++done } }))
  await ask('first')
  now = 24 * 3_600_000 - 1
  await ask('first')
  assert.equal(done, 1)
  now++
  await ask('first')
  assert.equal(done, 2, 'after a day it is done again')
  for (let index = 0; index < 9_999; index++) await ask(`other ${index}`)
  await ask('first')
  assert.equal(done, 2 + 9_999, 'still known')
  await ask('one more')
  await ask('first')
  assert.equal(done, 2 + 9_999 + 2, 'the oldest went')
})

test('[ADM-04] a change that was never begun may be asked for again', async () => {
  const { once } = createIdempotency()
  const request = { method: 'POST', path: ['admin'], body: Buffer.alloc(0) }
  await assert.rejects(once('key', request, () => Promise.reject(new GatewayError('overloaded', 'full'))))
  assert.equal((await once('key', request, async () => ({ status: 204 }))).status, 204)
})

// ---------------------------------------------------------------------------------------------
// Two operators at one thing.

async function things({ make }: Office): Promise<readonly (readonly [string, object])[]> {
  const wish = { scope: 'key', scopeId: 'k1', period: 'day', limitUsd: 1 }
  const { budget } = await make('POST', '/admin/v1/budgets', wish)
  return [
    ['/admin/v1/keys/k1', { name: 'mine' }],
    ['/admin/v1/projects/p1', { name: 'mine' }],
    [`/admin/v1/budgets/${budget.id}`, { limitUsd: 3 }],
  ]
}

onBooks('[ADM-05] L15 If-Match lets one of two changes through', async (open) => {
  const whole = await officeOf(await open())
  const { ask, snapshot } = whole
  for (const [path, body] of await things(whole)) {
    const etag = String((await ask('GET', path)).headers.etag)
    assert.match(etag, /^"[\w-]{22}"$/)
    const asked = { headers: { 'if-match': etag }, body }
    const answers = await Promise.all([ask('PATCH', path, asked), ask('PATCH', path, asked)])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412], path)
    const changed = answers.find(({ status }) => status === 200)
    assert.equal((await ask('GET', path)).headers.etag, changed?.headers.etag)
    const before = await snapshot()
    for (const tag of [etag, `W/${changed?.headers.etag}`, 'nonsense', '""', '']) {
      for (const method of ['PATCH', 'DELETE']) {
        const refused = await ask(method, path, {
          headers: { 'if-match': tag },
          ...(method === 'PATCH' && { body }),
        })
        assertProblem(refused, 412)
      }
    }
    assert.deepEqual(await snapshot(), before)
    for (const tag of [`"other", ${changed?.headers.etag}`, '*']) {
      assert.equal((await ask('PATCH', path, { headers: { 'if-match': tag }, body })).status, 200)
    }
  }
})

onBooks('[ADM-05] what requests do to a budget is no change of it', async (open) => {
  const whole = await officeOf(await open())
  const { ask, ledger } = whole
  const path = (await things(whole)).at(-1)?.[0] as string
  const { etag } = (await ask('GET', path)).headers
  await spend(ledger, 'r1', 500)
  const after = await ask('GET', path)
  assert.deepEqual([after.headers.etag, after.json.budget.spentNanoUsd], [etag, 500])
})

onBooks('[ADM-05] changes without If-Match are made one after the other, and none is lost', async (open) => {
  const { ask, make } = await officeOf(await open())
  const names = [
    'requestsPerMinute',
    'tokensPerMinute',
    'requestsPerDay',
    'tokensPerDay',
    'concurrentRequests',
  ]
  await Promise.all(
    names.map((name, index) =>
      ask('PATCH', '/admin/v1/keys/k1', { body: { limits: { [name]: index + 1 } } }),
    ),
  )
  const { key } = await make('GET', '/admin/v1/keys/k1')
  assert.deepEqual(key.limits, Object.fromEntries(names.map((name, index) => [name, index + 1])))
})

onBooks('too many changes at once are refused, and the queue goes on', async (open) => {
  const { ask } = await officeOf(await open())
  const answers = await Promise.all(
    Array.from({ length: 1_100 }, () => ask('POST', '/admin/v1/keys/k1:disable')),
  )
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 1_000)
  assert.equal(statuses.filter((status) => status === 503).length, 100)
  assert.equal((await ask('POST', '/admin/v1/keys/k1:enable')).status, 200)
})
