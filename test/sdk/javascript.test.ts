/** Google's own JavaScript client, three major versions of it, unchanged but for base URL and key. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Backend, startBackend } from './backends.ts'
import { FAILURES } from './javascript-failures.ts'
import { GENERATION } from './javascript-generation.ts'
import { READING } from './javascript-reading.ts'
import type { Rig } from './javascript-rig.ts'

/** The API version is what each client asks for by itself. */
const SDKS = [
  { alias: 'genai-1', version: '1.52.0', apiVersion: 'v1beta', load: () => import('genai-1') },
  { alias: 'genai-2', version: '2.32.0', apiVersion: 'v1beta', load: () => import('genai-2') },
  { alias: 'genai-3', version: '3.1.0', apiVersion: 'v1', load: () => import('genai-3') },
] as const

const CASES = [...GENERATION, ...READING, ...FAILURES]

type Sdk = (typeof SDKS)[number]

for (const name of ['sandbox', 'replay'] as const) {
  describe(`@google/genai against the ${name}`, () => {
    let backend: Backend
    before(async () => {
      backend = await startBackend(name)
    })
    beforeEach(() => backend.reset())
    after(() => backend?.close())
    for (const sdk of SDKS) {
      for (const one of CASES) {
        test(`${one.name} (@google/genai ${sdk.version}, ${name})`, async () => {
          await one.run(await rigOf(sdk, backend))
        })
      }
    }
  })
}

test('the versions are those that are promised', () => {
  const require = createRequire(import.meta.url)
  for (const { alias, version } of SDKS) {
    const found = require.resolve(alias).replace(/([\\/]node_modules[\\/][^\\/]+).*/, '$1/package.json')
    assert.equal(require(found).version, version)
  }
})

async function rigOf({ load, apiVersion }: Sdk, backend: Backend): Promise<Rig> {
  // The three have the same surface where the cases touch it; one type stands for all.
  const sdk = (await load()) as unknown as typeof import('genai-3')
  const clientWithKey = (apiKey: string) =>
    new sdk.GoogleGenAI({ apiKey, httpOptions: { baseUrl: backend.wasat.url } })
  return {
    backend,
    client: clientWithKey(backend.wasat.key),
    clientWithKey,
    ApiError: sdk.ApiError,
    apiVersion,
  }
}
