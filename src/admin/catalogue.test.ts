/**
 * Table L of the bad-input catalogue, where the answer is that there is no such thing: no session, no console page, no
 * callback, no upload, no code of an operator. What there is has its rows beside it: `admin.test.ts`, `bad-input.test.ts`,
 * `changes.test.ts`, `auth/admin.test.ts`.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PROJECT, typescriptFiles } from '../../scripts/project.ts'
import type { Endpoint } from './endpoint.ts'
import { ENDPOINTS } from './endpoints.ts'
import { type Asked, assertProblem, openOffice } from './testing.fixture.ts'

const EACH = ENDPOINTS as readonly Endpoint[]
const targetOf = ({ path }: Endpoint) => path.replace('{id}', 'nobody').replace('{name}', 'nobody')
const asStranger = (headers: Asked['headers']): Asked => ({
  headers: { authorization: undefined, ...headers },
})

test('[NEV-50] L03 L04 no cookie opens anything, and no answer sets one', async () => {
  const office = await openOffice()
  const cookies = ['session=1', '__Host-session=wsa_the-admin-key-of-these-tests', 'authorization=Bearer x']
  for (const endpoint of EACH) {
    for (const cookie of cookies) {
      const { status, headers } = await office.ask(
        endpoint.method,
        targetOf(endpoint),
        asStranger({ cookie }),
      )
      assert.equal(status, 401, `${endpoint.method} ${endpoint.path}`)
      assert.equal(headers['set-cookie'], undefined)
    }
    const { headers } = await office.ask(endpoint.method, targetOf(endpoint))
    assert.equal(headers['set-cookie'], undefined)
  }
})

test('[NEV-50] L05 a wrong key learns nothing, whatever it looks like and wherever it knocks', async () => {
  const office = await openOffice()
  const untouched = await office.snapshot()
  const said = new Set<string>()
  for (const key of [
    'a',
    'wsa_',
    'wsa_the-admin-key-of-these-testz',
    'x'.repeat(10_000),
    'admin',
    "' OR '1'='1",
  ]) {
    for (const target of ['/admin/v1/keys', '/admin/v1/nowhere', '/admin/v1/keys/nobody']) {
      const answered = await office.ask('GET', target, asStranger({ authorization: `Bearer ${key}` }))
      assertProblem(answered, 403)
      said.add(answered.text)
    }
  }
  assert.equal(said.size, 1)
  assert.deepEqual(await office.snapshot(), untouched)
})

test('[NEV-50] L07 nothing is a page, nothing may be taken for one, and nothing is kept', async () => {
  const office = await openOffice()
  for (const endpoint of EACH) {
    const { status, headers } = await office.ask(endpoint.method, targetOf(endpoint))
    const where = `${endpoint.method} ${endpoint.path}: ${status}`
    assert.equal(headers['x-content-type-options'], 'nosniff', where)
    assert.equal(headers['cache-control'], 'no-store', where)
    const type = String(headers['content-type'] ?? 'application/json')
    assert.match(type, /^(?:application\/(?:problem\+json|json|x-ndjson)|text\/csv)/, where)
  }
})

/** What a list may tell of a secret: how it begins. */
const TELLTALE = /secret|digest|hash|token$|password/i
const namesIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)])

test('[NEV-50] L11 L12 a secret is shown once, to whoever made it', async () => {
  const office = await openOffice()
  const made = await office.ask('POST', '/admin/v1/keys', { body: { name: 'n' } })
  const { key, secret } = made.json
  assert.ok(secret.length > 30 && made.headers['cache-control'] === 'no-store')
  const [, , rest] = /^(wst_[^_]+_)(.+)$/.exec(secret) ?? []
  assert.ok(rest !== undefined, secret)
  for (const endpoint of EACH.filter(({ method }) => method === 'GET')) {
    const { text, json } = await office.ask(
      'GET',
      endpoint.path.replace('{id}', key.id).replace('{name}', 'm'),
    )
    assert.ok(!text.includes(rest) && !text.includes(secret), endpoint.path)
    assert.deepEqual(
      namesIn(json).filter((name) => TELLTALE.test(name)),
      [],
      endpoint.path,
    )
  }
  const again = await office.ask('PATCH', `/admin/v1/keys/${key.id}`, { body: { name: 'o' } })
  assert.ok(!again.text.includes(rest))
})

test('[NEV-50] L16 L18 nobody calls back, and nothing is uploaded', async () => {
  const office = await openOffice()
  for (const { path } of EACH)
    assert.doesNotMatch(path, /hook|callback|upload|import|restore|backup|archive/i)
  const untouched = await office.snapshot()
  for (const endpoint of EACH.filter(({ method }) => method !== 'GET')) {
    for (const type of [
      'application/zip',
      'application/gzip',
      'application/octet-stream',
      'multipart/form-data',
    ]) {
      const asked = { headers: { 'content-type': type }, body: 'PK\x03\x04' }
      const { status } = await office.ask(endpoint.method, targetOf(endpoint), asked)
      assert.ok(status >= 400 && status < 500, `${endpoint.method} ${endpoint.path}: ${status}`)
    }
  }
  assert.deepEqual(await office.snapshot(), untouched)
})

/** The room that runs a client's program, locked in a process of its own; its probe tries to break out. */
const LOCKED_ROOM = 'src/upstreams/sandbox/code/'
const RUNS_CODE =
  /['"]node:(?:child_process|vm|repl|cluster)['"]|\beval\(|\bnew Function\(|\bexecFile\(|\bspawn\(/

test('[NEV-50] L19 nothing runs a program or a text, but the locked room of the sandbox', () => {
  const files = typescriptFiles(PROJECT, 'src').filter((file) => !/\.(?:test|fixture)\.ts$/.test(file))
  const running = files.filter((file) => RUNS_CODE.test(readFileSync(join(PROJECT, file), 'utf8')))
  assert.ok(running.length > 0, 'the pattern finds nothing at all')
  assert.deepEqual(
    running.filter((file) => !file.startsWith(LOCKED_ROOM)),
    [],
  )
})
