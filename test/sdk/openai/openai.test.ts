/** OpenAI's own clients, unchanged but for base URL and key, over a target of each kind. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VERSION } from 'openai/version'
import { type CaseLine, OPENAI_PYTHON_CLIENT, runCases } from '../python-clients.ts'
import { DOORS } from './doors.ts'
import { createLimitedKey, createPoorKey, FAILURES } from './failures.ts'
import { MEDIA } from './media.ts'
import { rigOf } from './rig.ts'
import { STRUCTURED } from './structured.ts'
import { TALKING } from './talking.ts'
import { startTargets, TARGETS, type Targets } from './targets.ts'
import { THINKING } from './thinking.ts'
import { TOOLS } from './tools.ts'

const CASES = [...TALKING, ...TOOLS, ...STRUCTURED, ...MEDIA, ...THINKING, ...DOORS, ...FAILURES]

let targets: Targets
before(async () => {
  targets = await startTargets()
})
after(() => targets?.close())

for (const target of TARGETS) {
  describe(`openai ${VERSION} over ${target.name}`, () => {
    for (const one of CASES) {
      if (one.only?.includes(target.name) === false) continue
      test(`${one.name} (JavaScript, ${target.name})`, () => one.run(rigOf(target, targets)))
    }
  })
}

test('the version is the one that is promised', () => {
  assert.equal(VERSION, '7.57.0')
})

const CLIENT = fileURLToPath(new URL('./client.py', import.meta.url))
const RUN_TIMEOUT_MS = 60_000

/** What the Python client calls its cases, and what each of them proves. */
const PYTHON_CASES = {
  chat: '[OSDK-01] a chat of two turns',
  stream: '[OSDK-01] a stream, its usage, and what the client puts together',
  tools: '[OSDK-02] parallel functions, whole and streamed; the message goes back as it came',
  'typed-tools': '[OSDK-02] arguments parsed into Pydantic models',
  structured: '[OSDK-03] an answer parsed into Pydantic models, whole and streamed',
  media: '[OSDK-04] a picture, a document and a sound',
  embeddings: '[OSDK-05] vectors in base64 and as numbers',
  images: '[OSDK-06] a picture that is made',
  options: '[OSDK-10] settings, several choices, log probabilities',
  thoughts: '[OSDK-11] an effort, with thoughts that are shown',
  google: '[OSDK-11] a search and code',
  models: '[OSDK-07] models are listed and retrieved',
  strangers: '[OSDK-08] a wrong key and an unknown model',
  'bad-parameters': '[OSDK-08] bad parameters are named',
  'upstream-failures': '[OSDK-08] failures of the upstream',
  limits: '[OSDK-08] [OSDK-09] limits and budgets of a key',
  retries: '[OSDK-09] the client comes again when it is told to',
  aborted: '[OSDK-12] a stream that the client closes',
  broken: '[OSDK-12] a stream that breaks',
  googles: "[OSDK-13] Google's own paths",
} as const

type KindLine = CaseLine & { readonly kind: string }

const { python, version, skip } = OPENAI_PYTHON_CLIENT

describe(`openai ${version} for Python over every kind`, { skip }, () => {
  let lines: readonly KindLine[] = []
  before(async () => {
    const { url, key } = targets.wasat
    const keys = await Promise.all([createLimitedKey(targets), createPoorKey(targets)])
    const run = runCases(python, [CLIENT, url, key, ...keys, JSON.stringify(TARGETS)], RUN_TIMEOUT_MS)
    lines = (await (run as Promise<unknown>)) as readonly KindLine[]
    await targets.settled()
  })

  for (const [name, title] of Object.entries(PYTHON_CASES)) {
    test(`${title} (Python)`, () => {
      const found = lines.filter((line) => line.case === name)
      assert.ok(found.length > 0, 'the client did not run this case')
      for (const { version: used } of found) assert.equal(used, version)
      const failed = found.flatMap(({ mode, kind, error }) => (error === null ? [] : [mode, kind, error]))
      assert.equal(failed.join('\n'), '')
    })
  }

  test('no case of the Python client goes unseen', () => {
    assert.deepEqual([...new Set(lines.map((line) => line.case))].sort(), Object.keys(PYTHON_CASES).sort())
    assert.deepEqual([...new Set(lines.map(({ mode }) => mode))].sort(), ['async', 'sync'])
  })
})

test('[OSDK-01] whatever the clients had sent on was valid at every validator', async () => {
  assert.deepEqual(await targets.refused(), [])
})
