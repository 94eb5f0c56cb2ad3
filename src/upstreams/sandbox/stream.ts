/** A composition cut into the chunks of a stream. */
import type { Candidate, GenerateContentResponse, Part } from '../../wire/gemini.ts'
import type { Composition } from './compose.ts'
import { createRandom, type Random } from './digest.ts'
import { type Draft, tallyDrafts, thoughtParts } from './draft.ts'
import type { Piece } from './piece.ts'
import { lastMembers } from './response.ts'
import { usageMetadata } from './usage.ts'

/** A fragment is a few words: so many tokens at least, and up to so many more. */
const FRAGMENT_TOKENS_MIN = 3
const FRAGMENT_TOKENS_SPREAD = 6
/** The first fragment is kept small, so that an answer of two tokens already comes in two chunks. */
const FIRST_FRAGMENT_TOKENS = 1

/** A piece of one candidate. */
interface Fragment {
  readonly part: Part | undefined
  /** Tokens of visible output in it. */
  readonly tokens: number
}

/** One candidate on its way out, one fragment ahead so that the last one is known. */
interface Queue {
  readonly draft: Draft
  readonly rest: Iterator<Fragment, void, undefined>
  next: Fragment
  isFirst: boolean
}

/** The chunks, in order: thoughts first, candidates in turn, running totals on each, everything on the last. */
export function* streamResponses(
  composition: Composition,
): Generator<GenerateContentResponse, void, undefined> {
  const { drafts, promptFeedback, given, envelope } = composition
  if (promptFeedback !== undefined) {
    const usage = usageMetadata(given, { candidatesTokens: 0, thoughtsTokens: 0, candidates: undefined })
    yield { promptFeedback, usageMetadata: usage, ...envelope }
    return
  }
  const seed = Buffer.from(envelope.responseId, 'base64url').readUInt32LE(0)
  let queues = drafts.map((draft) => queueOf(draft, seed + draft.index))
  let candidatesTokens = 0
  let thoughtsTokens = 0
  while (queues.length > 0) {
    const open: Queue[] = []
    for (const queue of queues) {
      const { draft, next: fragment, isFirst } = queue
      const isLast = !advance(queue)
      if (!isLast) open.push(queue)
      const isEnd = isLast && open.length === 0 && queue === queues.at(-1)
      candidatesTokens += fragment.tokens
      if (isFirst) thoughtsTokens += draft.thoughtsTokens
      const candidates = isEnd ? tallyDrafts(drafts) : undefined
      const usage = usageMetadata(given, { candidatesTokens, thoughtsTokens, candidates })
      yield { candidates: [candidateOf(draft, fragment, isFirst, isLast)], usageMetadata: usage, ...envelope }
    }
    queues = open
  }
}

function queueOf(draft: Draft, seed: number): Queue {
  const rest = fragments(draft, createRandom(seed))
  const first = rest.next()
  // A candidate without a word still has its end to tell.
  return { draft, rest, next: first.done ? { part: undefined, tokens: 0 } : first.value, isFirst: true }
}

/** False when there is nothing after the present fragment. */
function advance(queue: Queue): boolean {
  queue.isFirst = false
  const { value, done } = queue.rest.next()
  if (!done) queue.next = value
  return done !== true
}

function candidateOf(draft: Draft, { part }: Fragment, isFirst: boolean, isLast: boolean): Candidate {
  const content = part === undefined ? { role: 'model' } : { parts: [part], role: 'model' }
  const { finishReason, finishMessage, index, opening } = draft
  if (!isFirst && !isLast) return { content, index }
  return {
    content,
    ...(isLast && { finishReason, ...(finishMessage !== undefined && { finishMessage }) }),
    index,
    ...(isLast && lastMembers(draft)),
    ...(isFirst && opening),
  }
}

function* fragments({ pieces, thoughts }: Draft, random: Random): Generator<Fragment, void, undefined> {
  for (const part of thoughtParts(thoughts)) yield { part, tokens: 0 }
  for (const piece of pieces) {
    if (piece.ends === undefined) yield { part: piece.part, tokens: piece.tokens }
    else yield* textFragments(piece, piece.ends, random)
  }
}

/** A few tokens at a time; a signature follows the text in a fragment of its own, as Google sends it. */
function* textFragments(
  { part }: Piece,
  ends: readonly number[],
  random: Random,
): Generator<Fragment, void, undefined> {
  const { text = '', thoughtSignature, ...others } = part
  let start = 0
  let tokens = FIRST_FRAGMENT_TOKENS
  for (let done = 0; done < ends.length; ) {
    const next = Math.min(ends.length, done + tokens)
    const end = ends[next - 1]!
    yield { part: { ...others, text: text.slice(start, end) }, tokens: next - done }
    start = end
    done = next
    tokens = FRAGMENT_TOKENS_MIN + random.below(FRAGMENT_TOKENS_SPREAD)
  }
  if (thoughtSignature !== undefined) yield { part: { ...others, text: '', thoughtSignature }, tokens: 0 }
  else if (ends.length === 0) yield { part: { ...others, text }, tokens: 0 }
}
