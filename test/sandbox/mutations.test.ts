/** No request, however wrong, brings anything but an answer or a refusal in Google's shape. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.ts'
import { addsUp } from './laws.ts'
import { brokenRequests } from './mutations.ts'
import type { Sample } from './requests.ts'
import { ask } from './rig.ts'

const RUNS = 5_000
const SLOWEST_MS = 2_000
const REFUSALS = [400, 403, 404]

test('[LAW-04] any broken request is answered or refused as Google refuses, within two seconds', async () => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(brokenRequests(), fc.boolean(), async (sample, isStreamed) => {
      const startedAtMs = performance.now()
      const isRefused = await isRefusedRightly(sample, isStreamed)
      const passedMs = performance.now() - startedAtMs
      assert.ok(passedMs < SLOWEST_MS, `it took ${Math.round(passedMs)} ms`)
      if (isRefused) refused++
    }),
    { numRuns: RUNS },
  )
  // Both ways are looked at, or the changes are too tame or too wild.
  assert.ok(refused > RUNS / 10 && refused < RUNS * 0.95, `${refused} of ${RUNS} were refused`)
})

async function isRefusedRightly(sample: Sample, isStreamed: boolean): Promise<boolean> {
  try {
    const responses = await ask(isStreamed ? 'streamGenerateContent' : 'generateContent', sample)
    const last = responses.at(-1)
    assert.ok(last !== undefined)
    if (!isStreamed) addsUp(last)
    assert.ok(JSON.stringify(responses).isWellFormed())
    return false
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    assert.ok(REFUSALS.includes(error.http), `${error.http} ${error.message}`)
    assert.notEqual(error.message, '')
    for (const detail of error.details)
      assert.match(String((detail as Record<string, unknown>)['@type']), /^type\./)
    return true
  }
}
