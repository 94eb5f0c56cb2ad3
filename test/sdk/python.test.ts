/** Google's own Python client, sync and async, unchanged but for base URL and key. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Backend, SLOW_MODEL, SLOW_TOTAL_TOKENS, startBackend } from './backends.ts'
import { type CaseLine, PYTHON_CLIENTS, runCases, testCases } from './python-clients.ts'

const CLIENT = fileURLToPath(new URL('./python/client.py', import.meta.url))
const RUN_TIMEOUT_MS = 120_000

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

for (const { python, version, skip } of PYTHON_CLIENTS) {
  for (const name of ['sandbox', 'replay'] as const) {
    describe(`google-genai ${version} against the ${name}`, { skip }, () => runSuite(python, version, name))
  }
}

function runSuite(python: string, version: string, name: Backend['name']): void {
  let backend: Backend
  let lines: readonly CaseLine[] = []
  before(async () => {
    backend = await startBackend(name)
    await backend.reset()
    const words = [CLIENT, backend.wasat.url, backend.wasat.key, backend.name]
    lines = await runCases(python, words, RUN_TIMEOUT_MS)
  })
  after(() => backend?.close())
  testCases(CASES, version, `, ${name}`, () => lines)
  if (name === 'replay')
    test('[SDK-ABORT-01] the closed streams were read to their end', () => checkDrained(backend))
}

async function checkDrained(backend: Backend): Promise<void> {
  const line = await backend.logged(SLOW_MODEL.replay, 'client_gone')
  assert.deepEqual([line.usageSource, line.totalTokens], ['final', SLOW_TOTAL_TOKENS])
  assert.ok((await backend.replay!.openSockets()) <= 1, 'no more than the one connection that is kept')
}
