/** Looks for a request within what the sandbox documents whose answer breaks a law. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { JsonObject } from '../../src/upstreams/sandbox/schema/arbitrary.fixture.ts'
import type { GenerateContentResponse } from '../../src/wire/gemini.ts'
import { obeysAll, partsOf, saysTheSame } from './laws.ts'
import { type Generations, requests, type Sample } from './requests.ts'
import { ask, askOnce } from './rig.ts'

const COUNTED_RUNS = 300

/** Every law, for so many random requests to models of these generations. */
export async function checkLaws(generations: Generations, runs: number): Promise<void> {
  let calls = 0
  await fc.assert(
    fc.asyncProperty(requests(generations), async (sample) => {
      const answer = await askOnce(sample)
      obeysAll(sample, answer)
      saysTheSame(await ask('streamGenerateContent', sample), answer)
      assert.deepEqual(await askOnce(sample), answer, 'the same request has the same answer')
      const next = afterCalls(sample, answer)
      if (next === undefined) return
      calls++
      obeysAll(next, await askOnce(next))
    }),
    { numRuns: runs },
  )
  assert.ok(calls > runs / 50, `only ${calls} answers with calls`)
}

/** The next request of a client that did what the first candidate asked for; undefined when it asked for nothing. */
function afterCalls({ model, body }: Sample, answer: GenerateContentResponse): Sample | undefined {
  const content = answer.candidates?.[0]?.content
  const calls = partsOf({ ...(content && { content }) }).flatMap(({ functionCall }) => functionCall ?? [])
  if (calls.length === 0) return undefined
  const results = calls.map(({ id, name }) => ({
    functionResponse: { ...(id && { id }), name, response: { result: 'done', degrees: 12 } },
  }))
  const contents = [...(body.contents as JsonObject[]), content, { role: 'user', parts: results }]
  return { model, body: JSON.parse(JSON.stringify({ ...body, contents })) as JsonObject }
}

export async function checkCounts(generations: Generations): Promise<void> {
  await fc.assert(
    fc.asyncProperty(requests(generations), async ({ model, body }) => {
      const generateContentRequest = { model: `models/${model}`, ...body }
      const [count] = await ask('countTokens', { model, body: { generateContentRequest } })
      const { usageMetadata } = await askOnce({ model, body })
      assert.equal(count?.totalTokens, usageMetadata?.promptTokenCount ?? 0)
    }),
    { numRuns: COUNTED_RUNS },
  )
}
