/** What of a conversation the model still has to answer. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { textOf } from '../../translation/checks/contents.ts'
import {
  callsOf,
  type Exchange,
  pairUp,
  responsesOf,
  turnsOf,
  unanswered,
} from '../../translation/checks/turns.ts'
import { hasResponse } from './concern.ts'

type Content = GeminiMessage<'Content'>
type FunctionCall = GeminiMessage<'FunctionCall'>

/** The part of a conversation that the model still has to answer. */
export interface CurrentTurn {
  /** What the user asked at its beginning, and what came in text beside the responses. */
  readonly prompt: string
  /** Calls that were made for it, in order, with their responses. */
  readonly exchanges: readonly Exchange[]
  /** Whether the last turn is the user's. */
  readonly isOpen: boolean
}

export function currentTurn(contents: readonly Content[]): CurrentTurn {
  const turns = turnsOf(contents)
  const start = Math.max(
    0,
    turns.findLastIndex(({ role, contents: inside }) => role === 'user' && !inside.some(hasResponse)),
  )
  const texts: string[] = []
  const exchanges: Exchange[] = []
  let calls: readonly FunctionCall[] = []
  for (const turn of turns.slice(start)) {
    if (turn.role === 'model') {
      calls = callsOf(turn)
      exchanges.push(...(pairUp(calls, responsesOf(turn)) ?? []))
      calls = unanswered(calls, responsesOf(turn))
    } else {
      texts.push(...turn.contents.map(textOf))
      exchanges.push(...(pairUp(calls, responsesOf(turn)) ?? []))
      calls = []
    }
  }
  const prompt = texts.filter((text) => text !== '').join('\n')
  return { prompt, exchanges, isOpen: turns.at(-1)?.role === 'user' }
}
