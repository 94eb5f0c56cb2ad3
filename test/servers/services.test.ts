/** The servers that the tests of the stores stand on do what is asked of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { answers } from './redis-server.ts'
import { SERVICES_SKIP, services, startPostgres, startRedis } from './services.ts'

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

test('a database of one’s own comes and goes, in UTC, with fsync', { skip: SERVICES_SKIP }, async () => {
  const { postgres } = services()
  const database = await postgres.newDatabase()
  assert.equal(await ask(database.url, 'SHOW timezone'), 'UTC')
  assert.equal(await ask(database.url, 'SHOW fsync'), 'on')
  await database.drop()
  await assert.rejects(ask(database.url, 'SELECT 1'), /does not exist/)
})

test('a private PostgreSQL survives what is done to it, and keeps its data', {
  skip: SERVICES_SKIP,
}, async (t) => {
  const server = await startPostgres()
  t.after(() => server.dispose())
  await ask(server.url, 'CREATE TABLE kept AS SELECT 7 AS value')
  await server.kill()
  await assert.rejects(ask(server.url, 'SELECT 1'))
  await server.start()
  assert.equal(await ask(server.url, 'SELECT value FROM kept'), 7)
  await server.restart('immediate')
  assert.equal(await ask(server.url, 'SELECT value FROM kept'), 7)
  await server.dispose()
  assert.throws(() => server.pid(), /ENOENT/)
})

test('a private Redis is paused, killed and started', { skip: SERVICES_SKIP }, async (t) => {
  const server = await startRedis(['--maxmemory', '2mb'])
  t.after(() => server.dispose())
  const port = Number(new URL(server.url).port)
  server.pause()
  assert.equal(await answers(port), false)
  server.resume()
  assert.equal(await answers(port), true)
  await server.kill()
  assert.equal(await answers(port), false)
  await server.start()
  assert.equal(await answers(port), true)
})
