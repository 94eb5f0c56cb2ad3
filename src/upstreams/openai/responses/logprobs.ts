/** Log probabilities, token by token: they look the same in both APIs. */
import type { CandidateComposer } from '../../translation/composer.ts'
import { type Json, numberOf, objectsOf, textOf } from './json.ts'

export function passLogprobs(logprobs: unknown, candidate: Pick<CandidateComposer, 'logprobs'>): void {
  const steps = objectsOf(logprobs)
  if (steps.length === 0) return
  candidate.logprobs(
    steps.map(candidateOf),
    steps.map((step) => ({ candidates: objectsOf(step.top_logprobs).map(candidateOf) })),
  )
}

function candidateOf(step: Json): object {
  return { token: textOf(step.token) ?? '', logProbability: numberOf(step.logprob) ?? 0 }
}
