import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { HttpRequest, HttpResponse, KeyRecord } from '../nouns.ts'
import { type AdminOptions, createAdmin, ENDPOINTS } from './admin.ts'
import type { AdminKeys } from './endpoint.ts'

const ADMIN_KEY = 'wsa_the-admin-key-of-these-tests'
const CLIENT_KEY = 'wst_abcdefghij_the-client-key-of-these-tests'
const DIGEST = 'a-digest-that-nobody-may-see'
const MADE_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const BEARER = { authorization: `Bearer ${ADMIN_KEY}` }
const JSON_TYPE = { 'content-type': 'application/json' }

const KEY: KeyRecord = {
  id: 'abcdefghij',
  name: 'ci',
  digest: DIGEST,
  models: ['gemini-*'],
  disabled: false,
  createdAt: MADE_AT,
  updatedAt: MADE_AT,
}
const SHOWN = {
  id: 'abcdefghij',
  name: 'ci',
  models: ['gemini-*'],
  disabled: false,
  createdAt: '2026-01-02T03:04:05.678Z',
  updatedAt: '2026-01-02T03:04:05.678Z',
  hint: 'wst_abcdefghij_…',
}

interface Asked {
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  readonly body?: string | Buffer
  readonly trusted?: boolean
  readonly options?: Partial<AdminOptions>
}

interface Answered {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a JSON answer is its own business
  readonly json: any
}

/** The keys of one operator, in memory. */
function fakeKeys(): AdminKeys & { readonly records: Map<string, KeyRecord> } {
  const records = new Map([[KEY.id, KEY]])
  const get = (id: string): KeyRecord => {
    const record = records.get(id)
    if (record === undefined) throw new GatewayError('not_found', 'There is no such key.')
    return record
  }
  const put = (record: KeyRecord): KeyRecord => {
    records.set(record.id, record)
    return record
  }
  return {
    records,
    get: async (id) => get(id),
    list: async () => [...records.values()],
    create: async ({ name, models }) => {
      if (name === 'taken')
        throw new GatewayError('already_exists', 'A key with this id or secret exists already.')
      return { record: put({ ...KEY, id: 'new', name, models }), key: 'wst_new_secret' }
    },
    setDisabled: async (id, disabled) => put({ ...get(id), disabled }),
    rotate: async (id) => ({ record: get(id), key: `wst_${id}_rotated` }),
    remove: async (id) => {
      get(id)
      records.delete(id)
    },
  }
}

function fakeRequest(target: string, asked: Asked): HttpRequest {
  const body = Buffer.from(asked.body ?? '')
  const length = body.length > 0 ? { 'content-length': String(body.length) } : {}
  return {
    id: '0190-request',
    clientRequestId: undefined,
    method: asked.method ?? 'GET',
    path: target.split('/').slice(1).map(decodeURIComponent),
    query: new URLSearchParams(),
    headers: { ...length, ...(asked.headers ?? BEARER) },
    remoteAddress: '203.0.113.7',
    receivedAtMs: 0,
    clientLeft: () => false,
    origin: () => 'http://gateway.test',
    consume: () => Promise.reject(new Error('nothing is uploaded here')),
    body: async (visit) => {
      try {
        for (let at = 0; at < body.length; at += 1_000) visit?.(body.subarray(at, at + 1_000))
      } catch (error) {
        // As the edge does it.
        throw GatewayError.from(error)
      }
      return body
    },
  }
}

async function ask(target: string, asked: Asked = {}): Promise<Answered> {
  const keys = asked.options?.keys ?? fakeKeys()
  const gate = { check: (credential: string | undefined) => credential === ADMIN_KEY }
  const admin = createAdmin({ keys, gate, version: '1.2.3', ...asked.options })
  const seen: { status: number; headers: OutgoingHttpHeaders }[] = []
  let text: string | undefined
  const response: HttpResponse = {
    get headSent() {
      return seen.length > 0
    },
    bodyBytes: 0,
    head: (status, headers) => seen.push({ status, headers }),
    write: () => assert.fail('an admin answer is one piece'),
    end: (bytes) => {
      assert.equal(text, undefined, 'ended once')
      text = (bytes ?? '').toString()
    },
    destroy: () => assert.fail('destroyed'),
    onDrain: () => {},
    onClientLeft: () => {},
  }
  await admin(fakeRequest(target, asked), response, asked.trusted ?? false)
  assert.equal(seen.length, 1, 'one head')
  const { status, headers } = seen[0]!
  assert.equal(headers['cache-control'], 'no-store')
  assert.ok(!text!.includes(DIGEST), 'no digest in any answer')
  return { status, headers, text: text!, json: text === '' ? undefined : JSON.parse(text!) }
}

function assertProblem(answered: Answered, status: number, detail?: RegExp): void {
  assert.equal(answered.status, status, answered.text)
  assert.equal(answered.headers['content-type'], 'application/problem+json')
  assert.equal(Number(answered.headers['content-length']), Buffer.byteLength(answered.text))
  const { type, title, instance } = answered.json
  assert.deepEqual([type, answered.json.status, instance], ['about:blank', status, '0190-request'])
  assert.ok(title)
  if (detail !== undefined) assert.match(answered.json.detail, detail)
}

// ---------------------------------------------------------------------------------------------
// What each endpoint does.

test('GET keys lists them', async () => {
  const { status, json, headers } = await ask('/admin/v1/keys')
  assert.deepEqual([status, json], [200, { keys: [SHOWN] }])
  assert.equal(headers['content-type'], 'application/json')
})

test('GET keys/{id} shows one', async () => {
  const { status, json } = await ask('/admin/v1/keys/abcdefghij')
  assert.deepEqual([status, json], [200, { key: SHOWN }])
})

test('POST keys makes one and shows its secret this once', async () => {
  const body = JSON.stringify({ name: 'neu ✓', models: ['a*'] })
  const { status, json, headers } = await ask('/admin/v1/keys', {
    method: 'POST',
    headers: { ...BEARER, ...JSON_TYPE },
    body,
  })
  assert.equal(status, 201)
  assert.equal(headers.location, '/admin/v1/keys/new')
  const key = { ...SHOWN, id: 'new', name: 'neu ✓', models: ['a*'], hint: 'wst_new_…' }
  assert.deepEqual(json, { key, secret: 'wst_new_secret' })
})

test('POST keys without models means every model', async () => {
  const headers = { ...BEARER, 'content-type': 'Application/JSON; charset=utf-8' }
  const { json } = await ask('/admin/v1/keys', { method: 'POST', headers, body: '{"name":"n"}' })
  assert.deepEqual(json.key.models, [])
})

test('DELETE keys/{id} answers 204 without a body', async () => {
  const keys = fakeKeys()
  const { status, text, headers } = await ask('/admin/v1/keys/abcdefghij', {
    method: 'DELETE',
    options: { keys },
  })
  assert.deepEqual([status, text, headers['content-type']], [204, '', undefined])
  assert.equal(keys.records.size, 0)
})

test('POST :disable, :enable and :rotate', async () => {
  const keys = fakeKeys()
  const act = (action: string) =>
    ask(`/admin/v1/keys/abcdefghij:${action}`, { method: 'POST', options: { keys } })
  assert.deepEqual((await act('disable')).json, { key: { ...SHOWN, disabled: true } })
  assert.deepEqual((await act('enable')).json, { key: SHOWN })
  assert.deepEqual((await act('rotate')).json, { key: SHOWN, secret: 'wst_abcdefghij_rotated' })
})

test('an action takes an empty object, typed as JSON, and nothing else', async () => {
  const act = (body: string, headers: IncomingHttpHeaders) =>
    ask('/admin/v1/keys/abcdefghij:rotate', { method: 'POST', headers: { ...BEARER, ...headers }, body })
  assert.equal((await act('{}', JSON_TYPE)).status, 200)
  assertProblem(await act('{"secret":"mine"}', JSON_TYPE), 400, /"secret"/)
  assertProblem(await act('{}', { 'content-type': 'text/plain' }), 415)
  assertProblem(await act('', { 'transfer-encoding': 'chunked' }), 415)
})

test('GET version', async () => {
  assert.deepEqual((await ask('/admin/v1/version')).json, { version: '1.2.3' })
})

// ---------------------------------------------------------------------------------------------
// Who may ask.

test('both carriers of the admin key are good, also together', async () => {
  const own = { 'x-wasat-admin-key': ADMIN_KEY }
  for (const headers of [BEARER, { authorization: `bearer  ${ADMIN_KEY}` }, own, { ...BEARER, ...own }]) {
    assert.equal((await ask('/admin/v1/version', { headers })).status, 200, JSON.stringify(headers))
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
    const answered = await ask('/admin/v1/keys', { headers })
    assertProblem(answered, 401)
    assert.equal(answered.headers['www-authenticate'], 'Bearer')
  })
}

test('C-14: a wrong key is 403, and so is a client key', async () => {
  for (const key of ['wrong', CLIENT_KEY, `${ADMIN_KEY}x`, ADMIN_KEY.slice(0, -1), `${ADMIN_KEY} b`]) {
    assertProblem(await ask('/admin/v1/keys', { headers: { authorization: `Bearer ${key}` } }), 403)
    assertProblem(await ask('/admin/v1/keys', { headers: { 'x-wasat-admin-key': key } }), 403)
  }
})

test('C-08: two different keys are refused, never the last one taken', async () => {
  const headers = { 'x-wasat-admin-key': CLIENT_KEY, ...BEARER }
  assertProblem(await ask('/admin/v1/keys', { headers }), 400, /Two different/)
})

test('no endpoint answers or changes anything without the key; the operator’s socket needs none', async () => {
  for (const { method, path } of [...ENDPOINTS, { method: 'GET', path: '/admin/v1/none' }]) {
    const keys = fakeKeys()
    const target = path.replace('{id}', KEY.id)
    const asked = { method, headers: JSON_TYPE, body: '{"name":"n"}', options: { keys } }
    assertProblem(await ask(target, asked), 401)
    assert.deepEqual([...keys.records.values()], [KEY])
    const status = (
      await ask(target, { ...asked, body: path.includes(':') ? '' : asked.body, trusted: true })
    ).status
    assert.equal(status < 300, path !== '/admin/v1/none', `${method} ${path} ${status}`)
  }
})

test('L02: no GET changes anything', async () => {
  for (const { path } of ENDPOINTS) {
    const keys = fakeKeys()
    await ask(path.replace('{id}', KEY.id), { options: { keys } })
    assert.deepEqual([...keys.records.values()], [KEY])
  }
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
]) {
  test(`404: ${target}`, async () => assertProblem(await ask(target), 404))
}

const wrongMethods: [string, string, string][] = [
  ['PUT', '/admin/v1/keys', 'GET, POST'],
  ['PATCH', '/admin/v1/keys/abcdefghij', 'GET, DELETE'],
  ['GET', '/admin/v1/keys/abcdefghij:disable', 'POST'],
  ['POST', '/admin/v1/version', 'GET'],
  ['get', '/admin/v1/version', 'GET'],
]
for (const [method, target, allow] of wrongMethods) {
  test(`405: ${method} ${target}`, async () => {
    const answered = await ask(target, { method })
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
    const keys = fakeKeys()
    const headers = { ...BEARER, ...(type !== undefined && { 'content-type': type }) }
    const answered = await ask('/admin/v1/keys', {
      method: 'POST',
      headers,
      body: '{"name":"n"}',
      options: { keys },
    })
    assertProblem(answered, 415)
    assert.equal(keys.records.size, 1)
  })
}

const badBodies: [string, string | Buffer, string | undefined, RegExp][] = [
  ['nothing', '', undefined, /not valid JSON/],
  ['half an object', '{"name":', undefined, /not valid JSON/],
  ['no UTF-8', Buffer.from('7b226e616d65223a22ff227d', 'hex'), undefined, /not valid JSON/],
  ['a list', '[]', '', /The body must be object/],
  ['null', 'null', '', /The body must be object/],
  ['no name', '{}', 'name', /"name" is required/],
  ['a number for a name', '{"name":7}', 'name', /"name" must be string/],
  ['one glob', '{"name":"n","models":"a*"}', 'models', /"models" must be array/],
  ['a glob of another kind', '{"name":"n","models":["a",{"$ne":null}]}', 'models[1]', /must be string/],
  ['an unknown field', '{"name":"n","budget":1}', 'budget', /"budget" is not known/],
  [
    'a polluting field',
    '{"name":"n","__proto__":{"disabled":true}}',
    '__proto__',
    /"__proto__" is not known/,
  ],
]
for (const readonlyField of ['id', 'digest', 'secret', 'disabled', 'createdAt', 'updatedAt', 'hint']) {
  badBodies.push([
    `L09: ${readonlyField}`,
    `{"name":"n","${readonlyField}":"x"}`,
    readonlyField,
    /cannot be set/,
  ])
}
for (const [title, body, field, detail] of badBodies) {
  test(`400 naming the field: ${title}`, async () => {
    const keys = fakeKeys()
    const headers = { ...BEARER, ...JSON_TYPE }
    const answered = await ask('/admin/v1/keys', { method: 'POST', headers, body, options: { keys } })
    assertProblem(answered, 400, detail)
    assert.equal(answered.json.errors?.[0].field, field)
    assert.equal(keys.records.size, 1)
  })
}

test('413 beyond 64 KiB, whether the length was told or not', async () => {
  const body = JSON.stringify({ name: 'n', models: ['x'.repeat(64 * 1024)] })
  const told = { ...BEARER, ...JSON_TYPE }
  assertProblem(await ask('/admin/v1/keys', { method: 'POST', headers: told, body }), 413)
  const untold = { ...told, 'content-length': undefined, 'transfer-encoding': 'chunked' }
  assertProblem(await ask('/admin/v1/keys', { method: 'POST', headers: untold, body }), 413)
})

test('a nest of brackets within the size is only a wrong body', async () => {
  const headers = { ...BEARER, ...JSON_TYPE }
  const body = '['.repeat(30_000) + ']'.repeat(30_000)
  assertProblem(await ask('/admin/v1/keys', { method: 'POST', headers, body }), 400)
})

test('409 for what is taken', async () => {
  const asked = { method: 'POST', headers: { ...BEARER, ...JSON_TYPE }, body: '{"name":"taken"}' }
  assertProblem(await ask('/admin/v1/keys', asked), 409)
})

test('L20: a failure of ours tells the client nothing and the operator everything', async () => {
  const heard: GatewayError[] = []
  const options = (error: Error): Partial<AdminOptions> => ({
    keys: { ...fakeKeys(), list: () => Promise.reject(error) },
    onFailure: (failure) => heard.push(failure),
  })
  const bug = await ask('/admin/v1/keys', { options: options(new Error('SELECT secret FROM /var/keys')) })
  assertProblem(bug, 500, /^Internal error encountered\.$/)
  const full = new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: 'disk full',
  })
  const down = await ask('/admin/v1/keys', { options: options(full) })
  assertProblem(down, 503)
  assert.ok(!(bug.text + down.text).match(/SELECT|disk/))
  assert.deepEqual(
    heard.map((failure) => failure.hint ?? (failure.cause as Error).message),
    ['SELECT secret FROM /var/keys', 'disk full'],
  )
})
