/** The search that runs after every gateway of the tests must be able to find what it looks for. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formsOf, leaksIn, requireNoLeak, secretsOf } from './canaries.ts'

const SECRET = 'a-secret/with+odd "signs"-7319'
const SECRETS = new Map([['the key', SECRET]])
const around = (text: string) => [{ name: 'log', bytes: Buffer.from(`before ${text} behind`) }]

for (const [form, text] of formsOf(SECRET)) {
  test(`[NEV-64] a secret is found ${form}`, () => {
    assert.match(leaksIn(around(text), SECRETS).join(), /^the key stands .* in log, after: "before "/)
  })
}

for (const before of ['', 'a', 'ab', 'abc']) {
  test(`[NEV-64] a secret is found in base64 of ${before.length} bytes and itself`, () => {
    const bytes = Buffer.from(`${before}${SECRET}${before}`)
    assert.notEqual(leaksIn(around(bytes.toString('base64')), SECRETS).length, 0)
    assert.notEqual(leaksIn(around(bytes.toString('base64url')), SECRETS).length, 0)
  })
}

test('[NEV-64] a key that was made is found, whoever made it; its id and a prefix are none', () => {
  const made = `wst_0123456789abcdef_${'x'.repeat(43)}`
  assert.equal(leaksIn(around(made), new Map()).length, 1)
  assert.deepEqual(leaksIn(around('wst_0123456789abcdef_… and wsa_short'), new Map()), [])
})

test('[NEV-64] what is secret is read from the configuration and the environment', () => {
  const config = `upstreams: { a: { keys: ["first-secret-key", second-secret-key, k, "\${NAME}"] } }
stores: { counters: "redis://:the-redis-password@127.0.0.1:1" }`
  const environment = {
    GEMINI_API_KEY: 'key-of-the-environment',
    WASAT_LEDGER: 'postgres://wasat:the-postgres-password@127.0.0.1/x',
    PATH: '/bin',
  }
  assert.deepEqual(
    [...secretsOf(config, environment).values()],
    [
      'key-of-the-environment',
      'the-postgres-password',
      'first-secret-key',
      'second-secret-key',
      'the-redis-password',
    ],
  )
})

test('[NEV-64] the files of the data folder are searched', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wasat-canaries-'))
  try {
    await writeFile(join(folder, 'wasat.db-wal'), `pages ${SECRET} pages`)
    const written = { output: '', dataFolder: folder, secrets: SECRETS }
    await assert.rejects(requireNoLeak(written), /the key stands as it is in .*wasat\.db-wal/)
    await requireNoLeak({ ...written, secrets: new Map([['another', 'another-secret']]) })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('[NEV-64] the first start may show the keys that it made, once', async () => {
  const key = `wst_0123456789abcdef_${'x'.repeat(43)}`
  const welcome = `Wasat\nKeys, shown this once:\n  client key  ${key}\n  curl -H 'x-goog-api-key: ${key}'\n`
  const written = { dataFolder: join(tmpdir(), 'wasat-not-there'), secrets: new Map<string, string>() }
  await requireNoLeak({ ...written, output: `${welcome}{"msg":"request"}\n` })
  const again = `${welcome}{"msg":"request","path":"/?key=${key}"}\n`
  await assert.rejects(requireNoLeak({ ...written, output: again }), /a key that was made/)
})
