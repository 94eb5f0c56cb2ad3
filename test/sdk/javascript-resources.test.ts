/** Files and caches by Google's own JavaScript client, unchanged but for base URL and key. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

const SDKS = [
  { version: '1.52.0', load: () => import('genai-1') },
  { version: '2.32.0', load: () => import('genai-2') },
  { version: '3.1.0', load: () => import('genai-3') },
] as const
/** Two pieces of the SDK's own size, and a little. */
const LARGE_BYTES = 17 * 1024 * 1024
const MODEL = 'gemini-2.5-flash'

let wasat: WasatProcess
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasat-sdk-files-'))
  wasat = await startWasat()
})
after(async () => {
  await wasat.stop('SIGINT')
  await rm(folder, { recursive: true, force: true })
})

for (const { version, load } of SDKS) {
  const open = async () => {
    // The three have the same surface here; one type stands for all.
    const { GoogleGenAI } = (await load()) as unknown as typeof import('genai-3')
    return new GoogleGenAI({ apiKey: wasat.key, httpOptions: { baseUrl: wasat.url } })
  }

  test(`[FILES-17] files.upload, get, list and delete (@google/genai ${version})`, async () => {
    const { files } = await open()
    const path = join(folder, `large-${version}.bin`)
    await writeFile(path, randomBytes(LARGE_BYTES))
    const large = await files.upload({ file: path, config: { mimeType: 'application/octet-stream' } })
    assert.deepEqual([large.sizeBytes, large.state], [String(LARGE_BYTES), 'ACTIVE'])
    const small = await files.upload({
      file: new Blob(['hello'], { type: 'text/plain' }),
      config: { name: 'files/note', displayName: 'a note' },
    })
    assert.deepEqual([small.name, small.displayName, small.mimeType], ['files/note', 'a note', 'text/plain'])
    assert.deepEqual(await files.get({ name: 'files/note' }), small)
    const names: (string | undefined)[] = []
    for await (const file of await files.list({ config: { pageSize: 1 } })) names.push(file.name)
    assert.deepEqual(names.sort(), [large.name, small.name].sort())
    for (const name of names) await files.delete({ name: name as string })
    await assert.rejects(
      files.get({ name: 'files/note' }),
      /You do not have permission to access the File note/,
    )
  })

  test(`[CACHES-10] caches.create, get, list, update and delete (@google/genai ${version})`, async () => {
    const { caches } = await open()
    const contents = 'The lighthouse keeper counts the waves. '.repeat(300)
    const made = await caches.create({
      model: MODEL,
      config: { contents, displayName: 'waves', systemInstruction: 'Be brief.', ttl: '300s' },
    })
    const name = made.name as string
    assert.equal(made.displayName, 'waves')
    assert.ok((made.usageMetadata?.totalTokenCount ?? 0) >= 1_024)
    assert.equal((await caches.get({ name })).expireTime, made.expireTime)
    const names: (string | undefined)[] = []
    for await (const cache of await caches.list()) names.push(cache.name)
    assert.deepEqual(names, [name])
    const updated = await caches.update({ name, config: { ttl: '7200s' } })
    assert.ok(Date.parse(updated.expireTime ?? '') > Date.parse(made.expireTime ?? ''))
    await caches.delete({ name })
    await assert.rejects(caches.get({ name }), /CachedContent not found/)
  })
}
