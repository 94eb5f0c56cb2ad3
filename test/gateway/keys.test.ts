/** Client keys as an operator handles them: by command, on a running gateway and on a stopped one. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ended, startBin } from '../../src/cli/testing.fixture.ts'
import { COMPILE_CACHE, dataFolder, errorOf, type Gateway, startGateway, UNARY, until } from './rig.ts'

const DISABLED_WITHIN_MS = 1_000

let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
before(async () => {
  folder = await dataFolder()
  gateway = await startGateway({ dataFolder: folder.path })
})
after(async () => {
  if (gateway.alive()) await gateway.stop('SIGINT')
  await folder.remove()
})

interface KeyView {
  readonly id: string
  readonly name: string
  readonly models: readonly string[]
  readonly disabled: boolean
}

type Command = (words: string) => Promise<{ exitCode: number | null; json: unknown; text: string }>

/** Runs `wasat keys … --json` as a process of its own. */
function keysCommand(environment: () => Record<string, string>): Command {
  return async (words) => {
    const arguments_ = ['keys', ...words.split(' '), '--json']
    const { exitCode, stdout, stderr } = await ended(
      startBin(arguments_, folder.path, { ...COMPILE_CACHE, ...environment() }),
    )
    const text = stdout || stderr
    return { exitCode, text, json: JSON.parse(text) }
  }
}

const bySocket = keysCommand(() => ({ WASAT_DATA: folder.path }))
const byAddress = keysCommand(() => ({ WASAT_URL: gateway.url, WASAT_ADMIN_KEY: gateway.adminKey }))

const statusWith = async (key: string, path = UNARY): Promise<number> =>
  (await gateway.ask(path, { headers: { 'x-goog-api-key': key } })).status

async function create(command: Command, words: string): Promise<{ id: string; key: string }> {
  const { exitCode, json } = await command(`create ${words}`)
  assert.equal(exitCode, 0)
  const made = json as { id: string; key: string }
  assert.match(made.key, new RegExp(`^wst_${made.id}_[A-Za-z0-9_-]{43}$`))
  return made
}

for (const [name, command] of [
  ['the socket of the data folder', bySocket],
  ['WASAT_URL and WASAT_ADMIN_KEY', byAddress],
] as const) {
  test(`[CLI-02] the life of a key by ${name}`, async () => {
    const { id, key } = await create(command, '--name ci --model gemini-*')
    assert.equal(await statusWith(key), 200)

    const listed = (await command('list')).json as KeyView[]
    const mine = listed.find((one) => one.id === id)
    assert.deepEqual([mine?.name, mine?.models, mine?.disabled], ['ci', ['gemini-*'], false])
    assert.ok(!JSON.stringify(listed).includes(key), 'a key is shown once')
    assert.equal(((await command(`show ${id}`)).json as KeyView).name, 'ci')

    assert.equal(((await command(`disable ${id}`)).json as KeyView).disabled, true)
    const refused = await gateway.ask(UNARY, { headers: { 'x-goog-api-key': key } })
    assert.deepEqual([refused.status, errorOf(refused).status], [403, 'PERMISSION_DENIED'])
    assert.equal(((await command(`enable ${id}`)).json as KeyView).disabled, false)
    assert.equal(await statusWith(key), 200)

    const rotated = (await command(`rotate ${id}`)).json as { id: string; key: string }
    assert.equal(rotated.id, id)
    assert.equal(await statusWith(key), 400, 'the old secret stops at once')
    assert.equal(await statusWith(rotated.key), 200)

    assert.equal((await command(`delete ${id}`)).exitCode, 0)
    assert.equal(await statusWith(rotated.key), 400)
    assert.equal((await command(`show ${id}`)).exitCode, 4)
  })
}

test('[KEYS-02] S25 a key in steady use is refused within a second of its disabling', async (t) => {
  const admin = { anonymous: true, headers: { authorization: `Bearer ${gateway.adminKey}` } }
  const made = await gateway.ask('/admin/v1/keys', { ...admin, body: '{"name":"busy"}' })
  const { key, secret } = JSON.parse(made.text) as { key: KeyView; secret: string }
  assert.equal(await statusWith(secret), 200)
  const disabled = await gateway.ask(`/admin/v1/keys/${key.id}:disable`, { ...admin, body: '{}' })
  assert.equal(disabled.status, 200, disabled.text)
  const disabledAtMs = performance.now()
  await until('the key is refused', async () => (await statusWith(secret)) === 403, DISABLED_WITHIN_MS)
  t.diagnostic(`refused ${(performance.now() - disabledAtMs).toFixed(0)} ms after it was disabled`)
})

test('[KEYS-02] a stream that began before its key was disabled ends whole', async () => {
  const { id, key } = await create(byAddress, '--name streaming')
  const path = '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'
  const answer = await gateway.open(path, { headers: { 'x-goog-api-key': key } })
  await byAddress(`disable ${id}`)
  const { status, complete, text } = await answer.over
  assert.deepEqual([status, complete], [200, true])
  assert.match(text, /"finishReason":\s*"STOP"/)
})

test('[KEYS-06] a key limited to models sees and uses only those', async () => {
  const { key } = await create(byAddress, '--name narrow --model gemini-2.5-*')
  const headers = { 'x-goog-api-key': key }
  assert.equal(await statusWith(key), 200)
  const other = await gateway.ask('/v1beta/models/gemini-3.1-pro-preview:generateContent', { headers })
  assert.deepEqual([other.status, errorOf(other).status], [404, 'NOT_FOUND'])
  const unknown = await gateway.ask('/v1beta/models/gemini-9:generateContent', { headers })
  assert.equal(errorOf(other).message.replace('gemini-3.1-pro-preview', 'gemini-9'), errorOf(unknown).message)
  const { models } = JSON.parse((await gateway.ask('/v1beta/models', { method: 'GET', headers })).text)
  assert.ok(models.length > 0)
  for (const model of models) assert.match(model.name, /^models\/gemini-2\.5-/)
  const hidden = await gateway.ask('/v1beta/models/gemini-3.1-pro-preview', { method: 'GET', headers })
  assert.equal(hidden.status, 404)
})

test('[KEYS-05] C-14 a client key opens nothing of the operator, the admin key nothing of the clients', async () => {
  for (const carrier of [{ authorization: `Bearer ${gateway.key}` }, { 'x-wasat-admin-key': gateway.key }]) {
    const refused = await gateway.ask('/admin/v1/keys', { method: 'GET', anonymous: true, headers: carrier })
    assert.equal(refused.status, 403)
    assert.equal(JSON.parse(refused.text).status, 403)
  }
  assert.equal((await gateway.ask('/admin/v1/keys', { method: 'GET', anonymous: true })).status, 401)
  for (const path of [UNARY, '/v1beta/models/gemini-2.5-flash:countTokens']) {
    const refused = await gateway.ask(path, { headers: { 'x-goog-api-key': gateway.adminKey } })
    assert.deepEqual([refused.status, errorOf(refused).status], [400, 'INVALID_ARGUMENT'])
  }
  const list = await gateway.ask('/v1beta/models', {
    method: 'GET',
    headers: { 'x-goog-api-key': gateway.adminKey },
  })
  assert.equal(list.status, 400)
})

test('[CLI-02] a wrong admin key and an address where nobody is are told apart by exit code', async () => {
  const wrong = keysCommand(() => ({ WASAT_URL: gateway.url, WASAT_ADMIN_KEY: 'not-the-admin-key-at-all' }))
  const nobody = keysCommand(() => ({ WASAT_URL: 'http://127.0.0.1:1', WASAT_ADMIN_KEY: gateway.adminKey }))
  const [refused, unreachable] = await Promise.all([wrong('list'), nobody('list')])
  assert.deepEqual([refused.exitCode, unreachable.exitCode], [3, 5])
})

// The last one: it stops the gateway.
test('[CLI-02] the life of a key in the folder of a stopped gateway', async () => {
  await gateway.stop('SIGINT')
  const kept = await create(bySocket, '--name kept')
  const gone = await create(bySocket, '--name gone')
  const off = await create(bySocket, '--name off')
  const turned = await create(bySocket, '--name turned')
  await bySocket(`delete ${gone.id}`)
  assert.equal(((await bySocket(`disable ${off.id}`)).json as KeyView).disabled, true)
  const fresh = (await bySocket(`rotate ${turned.id}`)).json as { key: string }
  const names = ((await bySocket('list')).json as KeyView[]).map(({ name }) => name)
  assert.ok(names.includes('kept') && !names.includes('gone'), names.join())

  gateway = await startGateway({ dataFolder: folder.path })
  const statuses = [kept.key, gone.key, off.key, turned.key, fresh.key].map((key) => statusWith(key))
  assert.deepEqual(await Promise.all(statuses), [200, 400, 403, 400, 200])
})
