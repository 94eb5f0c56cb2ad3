import assert from 'node:assert/strict'
import { it } from 'node:test'
import { asking, stream, textOfCandidate, unary } from './testing.fixture.ts'

const MODEL = 'gemini-2.5-flash'

interface Likely {
  token: string
  tokenId: number
  logProbability: number
}

it('[LOGP-01] every answer has an average, a stream with its last chunk', async () => {
  const answer = await unary(MODEL, asking('Hello'))
  const average = answer.candidates?.[0]?.avgLogprobs as number
  assert.ok(average < 0 && average > -2)
  const chunks = await stream(MODEL, asking('Hello'))
  const averages = chunks.map(({ candidates }) => candidates?.[0]?.avgLogprobs)
  assert.equal(averages.at(-1), average)
  assert.ok(averages.slice(0, -1).every((value) => value === undefined))
})

it('[LOGP-02] responseLogprobs lists every token of the text, and as many runners-up as asked for', async () => {
  for (const logprobs of [1, 5, 20]) {
    const answer = await unary(
      MODEL,
      asking('Explain tides', { generationConfig: { responseLogprobs: true, logprobs } }),
    )
    const [candidate] = answer.candidates ?? []
    const result = candidate?.logprobsResult as {
      logProbabilitySum: number
      chosenCandidates: Likely[]
      topCandidates: { candidates: Likely[] }[]
    }
    const { chosenCandidates, topCandidates } = result
    assert.equal(chosenCandidates.map(({ token }) => token).join(''), textOfCandidate([answer]))
    assert.equal(chosenCandidates.length, answer.usageMetadata?.candidatesTokenCount)
    const sum = chosenCandidates.reduce((total, { logProbability }) => total + logProbability, 0)
    assert.ok(Math.abs(sum - result.logProbabilitySum) < 1e-9)
    assert.ok(Math.abs(sum / chosenCandidates.length - (candidate?.avgLogprobs as number)) < 1e-9)
    topCandidates.forEach(({ candidates }, at) => {
      assert.equal(candidates.length, logprobs)
      assert.deepEqual(candidates[0], chosenCandidates[at])
      assert.equal(new Set(candidates.map(({ token }) => token)).size, logprobs)
      const falling = candidates.every(
        ({ logProbability }, rank) => rank === 0 || logProbability < candidates[rank - 1]!.logProbability,
      )
      assert.ok(falling)
    })
  }
})
