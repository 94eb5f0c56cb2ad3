/** Generated input through every reader of requests, in this process. Over a socket: `meaning.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleOf, seedOfRun } from './generate.ts'
import { readWhole } from './reading.ts'

const SAMPLES = Number(process.env.CORPUS_GENERATED ?? 20_000)
/** Of half a megabyte at most. On a busy machine the longest of many turns is not all ours. */
const SLOWEST_MS = 250
const NAMES_OF_OBJECT = Object.getOwnPropertyNames(Object.prototype).sort().join()

test(`[NEV-52] ${SAMPLES} damaged requests are read or refused, and nothing else`, async (context) => {
  const seed = seedOfRun()
  context.diagnostic(`seed ${seed}: WASAT_SEED=${seed} runs the same again`)
  const refusals = new Map<string, number>()
  let slowestMs = 0
  for (let number = 0; number < SAMPLES; number++) {
    const sample = sampleOf(seed, number)
    const startedAtMs = performance.now()
    const refusal = await readWhole(sample).catch((error: unknown) => {
      throw new Error(
        `seed ${seed}, sample ${number}: ${JSON.stringify(sample.body.toString('latin1').slice(0, 2_000))}`,
        {
          cause: error,
        },
      )
    })
    slowestMs = Math.max(slowestMs, performance.now() - startedAtMs)
    const kind = refusal?.code ?? 'read'
    refusals.set(kind, (refusals.get(kind) ?? 0) + 1)
  }
  context.diagnostic(
    `${JSON.stringify(Object.fromEntries(refusals))}, the slowest ${slowestMs.toFixed(1)} ms`,
  )
  assert.ok(slowestMs < SLOWEST_MS, `one took ${slowestMs.toFixed(0)} ms`)
  // Both ways are looked at, or the changes are too tame or too wild.
  const taken = refusals.get('read') ?? 0
  assert.ok(taken > SAMPLES / 50 && taken < SAMPLES / 2, `${taken} of ${SAMPLES} were taken`)
  assert.equal(Object.getOwnPropertyNames(Object.prototype).sort().join(), NAMES_OF_OBJECT)
})

test('[NEV-52] a sample is its seed and number alone', () => {
  for (const number of [0, 1, 99]) assert.deepEqual(sampleOf(7, number), sampleOf(7, number))
  assert.notDeepEqual(sampleOf(7, 1).body, sampleOf(8, 1).body)
})
