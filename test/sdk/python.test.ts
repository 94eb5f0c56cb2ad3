/** Google's own Python client, sync and async, unchanged but for base URL and key. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Backend, SLOW_MODEL, SLOW_TOTAL_TOKENS, startBackend } from './backends.ts'

const ENVIRONMENTS = fileURLToPath(new URL('../../.venv/', import.meta.url))
const CLIENT = fileURLToPath(new URL('./python/client.py', import.meta.url))
const RUN_TIMEOUT_MS = 120_000
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

const VERSIONS = [
  { folder: 'genai-2', version: '2.25.0' },
  { folder: 'genai-3', version: '3.4.0' },
] as const

/** What the client calls its cases, and what each of them proves. */
const CASES = {
  unary: '[SDK-UNARY-01] an answer in one piece',
  stream: '[SDK-STREAM-01] a stream',
  chat: '[SDK-CHAT-01] a chat of three turns, the last one streamed',
  system: '[SDK-SYSTEM-01] a system instruction',
  count: '[SDK-COUNT-01] count_tokens',
  'embed-one': '[SDK-EMBED-01] the embedding of one text',
  'embed-many': '[SDK-EMBED-02] the embeddings of many texts',
  'models-paged': '[SDK-MODELS-01] the models, page by page',
  'models-iterated': '[SDK-MODELS-02] the models, iterated',
  'model-get': '[SDK-MODELS-03] one model',
  'wrong-key': '[SDK-KEY-01] a wrong key',
  'unknown-model': '[SDK-MODEL-01] an unknown model',
  'aborted-stream': '[SDK-ABORT-01] a stream that the client closes',
} as const

interface Line {
  readonly mode: 'sync' | 'async'
  readonly case: string
  readonly version: string
  /** A traceback. */
  readonly error: string | null
}

for (const { folder, version } of VERSIONS) {
  const python = join(
    ENVIRONMENTS,
    folder,
    process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
  )
  const skip =
    !existsSync(python) && !process.env.CI && `.venv/${folder} is missing: npm run services makes it`
  for (const name of ['sandbox', 'replay'] as const) {
    describe(`google-genai ${version} against the ${name}`, { skip }, () => runSuite(python, version, name))
  }
}

function runSuite(python: string, version: string, name: Backend['name']): void {
  let backend: Backend
  let lines: readonly Line[] = []
  before(async () => {
    assert.ok(existsSync(python), `there is no ${python}: npm run services makes it`)
    backend = await startBackend(name)
    await backend.reset()
    lines = await runClient(python, backend)
  })
  after(() => backend?.close())
  for (const mode of ['sync', 'async'] as const) {
    for (const [key, title] of Object.entries(CASES)) {
      test(`${title} (Python ${mode}, google-genai ${version}, ${name})`, () => {
        const line = lines.find((one) => one.mode === mode && one.case === key)
        assert.ok(line, 'the client did not run this case')
        assert.equal(line.version, version)
        assert.equal(line.error, null, line.error ?? '')
      })
    }
  }
  test(`no case of the client goes unseen (${name})`, () => {
    assert.deepEqual([...new Set(lines.map((line) => line.case))].sort(), Object.keys(CASES).sort())
  })
  if (name === 'replay')
    test('[SDK-ABORT-01] the closed streams were read to their end', () => checkDrained(backend))
}

async function checkDrained(backend: Backend): Promise<void> {
  const line = await backend.logged(SLOW_MODEL.replay, 'client_gone')
  assert.deepEqual([line.usageSource, line.totalTokens], ['final', SLOW_TOTAL_TOKENS])
  assert.ok((await backend.replay!.openSockets()) <= 1, 'no more than the one connection that is kept')
}

function runClient(python: string, backend: Backend): Promise<Line[]> {
  const words = [CLIENT, backend.wasat.url, backend.wasat.key, backend.name]
  const options = {
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    // No key of the machine's own, and no proxy between the client and the loopback address.
    env: {
      PATH: process.env.PATH ?? '',
      NO_PROXY: '*',
      PYTHONIOENCODING: 'utf8',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  }
  return new Promise((resolve, reject) => {
    execFile(python, words, options, (error, stdout, stderr) => {
      if (error) return reject(new Error(`the Python client failed: ${error.message}\n${stderr}`))
      resolve(
        stdout
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line)),
      )
    })
  })
}
