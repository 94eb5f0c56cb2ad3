/** Google's own SDKs over every kind of upstream, and one conversation over all of them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Content } from 'genai-3'
import { SEAL_PREFIX } from '../../../src/upstreams/native/signatures.ts'
import type { ProviderName } from '../../servers/provider-server.ts'
import { collect, type Sdk } from '../features/rig.ts'
import { type CaseLine, PYTHON_CLIENTS, runCases } from '../python-clients.ts'
import { converse } from './changing.ts'
import { KINDS, type Kinds, startKinds, VARIANTS } from './kinds.ts'
import { SCRIPT } from './script.ts'

const SDKS = [
  { version: '1.52.0', load: () => import('genai-1') },
  { version: '2.32.0', load: () => import('genai-2') },
  { version: '3.1.0', load: () => import('genai-3') },
] as const

const NEWEST = SDKS[2].version

const PROVIDERS: readonly ProviderName[] = ['openai', 'anthropic', 'vertex']

let kinds: Kinds
before(async () => {
  kinds = await startKinds()
})
after(() => kinds?.close())

// The three have the same surface where the script touches it; one type stands for all.
const loaded = async (load: (typeof SDKS)[number]['load']) => (await load()) as unknown as Sdk

function clientOf(sdk: Sdk) {
  return new sdk.GoogleGenAI({ apiKey: kinds.wasat.key, httpOptions: { baseUrl: kinds.wasat.url } })
}

/** No validator refused anything that it was not told to refuse. */
async function checkValid(): Promise<void> {
  for (const provider of PROVIDERS) {
    const refused = (await kinds.received(provider)).filter(({ status }) => status >= 400)
    const real = refused.filter(({ body }) => !JSON.stringify(body).includes('fail:'))
    assert.deepEqual(
      real.map(({ path, body }) => [path, body]),
      [],
      `${provider} was sent what it refuses`,
    )
  }
}

for (const { version, load } of SDKS) {
  for (const { name, model, thinker } of version === NEWEST ? [...KINDS, ...VARIANTS] : KINDS) {
    describe(`@google/genai ${version} over ${name}`, () => {
      for (const one of SCRIPT) {
        test(`[UPS-01] ${one.name} (@google/genai ${version}, ${name})`, async () => {
          const sdk = await loaded(load)
          await one.run({ sdk, ai: clientOf(sdk), model, thinker })
        })
      }
    })
  }
}

test('[UPS-01] whatever the scripts sent was valid at every validator', async () => {
  const asked = async (name: ProviderName, path: RegExp) =>
    (await kinds.received(name)).filter((request) => path.test(request.path)).length
  assert.ok((await asked('openai', /chat\/completions/)) > 50)
  assert.ok((await asked('openai', /responses/)) > 50)
  assert.ok((await asked('anthropic', /messages/)) > 50)
  assert.ok((await asked('vertex', /v1(?:beta1)?\/projects\/my-project\/locations\/europe-west4\//)) > 50)
  assert.ok((await asked('vertex', /v1(?:beta1)?\/publishers\//)) > 10)
  await checkValid()
})

for (const model of ['by-anthropic', 'by-chat', 'by-responses']) {
  test(`[TRN-17] an error in the midst of a stream, and an answer that is no JSON (${model})`, async () => {
    const sdk = await loaded(SDKS[2].load)
    const { models } = clientOf(sdk)
    const streamed = async () =>
      collect(await models.generateContentStream({ model, contents: 'An error:stream, please.' }))
    await assert.rejects(streamed())
    await assert.rejects(
      models.generateContent({ model, contents: 'Some bad:json, please.' }),
      (error: unknown) => {
        assert.ok(error instanceof sdk.ApiError && error.status >= 500, String(error))
        return true
      },
    )
  })
}

const SCRIPT_FILE = fileURLToPath(new URL('./script.py', import.meta.url))
const RUN_TIMEOUT_MS = 60_000
const PYTHON_CASES = [
  'chat',
  'stream',
  'tools',
  'tools-by-hand',
  'structured',
  'thinking',
  'picture',
  'errors',
]

type KindLine = CaseLine & { readonly kind: string }

const runs = new Map<string, Promise<readonly KindLine[]>>()

/** Started together, since each takes its time. */
function linesOf(version: string): Promise<readonly KindLine[]> | undefined {
  const list = JSON.stringify(KINDS)
  for (const client of PYTHON_CLIENTS) {
    if (client.skip !== false || runs.has(client.version)) continue
    const words = [SCRIPT_FILE, kinds.wasat.url, kinds.wasat.key, list]
    const run = runCases(client.python, words, RUN_TIMEOUT_MS) as Promise<unknown>
    runs.set(client.version, run as Promise<readonly KindLine[]>)
  }
  return runs.get(version)
}

for (const { version, skip } of PYTHON_CLIENTS) {
  describe(`google-genai ${version} over every kind`, { skip }, () => {
    for (const { name } of KINDS) {
      for (const one of PYTHON_CASES) {
        test(`[UPS-01] ${one} (Python, google-genai ${version}, ${name})`, async () => {
          const lines = await linesOf(version)
          const line = lines?.find((found) => found.kind === name && found.case === one)
          assert.ok(line, 'the client did not run this case')
          assert.equal(line.version, version)
          if (line.error !== null) assert.fail(line.error)
        })
      }
    }
    test(`[UPS-01] whatever the Python script sent was valid at every validator (${version})`, checkValid)
  })
}

const CITIES = ['Oslo', 'Paris', 'Rome', 'Madrid', 'Vienna', 'Lisbon'] as const
const DEGREES: Readonly<Record<string, RegExp>> = { Oslo: /-3/, Paris: /11/ }
const questionOf = (city: string) => `What is the weather in ${city}?`
const toldOf = (city: string) => DEGREES[city] ?? /21/

/** Reasoning of one provider has no business with another. */
async function checkSigned(contents: readonly Content[]): Promise<void> {
  const bodies = async (name: ProviderName) =>
    (await kinds.received(name)).map(({ body }) => JSON.stringify(body))
  const [openai, anthropic, vertex] = [
    await bodies('openai'),
    await bodies('anthropic'),
    await bodies('vertex'),
  ]
  const signatures = contents
    .flatMap(({ parts = [] }) => parts)
    .flatMap(({ thoughtSignature }) => thoughtSignature ?? [])
  assert.ok(signatures.length > 0)
  for (const body of [...openai, ...anthropic, ...vertex])
    assert.ok(!body.includes(SEAL_PREFIX), 'a seal of ours')
  for (const body of [...openai, ...anthropic]) {
    for (const signature of signatures) assert.ok(!body.includes(signature), "a signature of Google's")
  }
  for (const body of anthropic) assert.ok(!body.includes('encrypted_content'))
  for (const body of openai) assert.ok(!body.includes('"signature"'))
}

describe('one conversation over several providers', () => {
  test('[SIG-03] the provider changes with each question, and each finds its own reasoning again', async () => {
    await kinds.reset()
    const sdk = await loaded(SDKS[2].load)
    const talk = converse(clientOf(sdk), sdk)
    const order = ['by-gemini', 'by-anthropic', 'by-responses', 'by-gemini', 'by-anthropic', 'by-responses']
    for (const [index, model] of order.entries()) {
      const city = CITIES[index] as string
      await talk.turn(questionOf(city), [model])
      assert.match(talk.text, toldOf(city), model)
    }
    await checkValid()
    await checkSigned(talk.contents)
    const last = async (name: ProviderName) => JSON.stringify((await kinds.received(name)).at(-1)?.body)
    assert.match(await last('anthropic'), /"type":"thinking"[^}]*"signature":"/)
    assert.match(await last('openai'), /"encrypted_content":"gAAA/)
  })

  test('[SIG-02] [SIG-03] the provider changes with each request, between a call and its result', async () => {
    await kinds.reset()
    const sdk = await loaded(SDKS[2].load)
    const talk = converse(clientOf(sdk), sdk)
    const order = [
      ['by-gemini', 'by-anthropic'],
      ['by-anthropic', 'by-responses'],
      ['by-responses', 'by-gemini'],
      ['by-local', 'by-vertex'],
      ['by-vertex', 'by-adaptive'],
      ['by-adaptive', 'by-chat'],
    ] as const
    for (const [index, models] of order.entries()) {
      const city = CITIES[index] as string
      await talk.turn(questionOf(city), models)
      assert.match(talk.text, toldOf(city), models.join(' → '))
    }
    const vertex = JSON.stringify((await kinds.received('vertex')).map(({ body }) => body))
    assert.match(vertex, /"thoughtSignature":"skip_thought_signature_validator"/)
    await checkValid()
    await checkSigned(talk.contents)
  })
})
