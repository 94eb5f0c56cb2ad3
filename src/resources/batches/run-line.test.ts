import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { CALLER } from '../../nouns.fixture.ts'
import type { BatchDocument } from './batch.ts'
import { type LineRun, type Perform, runLine, unrunLine } from './run-line.ts'

const BATCH: BatchDocument = {
  kind: 'generateContent',
  model: 'm',
  apiVersion: 'v1',
  displayName: '',
  state: 'RUNNING',
  successful: 0,
  failed: 0,
}
const parseJson = (bytes: Buffer) => {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new GatewayError('invalid_argument', 'Invalid JSON payload received.')
  }
}

interface Ran {
  readonly result: ReturnType<typeof JSON.parse>
  readonly text: string
  readonly isFailed: boolean
  readonly waits: readonly number[]
  readonly calls: number
}

async function run(line: string | undefined, perform: Perform, rest: Partial<LineRun> = {}): Promise<Ran> {
  const waits: number[] = []
  let calls = 0
  const { isFailed, json } = await runLine(
    {
      perform: (...words) => {
        calls++
        return perform(...words)
      },
      parseJson,
      batch: BATCH,
      caller: CALLER,
      signal: new AbortController().signal,
      pause: async (ms) => void waits.push(ms),
      ...rest,
    },
    { index: 0, bytes: line === undefined ? undefined : Buffer.from(line) },
  )
  const text = json.toString()
  return { result: JSON.parse(text), text, isFailed, waits, calls }
}

const answering =
  (body: string, status = 200) =>
  async () => ({ status, body: Buffer.from(body) })
const LINE = '{"key":"k","metadata":{"a":1},"request":{"contents":[]}}'

test('[BATCH-01] the answer goes into one line as it came, with what the request is known by', async () => {
  const asked: unknown[] = []
  const { text, isFailed } = await run(LINE, async (opening, body, caller) => {
    asked.push(opening.verb, opening.model, opening.apiVersion, opening.delivery, body.toString(), caller)
    return { status: 200, body: Buffer.from('{\n  "n": 12345678901234567890,\r\n  "s": "a\\nb"\n}') }
  })
  assert.deepEqual(asked, ['generateContent', 'm', 'v1', 'unary', '{"contents":[]}', CALLER])
  assert.equal(isFailed, false)
  assert.equal(
    text,
    '{"response":{   "n": 12345678901234567890,    "s": "a\\nb" },"key":"k","metadata":{"a":1}}',
  )
  assert.equal((await run('{"request":{}}', answering('{}'))).text, '{"response":{}}')
})

test('[BATCH-04] an embedding tells its tokens in one number', async () => {
  const body = '{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":3}}'
  const { result } = await run(LINE, answering(body), { batch: { ...BATCH, kind: 'embedContent' } })
  assert.deepEqual(result.response, { tokenCount: '3', embedding: { values: [1, 2] } })
})

test('[BATCH-03] what is no request is its own error, and nobody is asked', async () => {
  for (const line of [
    '{"key":',
    '[]',
    '"x"',
    '{"key":"k"}',
    '{"request":[]}',
    '{"request":null}',
    undefined,
  ]) {
    const { result, isFailed, calls } = await run(line, answering('{}'))
    assert.deepEqual([result.error.code, isFailed, calls], [3, true, 0], String(line))
  }
})

test('[BATCH-03] an error has the code of google.rpc, thrown or answered', async () => {
  const refusing = async () => {
    throw new GatewayError('permission_denied', 'no')
  }
  const thrown = await run(LINE, refusing)
  assert.deepEqual(thrown.result, { error: { code: 7, message: 'no' }, key: 'k', metadata: { a: 1 } })
  const body = '{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT","details":[{"a":1}]}}'
  const answered = await run(LINE, answering(body, 400))
  assert.deepEqual(answered.result.error, { code: 3, message: 'bad' })
  const strange = await run(LINE, answering('<html>', 502))
  assert.deepEqual([strange.result.error.code, strange.calls], [2, 1])
})

test('[BATCH-06] what may pass is asked again, twice, and not for ever', async () => {
  let left = 2
  const busy = async () => {
    if (left-- > 0) throw new GatewayError('resource_exhausted', 'slow down')
    return { status: 200, body: Buffer.from('{}') }
  }
  const { isFailed, waits } = await run(LINE, busy)
  assert.deepEqual([isFailed, waits], [false, [1_000, 4_000]])
  const down = await run(LINE, answering('{"error":{"message":"down","status":"UNAVAILABLE"}}', 503))
  assert.deepEqual([down.result.error.code, down.calls, down.waits], [14, 3, [1_000, 4_000]])
})

test('[BATCH-05] a batch that was stopped waits for no answer, and writes none down', async () => {
  const controller = new AbortController()
  const asked = Promise.withResolvers<void>()
  const hanging = run(
    LINE,
    () => {
      asked.resolve()
      return new Promise(() => {})
    },
    { signal: controller.signal },
  )
  await asked.promise
  controller.abort(new Error('cancelled'))
  await assert.rejects(hanging, /cancelled/)
})

test('[BATCH-06] a server that goes is no failure of the request', async () => {
  const controller = new AbortController()
  const told = Promise.withResolvers<void>()
  const going = run(
    LINE,
    async () => {
      setImmediate(told.resolve)
      throw new GatewayError('shutting_down', 'bye')
    },
    { signal: controller.signal },
  )
  await told.promise
  controller.abort(new Error('closing'))
  await assert.rejects(going, /closing/)
})

test('[BATCH-05] a line that never ran keeps its key', () => {
  const error = { code: 1, message: 'cancelled' }
  const told = (text: string) =>
    JSON.parse(unrunLine(parseJson, { index: 0, bytes: Buffer.from(text) }, error).json.toString())
  assert.deepEqual(told('{"key":"k","request":{}}'), { error, key: 'k' })
  assert.deepEqual(told('no json'), { error })
})
