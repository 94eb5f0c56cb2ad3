/** C18: Google's own clients over every stream that breaks. A program that reads to the end must learn that it was cut. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { dataFolder } from '../gateway/rig.ts'
import { NEWEST_PYTHON_CLIENT, PYTHON_ENVIRONMENT } from '../sdk/python-clients.ts'
import { type Case, casesOf, type Rig, startRig } from './rig.ts'
import { SILENT_ROWS } from './rows-silent.ts'
import { STREAM_ROWS } from './rows-streams.ts'

interface Read {
  readonly model: string
  readonly finish: string | null
  readonly error: string | null
}

/** Those that wait for a bound of the gateway cost seconds, and the client hears nothing else of them. */
const WAITING = /^U3[78]/
const CASES = casesOf([...SILENT_ROWS, ...STREAM_ROWS]).filter(
  ({ row, cell, targets }) =>
    targets === 'alone' &&
    cell.mode === 'stream' &&
    row.isHeavy !== true &&
    row.sees(cell).kind === 'broken' &&
    !WAITING.test(row.name),
)
const WHOLE = casesOf(STREAM_ROWS).filter(
  ({ row, cell, targets }) => targets === 'alone' && cell.mode === 'stream' && row.name === 'U29 CRLF',
)

const JAVASCRIPT = {
  '@google/genai 1': () => import('genai-1'),
  '@google/genai 2': () => import('genai-2'),
  '@google/genai 3': () => import('genai-3'),
} as const
const SCRIPT = fileURLToPath(new URL('sdk_streams.py', import.meta.url))
const PYTHON_TIMEOUT_MS = 30_000

let rig: Rig
let folder: Awaited<ReturnType<typeof dataFolder>>
before(async () => {
  folder = await dataFolder()
  const cases = [...CASES, ...WHOLE]
  rig = await startRig({ cases, plays: new Map(), lanes: [], dataFolder: folder.path })
})
after(async () => {
  await rig?.close()
  await folder?.remove()
})

async function readOne(sdk: typeof import('genai-3'), model: string): Promise<Read> {
  const httpOptions = { baseUrl: rig.gateway.url }
  const client = new sdk.GoogleGenAI({ apiKey: rig.gateway.key, httpOptions })
  let finish: string | null = null
  try {
    for await (const { candidates } of await client.models.generateContentStream({ model, contents: 'hi' }))
      finish = candidates?.[0]?.finishReason ?? finish
  } catch (error) {
    return { model, finish, error: String(error).slice(0, 300) }
  }
  return { model, finish, error: null }
}

async function readInPython(models: readonly string[]): Promise<Read[]> {
  const words = [SCRIPT, rig.gateway.url, rig.gateway.key, ...models]
  const { stdout } = await promisify(execFile)(NEWEST_PYTHON_CLIENT.python, words, {
    timeout: PYTHON_TIMEOUT_MS,
    env: PYTHON_ENVIRONMENT,
  })
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

function judge(reads: readonly Read[]): void {
  const byModel = new Map(reads.map((read) => [read.model, read]))
  const silent = CASES.filter((one) => byModel.get(one.model)?.error == null)
  assert.deepEqual(silent.map(nameOf), [], 'each of them ends with an error')
  for (const { model } of WHOLE)
    assert.deepEqual(
      [byModel.get(model)?.error, /STOP/.test(String(byModel.get(model)?.finish))],
      [null, true],
    )
}

const nameOf = ({ row, cell }: Case) => `${row.name}, ${cell.wire}`
const MODELS = [...CASES, ...WHOLE].map(({ model }) => model)

test('[NEV-61] C18 there are streams of every wire that break in every way', () => {
  assert.ok(CASES.length >= 25, `${CASES.length}`)
  assert.equal(new Set(CASES.map(({ cell }) => cell.wire)).size, 3)
})

suite('[NEV-61] C18 the official clients, one after the other: the bounds of the rig are short', () => {
  for (const [name, load] of Object.entries(JAVASCRIPT)) {
    test(`[NEV-61] C18 ${name} never takes a broken stream for a whole one`, async () => {
      // The three have the same surface where this touches it; one type stands for all.
      const sdk = (await load()) as unknown as typeof import('genai-3')
      const broken = await Promise.all(CASES.map(({ model }) => readOne(sdk, model)))
      judge([...broken, ...(await Promise.all(WHOLE.map(({ model }) => readOne(sdk, model))))])
    })
  }

  const { skip } = NEWEST_PYTHON_CLIENT
  test('[NEV-61] C18 google-genai for Python never takes a broken stream for a whole one', {
    skip,
  }, async () => {
    judge(await readInPython(MODELS))
  })
})

test('[NEV-61] C18 each of them was a stream: every request reached its upstream', () => {
  for (const one of CASES) {
    const requests = rig.upstreams[one.cell.wire].count(one.upstreamModel)
    assert.ok(requests >= Object.keys(JAVASCRIPT).length, `${nameOf(one)}: ${requests} requests`)
  }
})
