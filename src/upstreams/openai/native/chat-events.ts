/** The chunks of a streamed chat completion. */
import type { Reading } from '../../../nouns.ts'
import { type Json, textOf } from '../responses/json.ts'
import { CHAT, choicesOf, isFinished } from './chat-words.ts'
import type { EventWords } from './event-words.ts'
import type { Fate } from './framing.ts'
import { anyIn, Mark, type Print, printOf } from './marks.ts'

/** A reason that is none is `null`, and so is usage that is not there yet. */
const WORDS = {
  compact: ['"error"', '"finish_reason":"', '"usage":{'],
  spaced: ['"error"', '"finish_reason": "', '"usage": {'],
  odd: [],
} as const satisfies Record<Print, readonly string[]>

export interface ChatEventsOptions {
  readonly candidateCount: number
  /** Whether the chunk that holds nothing but usage is there for us alone. */
  readonly hasAddedUsage: boolean
}

export function chatEvents({ candidateCount, hasAddedUsage }: ChatEventsOptions): EventWords {
  let print: Print | undefined
  let marks: readonly Mark[] = []
  const begun = new Set<unknown>()
  const finished = new Set<unknown>()
  let usage: Reading['usage']
  let reason: string | undefined
  let model: string | undefined

  /** From the first event: one server prints all of them in one way. */
  function learnPrint(event: Buffer): Print {
    const learnt = printOf(event)
    marks = WORDS[learnt].map((word) => new Mark(word))
    return learnt
  }

  function take(document: Json): Fate {
    for (const choice of choicesOf(document)) {
      begun.add(choice.index ?? 0)
      if (isFinished(choice)) finished.add(choice.index ?? 0)
    }
    const told = CHAT.usageOf(document)
    usage = told ?? usage
    reason = CHAT.finishReasonOf(document) ?? reason
    model ??= textOf(document.model)
    const { choices } = document
    const isUsageOnly = told !== undefined && Array.isArray(choices) && choices.length === 0
    return hasAddedUsage && isUsageOnly ? 'out' : 'pass'
  }

  return {
    ...CHAT,
    endsWithDone: true,
    // Of several choices each is followed to its own end.
    matters: (buffer, start, end) => {
      print ??= learnPrint(buffer.subarray(start, end))
      return candidateCount > 1 || print === 'odd' || anyIn(marks, buffer, start, end)
    },
    mayHaveText: () => true,
    isText: () => true,
    take,
    get isComplete() {
      return finished.size > 0 && finished.size === begun.size
    },
    reading: () => ({ usage, finishReason: reason, modelVersion: model }),
  }
}
