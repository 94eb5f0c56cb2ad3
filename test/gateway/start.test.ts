/** The first seconds: what is printed, what is refused, and how long it takes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { ended, type Ran, startBin } from '../../src/cli/testing.fixture.ts'
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'
import { ASK, COMPILE_CACHE, dataFolder, startGateway, UNARY, until } from './rig.ts'

/** The promise is 1 s on a machine that does nothing else; a busy one is given three. */
const READY_MS_MAX = 3_000

let folder: Awaited<ReturnType<typeof dataFolder>>
beforeEach(async () => {
  folder = await dataFolder()
})
afterEach(() => folder.remove())

const data = () => join(folder.path, 'data')

interface Started {
  readonly url: string
  readonly output: string
  stop(): Promise<Ran>
}

/** As a user starts it: no key and no port of a test's in the environment. */
async function start(environment: Record<string, string> = {}): Promise<Started> {
  const child = startBin(['serve', '--port', '0'], folder.path, {
    ...COMPILE_CACHE,
    WASAT_DATA: data(),
    ...environment,
  })
  const end = ended(child)
  let output = ''
  child.stdout?.on('data', (text: string) => {
    output += text
  })
  await Promise.race([
    until('it listens', () => /listens on [^\n]+\n[\s\S]*\n\n/.test(output)),
    once(child, 'exit').then(() => assert.fail(`it ended: ${output}`)),
  ])
  const url = /listens on (http:\S+)/.exec(output)?.[1] as string
  const stop = () => {
    child.kill('SIGINT')
    return end
  }
  return { url, output, stop }
}

const keysIn = (text: string) => ({
  client: /wst_[a-z0-9]+_[A-Za-z0-9_-]{43}/.exec(text)?.[0],
  admin: /wsa_[A-Za-z0-9_-]{43}/.exec(text)?.[0],
})

async function statusWith(url: string, key: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-goog-api-key': key }
  return (await fetch(url + UNARY, { method: 'POST', headers, body: ASK })).status
}

test('[START-01] the first start prints both keys once, the second prints none, and they still open', async () => {
  const first = await start()
  const { client = '', admin = '' } = keysIn(first.output)
  assert.ok(client && admin, first.output)
  assert.match(first.output, /curl -s http:\/\/127\.0\.0\.1:\d+\/v1beta\/models\//)
  assert.match(first.output, /from google import genai/)
  assert.match(first.output, /import \{ GoogleGenAI \} from '@google\/genai'/)
  assert.equal(await statusWith(first.url, client), 200)
  const { exitCode, stderr } = await first.stop()
  assert.deepEqual([exitCode, stderr], [0, ''])

  const second = await start()
  assert.deepEqual(keysIn(second.output), { client: undefined, admin: undefined })
  assert.equal(await statusWith(second.url, client), 200)
  const list = await fetch(`${second.url}/admin/v1/keys`, { headers: { authorization: `Bearer ${admin}` } })
  assert.equal(list.status, 200)
  assert.equal((await second.stop()).exitCode, 0)
})

test('[START-01] neither key is in any file of the data folder, and nobody else may read them', async () => {
  const started = await start()
  const { client = '', admin = '' } = keysIn(started.output)
  assert.equal(await statusWith(started.url, client), 200)
  assert.equal((await started.stop()).exitCode, 0)
  for (const entry of await readdir(data(), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    assert.equal((await stat(path)).mode & 0o077, 0, path)
    if (!entry.isFile()) continue
    const content = await readFile(path, 'latin1')
    assert.ok(!content.includes(client) && !content.includes(admin), `${path} holds a key`)
  }
  assert.equal((await stat(data())).mode & 0o077, 0)
})

test('[START-01] WASAT_KEY and WASAT_ADMIN_KEY take the place of the made ones, and are not printed', async () => {
  const started = await start({ WASAT_KEY: CLIENT_KEY, WASAT_ADMIN_KEY: ADMIN_KEY })
  assert.ok(!started.output.includes(CLIENT_KEY) && !started.output.includes(ADMIN_KEY))
  assert.deepEqual(keysIn(started.output), { client: undefined, admin: undefined })
  assert.equal(await statusWith(started.url, CLIENT_KEY), 200)
  await started.stop()
  const other = 'another-client-key-for-the-suite'
  const again = await start({ WASAT_KEY: other, WASAT_ADMIN_KEY: ADMIN_KEY })
  assert.deepEqual([await statusWith(again.url, other), await statusWith(again.url, CLIENT_KEY)], [200, 400])
  await again.stop()
})

const refusedStart = (words: string[], environment: Record<string, string> = {}) =>
  ended(
    startBin(['serve', '--port', '0', ...words], folder.path, {
      ...COMPILE_CACHE,
      WASAT_DATA: data(),
      ...environment,
    }),
  )

test('[CONFIG-07] a bind beyond loopback without an admin key of the operator is refused', async () => {
  const hosts = ['0.0.0.0', '::', '192.0.2.1']
  for (const refused of await Promise.all(hosts.map((host) => refusedStart(['--host', host])))) {
    const { exitCode, stderr, stdout } = refused
    assert.equal(exitCode, 1, stdout)
    assert.match(stderr, /WASAT_ADMIN_KEY/)
    assert.equal(stdout, '')
  }
  const started = await start({ WASAT_HOST: '0.0.0.0', WASAT_ADMIN_KEY: ADMIN_KEY })
  assert.match(started.output, /listens on http:\/\/localhost:\d+/)
  await started.stop()
})

for (const [name, environment] of [
  ['too short', { WASAT_KEY: 'short' }],
  ['the same for both', { WASAT_KEY: CLIENT_KEY, WASAT_ADMIN_KEY: CLIENT_KEY }],
  ['an admin key that looks like a client key', { WASAT_ADMIN_KEY: 'wst_looks_like-a-client-key' }],
] as const) {
  test(`[START-01] keys that are no good are refused: ${name}`, async () => {
    const { exitCode, stdout, stderr } = await refusedStart([], environment)
    assert.ok(exitCode === 1 || exitCode === 2, `exit code ${exitCode}: ${stderr}`)
    assert.equal(stdout, '')
    for (const key of Object.values(environment))
      assert.ok(!stderr.includes(key), 'the key itself is not printed')
  })
}

test('[LEDGER-03] S10 a second gateway on one data folder is refused, and the first one lives on', async () => {
  const gateway = await startGateway({ dataFolder: data() })
  try {
    const { exitCode, stdout, stderr } = await refusedStart([], {
      WASAT_KEY: CLIENT_KEY,
      WASAT_ADMIN_KEY: ADMIN_KEY,
    })
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, new RegExp(`in use[\\s\\S]*${gateway.pid}|${gateway.pid}[\\s\\S]*in use`))
    assert.equal((await gateway.ask(UNARY)).status, 200)
    // The operator's door is still the first one's.
    const listed = await ended(startBin(['keys', 'list', '--json'], folder.path, { WASAT_DATA: data() }))
    assert.equal(listed.exitCode, 0, listed.stderr)
  } finally {
    await gateway.stop('SIGINT')
  }
})

test('[LEDGER-03] what a killed gateway left behind does not stop the next one', async () => {
  const gateway = await startGateway({ dataFolder: data() })
  await gateway.kill()
  const again = await startGateway({ dataFolder: data() })
  assert.equal((await again.ask(UNARY)).status, 200)
  await again.stop('SIGINT')
})

test('[START-01] it is ready soon', async (t) => {
  const beganAtMs = performance.now()
  // As it is on the first day: nothing is compiled yet.
  const started = await start({ NODE_COMPILE_CACHE: '' })
  const tookMs = performance.now() - beganAtMs
  assert.equal((await fetch(`${started.url}/readyz`)).status, 200)
  t.diagnostic(`ready ${tookMs.toFixed(0)} ms after its start`)
  await started.stop()
  assert.ok(tookMs < READY_MS_MAX, `it took ${tookMs} ms`)
})
