/** What a repeat is told, and what may be done again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { answerOf, CALLER, callOf, chunkOf, HandSource } from '../nouns.fixture.ts'
import type { Call, Chunk, Permit, Settlement, Sink } from '../nouns.ts'
import { createMemoryCounters } from '../stores/memory/counters.ts'
import { KEPT_MS } from './kept.ts'
import { type Answered, createRecall, type RecallOptions, type Turn } from './recall.ts'

const asked = (rest: Partial<Call> = {}) => callOf({ id: 'first', idempotencyKey: 'one', ...rest })
const settled = (usageSource: Settlement['usageSource']) => ({ usageSource }) as Settlement

function rig(options: RecallOptions = {}) {
  const recall = createRecall(options)
  let performed = 0
  /** One request whose upstream and meter are in the test's hand. */
  async function begin(call = asked(), caller = CALLER) {
    const source = new HandSource()
    let permit: Permit | undefined
    const perform = async (turn: Turn): Promise<Answered> => {
      performed++
      permit = turn.hold({
        headers: {},
        settle: () => ({ billedNanoUsd: 1, recorded: Promise.resolve() }),
      })
      return { answer: turn.watch(answerOf(source)), headers: { 'x-wasat-upstream': 'up/m' } }
    }
    const { answer, headers, isRepeat } = await recall(call, caller, perform)
    const heard: string[] = []
    answer.source.start(sinkInto(heard))
    const settle = async (usage: Settlement['usageSource']) => {
      await permit?.settle(settled(usage)).recorded
    }
    return { source, settle, heard, headers, isRepeat }
  }
  /** The same, answered whole. */
  async function answered(call = asked(), last: Chunk = chunkOf('two')) {
    const { source, settle } = await begin(call)
    source.sink?.chunk(chunkOf('one '))
    source.sink?.end(last)
    await settle('final')
  }
  return { recall, begin, answered, performed: () => performed }
}

function sinkInto(heard: string[]): Sink {
  const words = (chunk: Chunk | undefined) => String(chunk?.bytes ?? JSON.stringify(chunk?.response))
  return {
    weigh: (chunk) => words(chunk).length,
    chunk: (chunk) => void heard.push(words(chunk)),
    end: (last) => void heard.push(words(last), 'end'),
    fail: () => void heard.push('fail'),
  }
}

const refuses = (code: string) => (error: unknown) => {
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, code, error.message)
  return true
}

test('[NEV-46] C11 a repeat is refused while the first is under way, and then told the same', async () => {
  const { begin, performed } = rig()
  const first = await begin()
  await assert.rejects(begin(), refuses('aborted'))
  first.source.sink?.chunk(chunkOf('one '))
  first.source.sink?.end({ response: { modelVersion: 'm' } })
  await assert.rejects(begin(), refuses('aborted'))
  await first.settle('final')
  const repeat = await begin(asked({ id: 'second' }))
  assert.deepEqual(repeat.heard, ['one ', '{"modelVersion":"m"}', 'end'])
  assert.deepEqual(repeat.headers, { 'x-wasat-upstream': 'up/m', 'x-wasat-repeat-of': 'first' })
  assert.ok(repeat.isRepeat)
  assert.equal(performed(), 1)
})

test('[NEV-46] C11 another request under the same key is refused, another caller’s key is another key', async () => {
  const { begin, answered, performed } = rig()
  await answered()
  const others = [
    { body: Buffer.from('{}') },
    { model: 'other' },
    { verb: 'countTokens' as const },
    { delivery: 'sse' as const },
  ]
  for (const other of others) await assert.rejects(begin(asked(other)), refuses('invalid_argument'))
  await begin(asked(), { ...CALLER, keyId: 'other' })
  assert.equal(performed(), 2)
})

test('[NEV-46] C11 what was paid for is not done again, what failed for nothing is', async () => {
  for (const [usage, again] of [
    ['none', true],
    ['estimated', false],
    ['partial', false],
  ] as const) {
    const { begin } = rig()
    const first = await begin()
    first.source.sink?.fail(new Error('broken'))
    await first.settle(usage)
    if (again) await begin()
    else await assert.rejects(begin(), refuses('aborted'))
  }
  const { recall, begin } = rig()
  await assert.rejects(
    recall(asked(), CALLER, () => Promise.reject(new GatewayError('resource_exhausted', 'no'))),
    refuses('resource_exhausted'),
  )
  await begin()
})

test('[NEV-46] C11 a stream is not told again', async () => {
  const { begin } = rig()
  const stream = asked({ delivery: 'sse' })
  const first = await begin(stream)
  first.source.sink?.end()
  await first.settle('final')
  await assert.rejects(begin(stream), refuses('aborted'))
})

test('[NEV-46] a key stands for its request for a day', async () => {
  let now = 0
  const { answered, begin, performed } = rig({ now: () => now })
  await answered()
  now = KEPT_MS - 1
  await begin()
  now = KEPT_MS
  await begin(asked({ body: Buffer.from('{}') }))
  assert.equal(performed(), 2)
})

test('[NEV-46] answers and keys are bounded: the oldest answer goes first, its key later', async () => {
  const { answered, begin, performed } = rig({ limits: { keys: 4, answerBytes: 10, bytes: 15 } })
  const key = (idempotencyKey: string) => asked({ idempotencyKey })
  await answered(key('a'))
  await answered(key('large'), chunkOf('seven..'))
  await answered(key('b'))
  await answered(key('c'))
  for (const lost of ['large', 'a']) await assert.rejects(begin(key(lost)), refuses('aborted'))
  await begin(key('b'))
  await begin(key('c'))
  assert.equal(performed(), 4)
  await answered(key('d'))
  await begin(key('a'))
  assert.equal(performed(), 6, 'the oldest key was forgotten')
})

test('[NEV-46] replicas that share counters do not do it twice, and do it anew when it failed for nothing', async () => {
  const shared = createMemoryCounters()
  const [one, other] = [rig({ shared }), rig({ shared })]
  const first = await one.begin()
  await assert.rejects(other.begin(), refuses('aborted'))
  first.source.sink?.fail(new Error('broken'))
  await first.settle('none')
  await other.answered()
  await assert.rejects(one.begin(), refuses('aborted'))
  assert.ok((await other.begin()).isRepeat)
})
