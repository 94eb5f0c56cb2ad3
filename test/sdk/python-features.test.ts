/** Every feature of the sandbox through Google's own Python client, sync and async, by its typed results. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { fileURLToPath } from 'node:url'
import { KEPT_PYTHON } from '../servers/kept-python.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'
import { type CaseLine, PYTHON_CLIENTS, runCases, testCases } from './python-clients.ts'

const CLIENT = fileURLToPath(new URL('./python/features.py', import.meta.url))
const RUN_TIMEOUT_MS = 150_000

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

describe('features of the sandbox', () => {
  let wasat: WasatProcess
  let home: string
  // One gateway for both: it starts an interpreter only once.
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'wasat-features-'))
    wasat = await startWasat({ config: 'upstreams: { sandbox: { kind: sandbox } }\n', env: KEPT_PYTHON })
  })
  after(async () => {
    await wasat?.stop('SIGINT')
    await rm(home, { recursive: true, force: true })
  })
  for (const { folder, version, python, skip } of PYTHON_CLIENTS) {
    describe(`google-genai ${version}`, { skip }, () => {
      let lines: readonly CaseLine[] = []
      before(async () => {
        const words = [CLIENT, wasat.url, wasat.key, await mkdtemp(join(home, `${folder}-`))]
        lines = await runCases(python, words, RUN_TIMEOUT_MS)
      })
      testCases(CASES, version, '', () => lines)
    })
  }
})
