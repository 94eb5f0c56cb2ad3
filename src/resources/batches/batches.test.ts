import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { ALICE, BOB, type Heard, type Rig, rig, upload } from '../testing.fixture.ts'
import { BATCH_RUN_MS, BATCH_TTL_MS } from './batch.ts'
import { UNFINISHED_PER_KEY_MAX } from './create.ts'
import type { Perform } from './run-line.ts'
import { REQUESTS_AT_ONCE } from './runner.ts'

const CREATE = '/v1beta/models/gemini-2.5-flash:batchGenerateContent'

function inline(count: number): object {
  const requests = Array.from({ length: count }, (_, at) => ({
    request: { at },
    metadata: { key: `k${at}` },
  }))
  return { batch: { inputConfig: { requests: { requests } } } }
}

async function made(on: Rig, body: object): Promise<string> {
  const heard = await on.ask('POST', CREATE, { body })
  assert.equal(heard.status, 200, heard.text)
  return heard.json.name
}

/** Asks until it is over; each question gives the batch a turn of the event loop. */
async function over(on: Rig, name: string): Promise<Heard['json']> {
  for (let turn = 0; turn < 5_000; turn++) {
    const { json } = await on.ask('GET', `/v1beta/${name}`)
    if (json.done === true) return json
    await new Promise(setImmediate)
  }
  throw new Error(`${name} did not end`)
}

/** Upstream in the test's hand: each request waits until it is let go. */
function gate() {
  const waiting: (() => void)[] = []
  let asked = 0
  let most = 0
  const perform: Perform = (_, body) => {
    asked++
    return new Promise((resolve) => {
      waiting.push(() => resolve({ status: 200, body }))
      most = Math.max(most, waiting.length)
    })
  }
  return {
    perform,
    asked: () => asked,
    most: () => most,
    /** Lets so many go, one after the other. */
    async release(count: number) {
      for (let at = 0; at < count; at++) {
        while (waiting.length === 0) await new Promise(setImmediate)
        waiting.shift()?.()
      }
    },
    async full() {
      while (waiting.length < REQUESTS_AT_ONCE) await new Promise(setImmediate)
    },
  }
}

test('[BATCH-01] no more requests at one time than there are places, over all batches', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const first = await made(on, inline(6))
  const second = await made(on, inline(6))
  await held.full()
  await held.release(12)
  const results = (await over(on, first)).response.inlinedResponses.inlinedResponses
  assert.deepEqual(
    results.map(({ response, metadata }: Heard['json']) => [response.at, metadata.key]),
    Array.from({ length: 6 }, (_, at) => [at, `k${at}`]),
  )
  await over(on, second)
  assert.deepEqual([held.asked(), held.most()], [12, REQUESTS_AT_ONCE])
})

test('[BATCH-06] a restart goes on where it was: nothing that has a result is asked again', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const name = await made(on, inline(10))
  await held.full()
  await held.release(3)
  while (held.asked() < 3 + REQUESTS_AT_ONCE) await new Promise(setImmediate)
  const before = await on.ask('GET', `/v1beta/${name}`)
  assert.deepEqual(before.json.metadata.batchStats, {
    requestCount: '10',
    successfulRequestCount: '3',
    pendingRequestCount: '7',
  })
  await on.restart()
  await on.room.resume()
  // The four that were in flight wait in the old room for ever; their answers are nobody's now.
  await held.release(REQUESTS_AT_ONCE)
  await held.release(7)
  const { metadata } = await over(on, name)
  assert.deepEqual(metadata.batchStats, { requestCount: '10', successfulRequestCount: '10' })
  assert.equal(held.asked(), 10 + REQUESTS_AT_ONCE)
  // Nothing is left to do for the next start.
  await on.restart()
  await on.room.resume()
  assert.equal((await on.store.resources.totals('alice', 'batchInputs')).count, 0)
})

test('[BATCH-05] after 48 hours what has not run never does', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const name = await made(on, inline(10))
  await held.full()
  on.later(BATCH_RUN_MS)
  await held.release(1)
  const { metadata, error } = await over(on, name)
  assert.deepEqual([metadata.state, error.code], ['BATCH_STATE_EXPIRED', 4])
  const results = metadata.output.inlinedResponses.inlinedResponses
  assert.equal(results.length, 10)
  assert.deepEqual(results[9], { error, metadata: { key: 'k9' } })
})

test('[BATCH-05] one that waits for its turn can be cancelled too, and cancelling twice changes nothing', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const names: string[] = []
  for (let at = 0; at < 6; at++) names.push(await made(on, inline(5)))
  const last = names[5] as string
  assert.equal((await on.ask('GET', `/v1beta/${last}`)).json.metadata.state, 'BATCH_STATE_PENDING')
  assert.equal((await on.ask('POST', `/v1beta/${last}:cancel`, { body: {} })).status, 200)
  const { metadata } = await over(on, last)
  assert.deepEqual([metadata.state, metadata.batchStats.failedRequestCount], ['BATCH_STATE_CANCELLED', '5'])
  assert.equal((await on.ask('POST', `/v1beta/${last}:cancel`)).status, 200)
  assert.equal((await on.ask('GET', `/v1beta/${last}`)).json.metadata.endTime, metadata.endTime)
})

test('[BATCH-07] a key that opens nothing any more runs nothing any more', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const name = await made(on, inline(10))
  await held.full()
  const key = await on.store.directory.getKey('alice')
  assert.ok(key)
  await on.store.directory.updateKey({ ...key, disabled: true })
  await held.release(REQUESTS_AT_ONCE)
  const { metadata, error } = await over(on, name)
  assert.deepEqual([metadata.state, error.code], ['BATCH_STATE_FAILED', 7])
  assert.equal(held.asked(), REQUESTS_AT_ONCE)
  assert.equal(metadata.output.inlinedResponses.inlinedResponses.length, REQUESTS_AT_ONCE)
})

test('[BATCH-03] an input file that was deleted before its turn fails the batch', async (t) => {
  const held = gate()
  const on = await rig(t, { perform: held.perform })
  const file = await upload(on, '{"request":{}}\n', { mimeType: 'application/jsonl' })
  for (let at = 0; at < 4; at++) await made(on, inline(5))
  await held.full()
  const name = await made(on, { batch: { inputConfig: { fileName: file.name } } })
  await on.ask('DELETE', `/v1beta/${file.name}`)
  await held.release(20)
  const { metadata, error } = await over(on, name)
  assert.deepEqual([metadata.state, error.code], ['BATCH_STATE_FAILED', 9])
  assert.match(error.message, new RegExp(`${file.name} does not exist any more`))
})

test('[BATCH-02] the results of a file are a file of the owner, and of nobody else', async (t) => {
  const on = await rig(t)
  const file = await upload(on, '{"key":"b","request":{"b":1}}\n{"key":"a","request":{"a":1}}', {
    mimeType: 'application/jsonl',
  })
  const name = await made(on, { batch: { inputConfig: { fileName: file.name } } })
  const { response, metadata } = await over(on, name)
  assert.equal(metadata.inputConfig.fileName, file.name)
  const path = `/v1beta/${response.responsesFile}`
  assert.equal((await on.ask('GET', path)).json.source, 'GENERATED')
  const { text } = await on.ask('GET', `${path}:download?alt=media`)
  assert.equal(text, '{"response":{"b":1},"key":"b"}\n{"response":{"a":1},"key":"a"}\n')
  assert.equal((await on.ask('GET', path, { caller: BOB })).status, 403)
  // The results lie there and nowhere else.
  assert.equal((await on.store.resources.totals('alice', 'batchOutputs')).count, 0)
  assert.equal(on.blobs().length, 2)
})

test('[BATCH-07] no client can name what lies beside a batch', async (t) => {
  const on = await rig(t)
  const name = await made(on, inline(1))
  await over(on, name)
  for (const path of [`${name}/output`, `${name}/input`, `${name}%2Foutput`, 'batches/..', 'batches/']) {
    assert.equal((await on.ask('GET', `/v1beta/${path}`)).status, 404, path)
  }
})

test('[BATCH-08] deleted or expired, it leaves nothing behind', async (t) => {
  const on = await rig(t)
  const deleted = await made(on, inline(2))
  await over(on, deleted)
  assert.equal((await on.ask('DELETE', `/v1beta/${deleted}`, { body: {} })).status, 200)
  assert.deepEqual([on.blobs().length, (await on.store.resources.totals('alice')).count], [0, 0])
  const old = await made(on, inline(2))
  await over(on, old)
  on.later(BATCH_TTL_MS)
  assert.equal((await on.ask('GET', `/v1beta/${old}`)).status, 404)
  await on.room.sweep()
  assert.deepEqual([on.blobs().length, (await on.store.resources.totals('alice')).count], [0, 0])
})

test('[BATCH-09] batches of one key that are not over are counted', async (t) => {
  const on = await rig(t, { perform: () => new Promise(() => {}) })
  for (let at = 0; at < UNFINISHED_PER_KEY_MAX; at++) await made(on, inline(1))
  const refused = await on.ask('POST', CREATE, { body: inline(1) })
  assert.deepEqual([refused.status, /limit of 100 batches/.test(refused.text)], [429, true])
  assert.equal((await on.ask('POST', CREATE, { body: inline(1), caller: BOB })).status, 200)
})

test('[BATCH-09] requests and results count in the key’s share of the disk', async (t) => {
  const big = 'x'.repeat(3_000)
  const body = { batch: { inputConfig: { requests: { requests: [{ request: { big } }] } } } }
  const on = await rig(t, { limits: { fileBytesMax: 1_000, bytesPerKeyMax: 5_000 } })
  const { metadata, error } = await over(on, await made(on, body))
  assert.deepEqual([metadata.state, error.code], ['BATCH_STATE_FAILED', 8])
  const small = await rig(t, { limits: { fileBytesMax: 1_000, bytesPerKeyMax: 2_000 } })
  assert.equal((await small.ask('POST', CREATE, { body })).status, 429)
  assert.deepEqual(small.blobs(), [])
})

test('[BATCH-09] a model that the caller may not use is not there', async (t) => {
  const on = await rig(t, { supportsModel: ({ keyId }) => keyId === ALICE.keyId })
  assert.equal((await on.ask('POST', CREATE, { body: inline(1) })).status, 200)
  const refused = await on.ask('POST', CREATE, { body: inline(1), caller: BOB })
  assert.equal(refused.status, 404)
  assert.match(refused.text, /not supported for batchGenerateContent/)
})

test('what is wrong with an update or a cancel', async (t) => {
  const on = await rig(t)
  const name = await made(on, inline(1))
  const update = `/v1beta/${name}:updateGenerateContentBatch`
  for (const [method, path, body, status] of [
    ['PATCH', `${update}?updateMask=model`, {}, 400],
    ['PATCH', update, { displayName: 'x'.repeat(513) }, 400],
    ['PATCH', update, { colour: 'red' }, 400],
    ['PATCH', `/v1beta/${name}:updateEmbedContentBatch`, {}, 404],
    ['POST', `/v1beta/${name}:cancel`, { why: 1 }, 400],
    ['GET', `/v1beta/${name}:cancel`, undefined, 405],
  ] as const) {
    assert.equal(
      (await on.ask(method, path, body === undefined ? {} : { body })).status,
      status,
      `${method} ${path}`,
    )
  }
  const snake = await on.ask('PATCH', `${update}?update_mask=display_name,priority`, {
    body: { display_name: 'b', priority: 3 },
  })
  assert.deepEqual([snake.json.displayName, snake.json.priority], ['b', '3'])
})

test('a store that fails while a batch runs is told to the operator, and the batch goes on later', async (t) => {
  const failures: unknown[] = []
  const held = gate()
  const on = await rig(t, { perform: held.perform, onFailure: (error) => failures.push(error) })
  await made(on, inline(1))
  while (held.asked() === 0) await new Promise(setImmediate)
  await on.store.close()
  await held.release(1)
  while (failures.length === 0) await new Promise(setImmediate)
  assert.ok(failures[0] instanceof GatewayError)
})
