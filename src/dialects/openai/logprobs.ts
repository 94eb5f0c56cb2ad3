/** How likely each token was. */
import type { Candidate } from '../../wire/gemini.ts'
import { isObject, type Json } from './values.ts'

/** As a choice of a chat has them. */
export function choiceLogprobsOf(candidate: Candidate): Json | undefined {
  const content = tokensOf(candidate)
  return content && { content, refusal: null }
}

/** One for each token of the answer that this piece has. */
export function tokensOf({ logprobsResult }: Candidate): readonly Json[] | undefined {
  if (!isObject(logprobsResult)) return undefined
  const { chosenCandidates, topCandidates } = logprobsResult
  const chosen = Array.isArray(chosenCandidates) ? chosenCandidates : []
  const tops = Array.isArray(topCandidates) ? topCandidates : []
  return chosen.map((token, position) => ({
    ...tokenOf(token),
    top_logprobs: (tops[position]?.candidates ?? []).map(tokenOf),
  }))
}

function tokenOf({ token = '', logProbability = 0 }: { token?: string; logProbability?: number }): Json {
  return { token, logprob: logProbability, bytes: [...Buffer.from(token)] }
}
