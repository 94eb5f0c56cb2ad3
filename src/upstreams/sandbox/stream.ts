/** A composition cut into the chunks of a stream, and the push source that hands chunks out. */

import type { Sink, Source } from '../../nouns.ts'
import type { GenerateContentResponse, Part } from '../../wire/gemini.ts'
import { createRandom } from './digest.ts'
import type { Composition, Draft } from './response.ts'
import { usageMetadata } from './usage.ts'

/** A fragment is a few words: so many tokens at least, and up to so many more. */
const FRAGMENT_TOKENS_MIN = 3
const FRAGMENT_TOKENS_SPREAD = 6
/** The first fragment is kept small, so that an answer of two tokens already comes in two chunks. */
const FIRST_FRAGMENT_TOKENS = 1

/** A piece of one candidate. */
interface Fragment {
  readonly draft: Draft
  readonly part: Part | undefined
  /** Tokens of visible output in it. */
  readonly tokens: number
  readonly last: boolean
}

/** The chunks, in order: thoughts first, candidates in turn, running totals on each, everything on the last. */
export function* streamResponses(
  composition: Composition,
): Generator<GenerateContentResponse, void, undefined> {
  const { drafts, prompt, serviceTier, envelope } = composition
  const seed = Buffer.from(envelope.responseId, 'base64url').readUInt32LE(0)
  let queues = drafts.map((draft) => fragments(draft, seed + draft.index))
  let candidatesTokens = 0
  const begun = new Set<number>()
  let thoughtsTokens = 0
  while (queues.length > 0) {
    const open: typeof queues = []
    for (const queue of queues) {
      const { draft, part, tokens, last } = queue.next().value as Fragment
      if (!last) open.push(queue)
      const final = last && open.length === 0 && queue === queues.at(-1)
      candidatesTokens += tokens
      if (!begun.has(draft.index)) thoughtsTokens += draft.thoughtsTokens
      begun.add(draft.index)
      const usage = usageMetadata({ prompt, candidatesTokens, thoughtsTokens, serviceTier, final })
      const content = part === undefined ? { role: 'model' } : { parts: [part], role: 'model' }
      const candidate = { content, ...(last && { finishReason: draft.finishReason }), index: draft.index }
      yield { candidates: [candidate], usageMetadata: usage, ...envelope }
    }
    queues = open
  }
}

function* fragments(draft: Draft, seed: number): Generator<Fragment, void, undefined> {
  const { text, ends, thoughts, finishReason } = draft
  if (thoughts !== undefined) {
    const last = text === '' && finishReason === 'MAX_TOKENS'
    yield { draft, part: { text: thoughts, thought: true }, tokens: 0, last }
    if (last) return
  }
  if (ends.length === 0) {
    yield { draft, part: finishReason === 'STOP' ? { text } : undefined, tokens: 0, last: true }
    return
  }
  const random = createRandom(seed)
  let start = 0
  let tokens = FIRST_FRAGMENT_TOKENS
  for (let done = 0; done < ends.length; ) {
    const next = Math.min(ends.length, done + tokens)
    const end = ends[next - 1]!
    yield { draft, part: { text: text.slice(start, end) }, tokens: next - done, last: next === ends.length }
    start = end
    done = next
    tokens = FRAGMENT_TOKENS_MIN + random.below(FRAGMENT_TOKENS_SPREAD)
  }
}

/**
 * A source over responses that are made one by one, as the sink takes them. Nothing waits: `start` and `resume` push
 * until the sink pauses or the end. With `single`, the only response rides on the end.
 */
export function createSource(
  responses: Iterator<GenerateContentResponse>,
  single: boolean,
  observe: (response: GenerateContentResponse) => void,
): Source {
  let sink: Sink | undefined
  let paused = false
  let ended = false
  let pushing = false
  const pushOne = (to: Sink): void => {
    const { value, done } = responses.next()
    ended = done === true || single
    if (done) return to.end()
    observe(value)
    if (single) to.end({ response: value })
    else to.chunk({ response: value })
  }
  const push = (): void => {
    // A sink may pause and resume inside `chunk`: the loop that is running goes on, no second one is nested in it.
    if (pushing || sink === undefined) return
    pushing = true
    try {
      while (!paused && !ended) pushOne(sink)
    } finally {
      pushing = false
    }
  }
  return {
    start(to) {
      sink = to
      push()
    },
    pause() {
      paused = true
    },
    resume() {
      paused = false
      push()
    },
    cancel() {
      ended = true
    },
  }
}
