/** Plays a golden case and says where it went otherwise. */
import type { Upstream } from '../../src/nouns.ts'
import { ask, libraryOf, newSeals, type Outcome, upstreamFor } from './ask.ts'
import { type GoldenCase, type Json, type Step, stepsOf } from './case.ts'
import { type Bindings, differences, filled } from './match.ts'
import type { Provider, Received } from './provider.ts'

/** What came of one step, in the words of the file. */
export interface Played {
  readonly sent: readonly Received[]
  readonly outcome: Outcome
  readonly differences: readonly string[]
}

/** Every step of the case in order; signatures and names that one hands out are given back in the next. */
export async function play(golden: GoldenCase, provider: Provider): Promise<readonly Played[]> {
  const bindings: Bindings = new Map()
  const seals = newSeals()
  const upstreams: Upstream[] = []
  const played: Played[] = []
  try {
    for (const step of stepsOf(golden)) {
      const upstream = upstreamFor(step.target, provider.origin, libraryOf(step), seals)
      upstreams.push(upstream)
      provider.expect(step.reply)
      const outcome = await ask(upstream, { ...step, request: filled(step.request, bindings) })
      const sent = [...provider.received]
      played.push({ sent, outcome, differences: compare(step, sent, outcome, bindings) })
    }
  } finally {
    await Promise.all(upstreams.map((upstream) => upstream.destroy()))
  }
  return played
}

function compare(step: Step, sent: readonly Received[], outcome: Outcome, bindings: Bindings): string[] {
  const expectedSent = step.sent.map(({ path, headers = {}, body }) => ({ path, headers, body }))
  const actualSent = sent.map(({ path, headers, body }, index) => ({
    path,
    headers: picked(headers, Object.keys(step.sent[index]?.headers ?? {})),
    body,
  }))
  const isStream = Array.isArray(step.answer)
  const expected = isStream ? streamed(step.answer as readonly Json[]) : step.answer
  const actual = isStream
    ? streamed(outcome.chunks)
    : outcome.chunks.length === 1
      ? outcome.chunks[0]
      : outcome.chunks
  return [
    ...differences(expectedSent, actualSent, bindings, 'sent'),
    ...differences(expected, actual, bindings, 'answer'),
    ...differences(inOrder(step.translation ?? []), inOrder(outcome.losses), bindings, 'translation'),
  ]
}

function picked(headers: Received['headers'], names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, headers[name]]))
}

/** Running totals count only in the last chunk; who has them earlier may tell them. */
function streamed(chunks: readonly Json[]): Json {
  const told = chunks.map((chunk, index) => {
    if (index === chunks.length - 1) return chunk as Chunk
    const { usageMetadata: _, ...rest } = chunk as Chunk
    return rest
  })
  const isMixed = told.some(({ candidates }) => candidates?.some(({ index }) => index !== 0))
  return isMixed ? byCandidate(told) : told
}

type Chunk = { readonly [member: string]: Json } & {
  readonly candidates?: readonly ({ readonly [member: string]: Json } & { readonly index: number })[]
}

/** Candidates that are asked for one by one come in whatever order; each has its own. */
function byCandidate(chunks: readonly Chunk[]): Json {
  const candidates = chunks.flatMap((chunk) => chunk.candidates ?? [])
  const rest = chunks.map(({ candidates: _, ...others }) => others)
  return { candidates: candidates.toSorted((a, b) => a.index - b.index), ...Object.assign({}, ...rest) }
}

function inOrder(losses: readonly { readonly path: string; readonly kind: string }[]): object[] {
  return losses
    .map(({ path, kind }) => ({ path, kind }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
