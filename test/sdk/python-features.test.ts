/** Every feature of the sandbox through Google's own Python client, sync and async, by its typed results. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'

const ENVIRONMENTS = fileURLToPath(new URL('../../.venv/', import.meta.url))
const CLIENT = fileURLToPath(new URL('./python/features.py', import.meta.url))
const RUN_TIMEOUT_MS = 150_000
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

const VERSIONS = [
  { folder: 'genai-2', version: '2.25.0' },
  { folder: 'genai-3', version: '3.4.0' },
] as const

/** What the client calls its cases, and what each of them proves. */
const CASES = {
  text: '[SDKF-TEXT-01] an answer with settings and candidates, in typed results',
  'text-limits': '[SDKF-TEXT-01] an answer that is cut, and one that is stopped',
  'text-stream': '[SDKF-TEXT-01] [SDKF-STREAM-01] a stream says what the answer in one piece says',
  'text-errors': "[SDKF-TEXT-01] refusals as the client's own errors, with status and words",
  'chat-thoughts': '[SDKF-CHAT-01] [SDKF-STREAM-01] a chat that shows its thoughts, also streamed',
  'chat-signed': '[SDKF-CHAT-01] [SDKF-STREAM-01] a chat that signs its texts and takes the signatures back',
  'chat-history': '[SDKF-CHAT-01] a chat that begins with a history',
  afc: '[SDKF-AFC-01] Python functions called in parallel by the client, to the end',
  'afc-chat': '[SDKF-AFC-01] functions in a chat of two turns',
  'afc-stream': '[SDKF-AFC-01] [SDKF-STREAM-01] functions called while the answer is streamed',
  'afc-typed': '[SDKF-AFC-01] arguments of the types that a function declares',
  'afc-limits': '[SDKF-AFC-01] a function that fails, and calls left to the caller',
  call: '[SDKF-CALL-01] parallel calls answered by hand, and what may not be left out',
  'call-stream': '[SDKF-CALL-01] [SDKF-STREAM-01] streamed calls answered by hand',
  'call-modes': '[SDKF-CALL-01] calling modes and allowed functions',
  'schema-model':
    '[SDKF-SCHEMA-01] a Pydantic model with lists, options and choices comes back as that model',
  'schema-facts': '[SDKF-SCHEMA-01] what the prompt says is in the model',
  'schema-list': '[SDKF-SCHEMA-01] a list of models, as many as were asked for',
  'schema-enum': '[SDKF-SCHEMA-01] enumerations and literals',
  'schema-json': '[SDKF-SCHEMA-01] JSON schema with maps and references to itself',
  'schema-stream': '[SDKF-SCHEMA-01] [SDKF-STREAM-01] streamed JSON is whole',
  search: '[SDKF-SEARCH-01] sources, and offsets in bytes',
  'search-stream': '[SDKF-SEARCH-01] [SDKF-STREAM-01] a source is streamed once',
  maps: '[SDKF-MAPS-01] [SDKF-STREAM-01] places and their reviews',
  url: '[SDKF-URL-01] [SDKF-STREAM-01] pages that were read, and one that was not',
  store:
    '[SDKF-STORE-01] [SDKF-STREAM-01] from a file search store to an answer with its source, then deleted',
  code: '[SDKF-CODE-01] [SDKF-STREAM-01] a program and its result, and one that fails',
  media: '[SDKF-MEDIA-01] [SDKF-STREAM-01] pictures, a document and a sound beside a question',
  safety: '[SDKF-SAFETY-01] [SDKF-STREAM-01] a blocked prompt, ratings, and an answer that is stopped',
  logprobs: '[SDKF-LOGPROBS-01] the chosen tokens and the ones beside them',
  count: '[SDKF-COUNT-01] tokens of text and media are counted as they are charged',
  embed: '[SDKF-EMBED-01] vectors by task, of the size that was asked for',
  file: '[SDKF-FILE-01] [SDKF-STREAM-01] files uploaded, asked about, listed and deleted',
  'file-large': '[SDKF-FILE-01] a file of two pieces, too long for the model',
  cache: '[SDKF-CACHE-01] [SDKF-STREAM-01] a cache made, used, prolonged and deleted',
  batch: '[SDKF-BATCH-01] requests in a batch, one of them refused, each under its key',
  'batch-file': '[SDKF-BATCH-01] a file of requests, a file of results',
  'batch-embed': '[SDKF-BATCH-01] vectors in a batch are those of a single call',
  image: '[SDKF-IMAGE-01] [SDKF-STREAM-01] a picture saved and opened',
  'image-edit': '[SDKF-IMAGE-01] [SDKF-STREAM-01] a picture changed in a second turn',
  'image-imagen': '[SDKF-IMAGE-01] generate_images, saved and opened',
  video: '[SDKF-VIDEO-01] a film polled to its end and saved',
  speech: '[SDKF-SPEECH-01] [SDKF-STREAM-01] one voice, and two',
} as const

interface Line {
  readonly mode: 'sync' | 'async'
  readonly case: string
  readonly version: string
  /** A traceback. */
  readonly error: string | null
}

describe('features of the sandbox', () => {
  let wasat: WasatProcess
  let home: string
  // One gateway for both: it starts an interpreter only once.
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'wasat-features-'))
    wasat = await startWasat({ config: 'upstreams: { sandbox: { kind: sandbox } }\n' })
  })
  after(async () => {
    await wasat?.stop('SIGINT')
    await rm(home, { recursive: true, force: true })
  })
  for (const { folder, version } of VERSIONS) {
    const isWindows = process.platform === 'win32'
    const python = join(ENVIRONMENTS, folder, isWindows ? 'Scripts/python.exe' : 'bin/python')
    const skip =
      !existsSync(python) && !process.env.CI && `.venv/${folder} is missing: npm run services makes it`
    describe(`google-genai ${version}`, { skip }, () =>
      runSuite(version, async () => {
        assert.ok(existsSync(python), `there is no ${python}: npm run services makes it`)
        return runClient(python, wasat, await mkdtemp(join(home, `${folder}-`)))
      }),
    )
  }
})

function runSuite(version: string, run: () => Promise<readonly Line[]>): void {
  let lines: readonly Line[] = []
  before(async () => {
    lines = await run()
  })
  for (const mode of ['sync', 'async'] as const) {
    for (const [key, title] of Object.entries(CASES)) {
      test(`${title} (Python ${mode}, google-genai ${version})`, () => {
        const line = lines.find((one) => one.mode === mode && one.case === key)
        assert.ok(line, 'the client did not run this case')
        assert.equal(line.version, version)
        assert.equal(line.error, null, line.error ?? '')
      })
    }
  }
  test('no case of the client goes unseen', () => {
    assert.deepEqual([...new Set(lines.map((line) => line.case))].sort(), Object.keys(CASES).sort())
  })
}

function runClient(python: string, wasat: WasatProcess, folder: string): Promise<Line[]> {
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
    execFile(python, [CLIENT, wasat.url, wasat.key, folder], options, (error, stdout, stderr) => {
      if (error) return reject(new Error(`the Python client failed: ${error.message}\n${stderr}`))
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
      resolve(lines.map((line) => JSON.parse(line)))
    })
  })
}
