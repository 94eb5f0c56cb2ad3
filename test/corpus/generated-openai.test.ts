/** Generated input through the whole of the OpenAI door, in this process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf, type Door, GOOGLES, OPENAIS, refusalOf } from '../translation/openai-door/door.ts'
import { damagedOf, seedOfRun } from './generate.ts'
import { GOOD_CHATS, GOOD_EMBEDDING, GOOD_IMAGE } from './openai-doors.ts'
import { refusalOf as refusedBy } from './reading.ts'

const SAMPLES = Number(process.env.CORPUS_GENERATED ?? 6_000)
/** Of half a megabyte at most. On a busy machine the longest of many turns is not all ours. */
const SLOWEST_MS = 250
const NAMES_OF_OBJECT = Object.getOwnPropertyNames(Object.prototype).sort().join()
const MODELS = ['gemini-2.5-flash', 'gemini-3.1-pro-preview', 'imagen-4.0-generate-001']
const ENDPOINTS = [
  ['chat/completions', GOOD_CHATS],
  ['chat/completions', GOOD_CHATS],
  ['embeddings', [GOOD_EMBEDDING]],
  ['images/generations', [GOOD_IMAGE]],
] as const

test(`[ODR-15] [NEV-52] ${SAMPLES} damaged requests are translated or refused, and nothing else`, async (context) => {
  const seed = seedOfRun()
  context.diagnostic(`seed ${seed}: WASAT_SEED=${seed} runs the same again`)
  const counts = { translated: 0, refused: 0 }
  let slowestMs = 0
  for (let number = 0; number < SAMPLES; number++) {
    const startedAtMs = performance.now()
    const verdict = await verdictOf(seed, number).catch((cause: unknown) => {
      throw new Error(`seed ${seed}, sample ${number}`, { cause })
    })
    slowestMs = Math.max(slowestMs, performance.now() - startedAtMs)
    counts[verdict]++
  }
  context.diagnostic(`${JSON.stringify(counts)}, the slowest ${slowestMs.toFixed(1)} ms`)
  assert.ok(slowestMs < SLOWEST_MS, `one took ${slowestMs.toFixed(0)} ms`)
  // Both ways are looked at, or the changes are too tame or too wild.
  assert.ok(counts.translated > SAMPLES / 50 && counts.translated < SAMPLES / 2, JSON.stringify(counts))
  assert.equal(Object.getOwnPropertyNames(Object.prototype).sort().join(), NAMES_OF_OBJECT)
})

async function verdictOf(seed: number, number: number): Promise<'translated' | 'refused'> {
  const [endpoint, goods] = ENDPOINTS[number % ENDPOINTS.length]!
  const door = number % 3 === 0 ? GOOGLES : OPENAIS
  try {
    const call = await callOf({ door, endpoint, body: damagedOf(goods, seed, number) })
    const { body, losses } = call.inGemini!(MODELS[number % MODELS.length] as string)
    assert.equal(typeof JSON.parse(body.toString()), 'object')
    for (const { path, reason } of losses ?? []) assert.equal(typeof path + typeof reason, 'stringstring')
    return 'translated'
  } catch (error) {
    isClear(refusedBy(error), door)
    return 'refused'
  }
}

function isClear(error: unknown, door: Door): void {
  const { status, text } = refusalOf(error, door)
  const body = JSON.parse(text)
  const { message } = (door === GOOGLES ? body[0] : body).error
  assert.ok(status >= 400 && status < 500 && message.length < 2_000, message)
  if (door === OPENAIS) assert.deepEqual(Object.keys(body.error), ['message', 'type', 'param', 'code'])
}
