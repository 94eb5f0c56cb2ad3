import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { keyOf } from '../../test/contracts/ledger/subject.ts'
import { GatewayError } from '../errors.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { AdminKeys, AdminParts } from './parts.ts'
import {
  ADMIN_KEY,
  type Asked,
  assertProblem,
  type Office,
  openOffice,
  referenceBooks,
} from './testing.fixture.ts'

const CLIENT_KEY = 'wst_abcdefghij_the-client-key-of-these-tests'
const BEARER = { authorization: `Bearer ${ADMIN_KEY}` }
const KEY = '/admin/v1/keys/abcdefghij'
const MADE_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const SHOWN = {
  id: 'abcdefghij',
  name: 'ci',
  projectId: null,
  models: ['gemini-*'],
  routes: {},
  addresses: [],
  limits: {},
  expiresAt: null,
  disabled: false,
  createdAt: '2026-01-02T03:04:05.678Z',
  updatedAt: '2026-01-02T03:04:05.678Z',
  hint: 'wst_abcdefghij_…',
}

/** An office with the key `abcdefghij`. */
async function office(changes?: Parameters<typeof openOffice>[1]): Promise<Office> {
  const books = referenceBooks()
  await books.directory.createKey(
    keyOf('abcdefghij', {
      name: 'ci',
      digest: 'a-digest-that-nobody-may-see',
      createdAt: MADE_AT,
      updatedAt: MADE_AT,
    }),
  )
  return openOffice(books, changes)
}

// ---------------------------------------------------------------------------------------------
// What each endpoint of keys does.

test('GET keys lists them, without a digest', async () => {
  const { ask } = await office()
  const { status, json, headers, text } = await ask('GET', '/admin/v1/keys')
  assert.deepEqual([status, json], [200, { keys: [SHOWN] }])
  assert.equal(headers['content-type'], 'application/json')
  assert.doesNotMatch(text, /digest/)
})

test('GET keys/{id} shows one', async () => {
  const { ask } = await office()
  const { status, json } = await ask('GET', KEY)
  assert.deepEqual([status, json], [200, { key: SHOWN }])
})

test('POST keys makes one and shows its secret this once', async () => {
  const { ask } = await office()
  const body = {
    name: 'neu ✓',
    models: ['a*'],
    addresses: ['10.0.0.0/8'],
    limits: { requestsPerMinute: 600, concurrentRequests: 10 },
    expiresAt: '2199-01-01',
  }
  const { status, json, headers } = await ask('POST', '/admin/v1/keys', { body })
  assert.equal(status, 201)
  assert.equal(headers.location, `/admin/v1/keys/${json.key.id}`)
  assert.match(json.secret, new RegExp(`^wst_${json.key.id}_`))
  const shown = (await ask('GET', `${headers.location}`)).json.key
  assert.deepEqual(shown, json.key)
  const { name, models, addresses, limits, expiresAt } = shown
  assert.deepEqual(
    { name, models, addresses, limits, expiresAt },
    { ...body, expiresAt: '2199-01-01T00:00:00.000Z' },
  )
})

test('POST keys without models means every model', async () => {
  const { ask } = await office()
  const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
  const { json } = await ask('POST', '/admin/v1/keys', { headers, body: '{"name":"n"}' })
  assert.deepEqual(json.key.models, [])
})

test('PATCH keys/{id} changes what is named, clears with null, and leaves the rest', async () => {
  const { ask, make } = await office()
  const { project } = await make('POST', '/admin/v1/projects', { name: 'p' })
  const limits = { requestsPerMinute: 5, tokensPerDay: 7 }
  const body = { name: 'other', projectId: project.id, limits, expiresAt: '2199-01-01T00:00:00+02:00' }
  const changed = (await make('PATCH', KEY, body)).key
  assert.deepEqual(
    [changed.name, changed.projectId, changed.limits, changed.expiresAt, changed.models],
    ['other', project.id, limits, '2198-12-31T22:00:00.000Z', ['gemini-*']],
  )
  const cleared = { projectId: null, limits: { requestsPerMinute: null }, expiresAt: null, models: [] }
  await make('PATCH', KEY, cleared)
  const { key } = (await ask('GET', KEY)).json
  assert.deepEqual(
    [key.name, key.projectId, key.limits, key.expiresAt, key.models],
    ['other', null, { tokensPerDay: 7 }, null, []],
  )
})

test('DELETE keys/{id} answers 204 without a body, and takes its budgets with it', async () => {
  const { ask, make, directory } = await office()
  await make('POST', '/admin/v1/budgets', { scope: 'key', scopeId: SHOWN.id, period: 'day', limitUsd: '1' })
  const { status, text, headers } = await ask('DELETE', KEY)
  assert.deepEqual([status, text, headers['content-type']], [204, '', undefined])
  assert.deepEqual([await directory.listKeys(), await directory.listBudgets()], [[], []])
})

test('POST :disable, :enable and :rotate', async () => {
  const { ask, make, directory } = await office()
  assert.equal((await make('POST', `${KEY}:disable`)).key.disabled, true)
  assert.equal((await make('POST', `${KEY}:enable`)).key.disabled, false)
  const before = (await directory.getKey(SHOWN.id))?.digest
  const { status, json } = await ask('POST', `${KEY}:rotate`)
  assert.equal(status, 200)
  assert.match(json.secret, /^wst_abcdefghij_/)
  assert.notEqual((await directory.getKey(SHOWN.id))?.digest, before)
})

test('an action takes an empty object, typed as JSON, and nothing else', async () => {
  const { ask } = await office()
  const act = (body: string, headers: IncomingHttpHeaders) => ask('POST', `${KEY}:rotate`, { body, headers })
  assert.equal((await act('{}', {})).status, 200)
  assertProblem(await act('{"secret":"mine"}', {}), 400, /"secret"/)
  assertProblem(await act('{}', { 'content-type': 'text/plain' }), 415)
  assertProblem(await act('', { 'transfer-encoding': 'chunked' }), 415)
})

test('GET version', async () => {
  const { ask } = await office()
  assert.deepEqual((await ask('GET', '/admin/v1/version')).json, { version: '1.2.3' })
})

// ---------------------------------------------------------------------------------------------
// Who may ask.

test('both carriers of the admin key are good, also together', async () => {
  const { ask } = await office()
  const own = { 'x-wasat-admin-key': ADMIN_KEY }
  for (const headers of [BEARER, { authorization: `bearer  ${ADMIN_KEY}` }, own, { ...BEARER, ...own }]) {
    const asked = { headers: { authorization: undefined, ...headers } }
    assert.equal((await ask('GET', '/admin/v1/version', asked)).status, 200, JSON.stringify(headers))
  }
})

const without: IncomingHttpHeaders[] = [
  {},
  { authorization: '' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer  ' },
  { authorization: `Basic ${ADMIN_KEY}` },
  { authorization: ADMIN_KEY },
  { 'x-wasat-admin-key': ' ' },
  { 'x-goog-api-key': ADMIN_KEY },
  { cookie: `key=${ADMIN_KEY}` },
]
for (const headers of without) {
  test(`C-11: without an admin key it is 401: ${JSON.stringify(headers)}`, async () => {
    const { ask } = await office()
    const answered = await ask('GET', '/admin/v1/keys', { headers: { authorization: undefined, ...headers } })
    assertProblem(answered, 401)
    assert.equal(answered.headers['www-authenticate'], 'Bearer')
  })
}

test('C-14: a wrong key is 403, and so is a client key', async () => {
  const { ask } = await office()
  for (const key of ['wrong', CLIENT_KEY, `${ADMIN_KEY}x`, ADMIN_KEY.slice(0, -1), `${ADMIN_KEY} b`]) {
    const bearer = { authorization: `Bearer ${key}` }
    assertProblem(await ask('GET', '/admin/v1/keys', { headers: bearer }), 403)
    const own = { authorization: undefined, 'x-wasat-admin-key': key }
    assertProblem(await ask('GET', '/admin/v1/keys', { headers: own }), 403)
  }
})

test('C-08: two different keys are refused, never the last one taken', async () => {
  const { ask } = await office()
  const headers = { 'x-wasat-admin-key': CLIENT_KEY, ...BEARER }
  assertProblem(await ask('GET', '/admin/v1/keys', { headers }), 400, /Two different/)
})

test('no endpoint answers or changes anything without the key; the operator’s socket needs none', async () => {
  for (const { method, path } of [...ENDPOINTS, { method: 'GET', path: '/admin/v1/none' }]) {
    const { ask, snapshot } = await office()
    const target = path.replace('{id}', SHOWN.id)
    const before = await snapshot()
    const body = method === 'GET' ? '' : '{"name":"n"}'
    assertProblem(await ask(method, target, { body, headers: { authorization: undefined } }), 401)
    assert.deepEqual(await snapshot(), before)
    const { status } = await ask(method, target, { body, trusted: true })
    assert.notEqual(status, 401, `${method} ${path}`)
  }
})

test('L02: no GET changes anything', async () => {
  const { ask, snapshot } = await office()
  const before = await snapshot()
  for (const { path } of ENDPOINTS) await ask('GET', path.replace('{id}', SHOWN.id))
  assert.deepEqual(await snapshot(), before)
})

// ---------------------------------------------------------------------------------------------
// What is refused.

for (const target of [
  '/admin',
  '/admin/v1',
  '/admin/v2/keys',
  '/admin/v1/Keys',
  '/admin/v1/keys/a/b',
  '/admin/v1/keys/abcdefghij:explode',
  '/admin/v1/keys/:disable',
  '/admin/v1/keys/a:b:disable',
  '/admin/v1/keys/unknown',
  '/admin/v1/keys/__proto__',
  '/admin/v1/keys/..%2Fversion',
  '/admin/v1/version/',
  '/admin/v1/prices:explode',
]) {
  test(`404: ${target}`, async () => {
    const { ask } = await office()
    assertProblem(await ask('GET', target), 404)
  })
}

const wrongMethods: [string, string, string][] = [
  ['PUT', '/admin/v1/keys', 'GET, POST'],
  ['PUT', KEY, 'GET, PATCH, DELETE'],
  ['GET', `${KEY}:disable`, 'POST'],
  ['GET', '/admin/v1/ledger:prune', 'POST'],
  ['POST', '/admin/v1/version', 'GET'],
  ['get', '/admin/v1/version', 'GET'],
]
for (const [method, target, allow] of wrongMethods) {
  test(`405: ${method} ${target}`, async () => {
    const { ask } = await office()
    const answered = await ask(method, target)
    assertProblem(answered, 405)
    assert.equal(answered.headers.allow, allow)
  })
}

for (const type of [
  undefined,
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonx',
  'multipart/form-data',
]) {
  test(`L01: 415 for ${type}`, async () => {
    const { ask, directory } = await office()
    const asked: Asked = { headers: { 'content-type': type }, body: '{"name":"n"}' }
    assertProblem(await ask('POST', '/admin/v1/keys', asked), 415)
    assert.equal((await directory.listKeys()).length, 1)
  })
}

test('413 beyond 64 KiB, whether the length was told or not', async () => {
  const { ask } = await office()
  const body = JSON.stringify({ name: 'n', models: ['x'.repeat(64 * 1024)] })
  assertProblem(await ask('POST', '/admin/v1/keys', { body }), 413)
  const untold = { 'content-length': undefined, 'transfer-encoding': 'chunked' }
  assertProblem(await ask('POST', '/admin/v1/keys', { headers: untold, body }), 413)
})

test('a nest of brackets within the size is only a wrong body', async () => {
  const { ask } = await office()
  const body = '['.repeat(30_000) + ']'.repeat(30_000)
  assertProblem(await ask('POST', '/admin/v1/keys', { body }), 400)
})

/** The keys of an office with one of their methods replaced. */
async function officeWithKeys(keys: Partial<AdminKeys>, heard: GatewayError[] = []): Promise<Office> {
  const unused = () => assert.fail('not asked for')
  const all = {
    ...{ create: unused, list: unused, get: unused, update: unused },
    ...keys,
  } as AdminParts['keys']
  return openOffice(referenceBooks(), { keys: all, onFailure: (failure) => heard.push(failure) })
}

test('409 for what is taken', async () => {
  const create = () =>
    Promise.reject(new GatewayError('already_exists', 'A key with this id exists already.'))
  const { ask } = await officeWithKeys({ create })
  assertProblem(await ask('POST', '/admin/v1/keys', { body: { name: 'n' } }), 409)
})

test('L20: a failure of ours tells the client nothing and the operator everything', async () => {
  const heard: GatewayError[] = []
  const failing = (error: Error) => officeWithKeys({ list: () => Promise.reject(error) }, heard)
  const bug = await (await failing(new Error('SELECT secret FROM /var/keys'))).ask('GET', '/admin/v1/keys')
  assertProblem(bug, 500, /^Internal error encountered\.$/)
  const message = 'The service is currently unavailable.'
  const full = new GatewayError('store_unavailable', message, { hint: 'disk full' })
  const down = await (await failing(full)).ask('GET', '/admin/v1/keys')
  assertProblem(down, 503)
  assert.ok(!(bug.text + down.text).match(/SELECT|disk/))
  assert.deepEqual(
    heard.map((failure) => failure.hint ?? (failure.cause as Error).message),
    ['SELECT secret FROM /var/keys', 'disk full'],
  )
})
