/** Google's own clients with files, caches and batches that the gateway keeps at an upstream. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type AccountsServer, startAccounts } from '../servers/resources-client.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'
import { PYTHON_CLIENTS, PYTHON_ENVIRONMENT } from './python-clients.ts'

const KEYS = ['account-key-aaaa', 'account-key-bbbb', 'account-key-cccc'] as const
const MODEL = 'gemini-2.5-flash'
/** Two pieces of the SDK's own size, and a little. */
const LARGE_BYTES = 17 * 1024 * 1024
const PYTHON_TIMEOUT_MS = 60_000
const SCRIPT = fileURLToPath(new URL('./python/relay.py', import.meta.url))

let upstream: AccountsServer
let wasat: WasatProcess
before(async () => {
  upstream = await startAccounts(...KEYS)
  wasat = await startWasat({
    config: `upstreams: { google: { kind: gemini, baseUrl: "${upstream.url}", keys: [${KEYS.join(', ')}] } }`,
  })
})
after(async () => {
  // Whatever could not be started: a child that stays would keep this process alive.
  await wasat?.stop('SIGINT')
  await upstream?.close()
})

const remoteOf = (name: string) => name.replace(/^([^/]+\/)[a-z2-7]{6}/, '$1')
const heard = (text: string | undefined, name: string | undefined) => {
  const [key, , seen] = (text ?? '').split(' ')
  assert.ok((KEYS as readonly string[]).includes(key ?? ''), String(text))
  assert.equal(seen, remoteOf(name ?? ''))
}

const SDKS = [
  { version: '2.32.0', load: () => import('genai-2') },
  { version: '3.1.0', load: () => import('genai-3') },
] as const
for (const { version, load } of SDKS) {
  test(`[RELAY-19] files, caches and batches at an upstream (@google/genai ${version})`, async () => {
    const { GoogleGenAI } = (await load()) as unknown as typeof import('genai-3')
    const { files, caches, batches, models } = new GoogleGenAI({
      apiKey: wasat.key,
      httpOptions: { baseUrl: wasat.url },
    })
    const file = await files.upload({
      file: new Blob([Buffer.alloc(LARGE_BYTES, 'relay')], { type: 'text/plain' }),
      config: { displayName: 'large' },
    })
    assert.deepEqual([file.sizeBytes, file.displayName], [String(LARGE_BYTES), 'large'])
    assert.deepEqual((await files.get({ name: file.name as string })).uri, file.uri)
    const fileData = { fileUri: file.uri as string, mimeType: 'text/plain' }
    const answer = await models.generateContent({
      model: MODEL,
      contents: [{ role: 'user', parts: [{ fileData }] }],
    })
    heard(answer.text, file.name)
    const cache = await caches.create({
      model: MODEL,
      config: { contents: [{ role: 'user', parts: [{ fileData }] }], ttl: '300s' },
    })
    const name = cache.name as string
    assert.notEqual((await caches.update({ name, config: { ttl: '600s' } })).expireTime, cache.expireTime)
    heard(
      (await models.generateContent({ model: MODEL, contents: 'hi', config: { cachedContent: name } })).text,
      name,
    )
    const batch = await batches.create({ model: MODEL, src: file.name as string })
    const over = await batches.get({ name: batch.name as string })
    assert.equal(over.state, 'JOB_STATE_SUCCEEDED')
    assert.match(over.dest?.fileName ?? '', /^files\/[a-z2-7]{6}batch-/)
    await batches.cancel({ name: batch.name as string })
    await batches.delete({ name: batch.name as string })
    await caches.delete({ name })
    for (const one of [file.name, over.dest?.fileName]) await files.delete({ name: one as string })
    const left: unknown[] = []
    for await (const one of await files.list()) left.push(one)
    assert.deepEqual(left, [])
  })
}

for (const { python, version, skip } of PYTHON_CLIENTS) {
  test(`[RELAY-19] files and caches at an upstream (google-genai ${version})`, { skip }, async () => {
    const { stdout } = await promisify(execFile)(python, [SCRIPT, wasat.url, wasat.key], {
      timeout: PYTHON_TIMEOUT_MS,
      env: PYTHON_ENVIRONMENT,
    })
    const { file, cache, answer, cached } = JSON.parse(stdout)
    heard(answer, file)
    heard(cached, cache)
  })
}
