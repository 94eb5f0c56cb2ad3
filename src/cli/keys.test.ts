import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-keys-'))
after(() => rmSync(folder, { recursive: true }))

const KEY = {
  ...{ id: 'k1', name: 'ci', models: ['gemini-*'], disabled: false, hint: 'wst_k1_…' },
  ...{ projectId: null, routes: {}, addresses: [], limits: {}, expiresAt: null },
  ...{ createdAt: '2026-01-02T03:04:05.000Z', updatedAt: '2026-01-02T03:04:05.000Z' },
}
const ADMIN_KEY = 'an-admin-key-of-enough'

/** The admin API's shapes, and what was asked of it. */
function fakeAdmin(needsKey: boolean): { server: Server; asked: string[] } {
  const asked: string[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const piece of request) body += piece
    asked.push(`${request.method} ${request.url}${body && ` ${body}`}`)
    const answer = (status: number, value: unknown) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(value ? JSON.stringify(value) : '')
    }
    if (needsKey && request.headers.authorization !== `Bearer ${ADMIN_KEY}`)
      return answer(401, { title: 'Unauthenticated', status: 401, detail: 'The admin key is not right.' })
    if (request.url?.includes('nobody'))
      return answer(404, { title: 'Not found', status: 404, detail: 'There is no key nobody.' })
    if (request.url?.endsWith(':rotate')) return answer(200, { key: KEY, secret: 'wst_k1_new' })
    if (request.url?.endsWith(':disable')) return answer(200, { key: { ...KEY, disabled: true } })
    if (request.url?.endsWith('/budgets')) return answer(200, { budgets: [] })
    if (request.method === 'DELETE') return answer(204, undefined)
    if (request.method === 'POST' && request.url?.endsWith('/keys'))
      return answer(201, { key: KEY, secret: 'wst_k1_secret' })
    return answer(
      200,
      request.url?.endsWith('/keys') ? { keys: [KEY, { ...KEY, name: 'a\u001b[31m' }] } : { key: KEY },
    )
  })
  return { server, asked }
}

async function listen(server: Server, path?: string): Promise<string> {
  await new Promise<void>((resolve) =>
    path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve),
  )
  return path ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('[CLI-02] over WASAT_URL with the admin key', async (t) => {
  const { server, asked } = fakeAdmin(true)
  t.after(() => server.close())
  const environment = { WASAT_URL: `${await listen(server)}/`, WASAT_ADMIN_KEY: ADMIN_KEY }
  const ask = (words: string) => run(words, folder, environment)

  const created = await ask('keys create --name ci --model gemini-* --model b --json')
  assert.deepEqual(JSON.parse(created.stdout), {
    ...{ id: 'k1', key: 'wst_k1_secret', name: 'ci', models: ['gemini-*'] },
    ...{ projectId: null, routes: {}, addresses: [], limits: {}, expiresAt: null },
  })
  assert.equal(asked.at(-1), 'POST /admin/v1/keys {"name":"ci","models":["gemini-*","b"]}')
  const listed = await ask('keys list')
  assert.match(
    listed.stdout,
    /^ID {2}NAME +PROJECT +MODELS +BUDGET +STATE +CREATED\nk1 {2}ci +- +gemini-\* +- +active +2026-01-02/,
  )
  assert.ok(!listed.stdout.includes('\u001b'))
  assert.equal(JSON.parse((await ask('keys list --json')).stdout).length, 2)
  assert.match((await ask('keys show k1')).stdout, /state {5}active/)
  assert.equal(JSON.parse((await ask('keys disable k1 --json')).stdout).disabled, true)
  assert.ok(asked.includes('POST /admin/v1/keys/k1:disable'))
  assert.match((await ask('keys rotate k1')).stdout, /^wst_k1_new\n/)
  assert.deepEqual(JSON.parse((await ask('keys delete k1 --json')).stdout), { id: 'k1', deleted: true })
  assert.equal((await ask('keys show a/../b')).exitCode, 0)
  assert.equal(asked.at(-2), 'GET /admin/v1/keys/a%2F..%2Fb')
})

test('[CLI-01] each way to fail has its exit code', async (t) => {
  const { server } = fakeAdmin(true)
  t.after(() => server.close())
  const WASAT_URL = await listen(server)
  const missing = await run('keys show nobody --json', folder, { WASAT_URL, WASAT_ADMIN_KEY: ADMIN_KEY })
  assert.equal(missing.exitCode, 4)
  assert.equal(JSON.parse(missing.stderr).error.message, 'There is no key nobody.')
  const wrong = await run('keys list', folder, { WASAT_URL, WASAT_ADMIN_KEY: 'wrong' })
  assert.deepEqual([wrong.exitCode, wrong.stdout], [3, ''])
  assert.match(wrong.stderr, /The admin key is not right\.\n {2}next: check WASAT_ADMIN_KEY/)
  assert.equal((await run('keys list', folder, { WASAT_URL })).exitCode, 3)
  assert.equal((await run('keys list', folder, { WASAT_URL: 'nowhere', WASAT_ADMIN_KEY: 'x' })).exitCode, 2)
  const closed = { WASAT_URL: 'http://127.0.0.1:1', WASAT_ADMIN_KEY: ADMIN_KEY }
  const unreachable = await run('keys list', folder, closed)
  assert.equal(unreachable.exitCode, 5)
  assert.match(unreachable.stderr, /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/)
  assert.equal((await run('keys list --data none', folder)).exitCode, 4)
  assert.ok(!existsSync(join(folder, 'none')))
})

test('something else at that address is named as such', async (t) => {
  const server = createServer((_, response) => response.end('<html>'))
  t.after(() => server.close())
  const environment = { WASAT_URL: await listen(server), WASAT_ADMIN_KEY: ADMIN_KEY }
  const { exitCode, stderr } = await run('keys list', folder, environment)
  assert.equal(exitCode, 1)
  assert.match(stderr, /check WASAT_URL/)
})

test('[CLI-02] over the socket in the data folder, without a key', async (t) => {
  const data = mkdtempSync(join(folder, 'socket-'))
  const { server, asked } = fakeAdmin(false)
  t.after(() => server.close())
  await listen(server, join(data, 'admin.sock'))
  const { exitCode, stdout } = await run(`keys show k1 --data ${data} --json`, folder)
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(stdout).id, 'k1')
  assert.ok(asked.includes('GET /admin/v1/keys/k1'))
  assert.ok(!existsSync(join(data, 'wasat.db')))
})

test('in the folder itself when no gateway runs, also beside a socket that a killed one left', async () => {
  const data = mkdtempSync(join(folder, 'direct-'))
  writeFileSync(join(data, 'admin.sock'), '')
  const ask = (words: string) => run(`keys ${words} --data ${data} --json`, folder)
  const created = JSON.parse((await ask('create --name ci --model gemini-*')).stdout)
  assert.deepEqual(Object.keys(created).slice(0, 4), ['id', 'key', 'name', 'models'])
  assert.match(created.key, /^wst_/)
  const { id } = created
  const listed = await ask('list')
  assert.deepEqual(
    JSON.parse(listed.stdout).map((key: { id: string; models: string[] }) => [key.id, key.models]),
    [[id, ['gemini-*']]],
  )
  assert.doesNotMatch(listed.stdout, /digest/)
  assert.equal(JSON.parse((await ask(`disable ${id}`)).stdout).disabled, true)
  assert.equal(JSON.parse((await ask(`enable ${id}`)).stdout).disabled, false)
  const rotated = JSON.parse((await ask(`rotate ${id}`)).stdout)
  assert.equal(rotated.id, id)
  assert.notEqual(rotated.key, created.key)
  assert.equal(JSON.parse((await ask(`show ${id}`)).stdout).name, 'ci')
  assert.equal((await ask(`delete ${id}`)).exitCode, 0)
  for (const words of [`show ${id}`, `delete ${id}`, `disable ${id}`, `rotate ${id}`])
    assert.equal((await ask(words)).exitCode, 4, words)
  assert.match((await run(`keys list --data ${data}`, folder)).stdout, /There are no keys/)
})

test('a folder that a silent gateway holds is unreachable, and says by whom', async (t) => {
  const { openSqliteStore } = await import('../stores/sqlite/store.ts')
  const data = mkdtempSync(join(folder, 'held-'))
  const store = await openSqliteStore(data)
  t.after(() => store.close())
  const { exitCode, stderr } = await run(`keys list --data ${data}`, folder)
  assert.equal(exitCode, 5)
  assert.match(stderr, new RegExp(`process ${process.pid}.*does not answer on its socket`))
})
