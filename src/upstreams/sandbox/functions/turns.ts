/**
 * Calls and responses in a conversation: their order, their number, and which response answers which call.
 * Contents of one role in a row are one turn, so that parallel calls and their responses may be spread over several.
 */
import { GatewayError } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { roleOf, textOf } from '../contents.ts'
import { hasResponse } from './concern.ts'

type Content = GeminiMessage<'Content'>
type FunctionCall = GeminiMessage<'FunctionCall'>
export type FunctionResponse = GeminiMessage<'FunctionResponse'>

/** A call and what the client made of it. */
export interface Exchange {
  readonly call: FunctionCall
  readonly response: FunctionResponse
}

interface Turn {
  readonly role: 'user' | 'model'
  readonly contents: readonly Content[]
}

const CALL_PLACE =
  'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
const RESPONSE_PLACE =
  'Please ensure that function response turn comes immediately after a function call turn.'
const RESPONSE_COUNT =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the ' +
  'function call turn.'
const RESPONSE_ID =
  'Please ensure that the id of each function response part matches the id of one function call part of the ' +
  'function call turn.'

/** Throws Google's 400 when calls and responses do not follow one another as they must. */
export function checkTurns(contents: readonly Content[]): void {
  let pending: readonly FunctionCall[] = []
  turnsOf(contents).forEach((turn, index) => {
    const calls = callsOf(turn)
    const responses = responsesOf(turn)
    // A user does not call, and a conversation does not begin with a call.
    if (calls.length > 0 && (turn.role === 'user' || index === 0)) throw refusal(CALL_PLACE)
    if (turn.role === 'model') {
      pending = unanswered(calls, responses)
      return
    }
    if (responses.length > 0 && pending.length === 0) throw refusal(RESPONSE_PLACE)
    if (responses.length !== pending.length) throw refusal(RESPONSE_COUNT)
    if (pairUp(pending, responses) === undefined) throw refusal(RESPONSE_ID)
    pending = []
  })
  if (pending.length > 0) throw refusal(RESPONSE_COUNT)
}

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

function turnsOf(contents: readonly Content[]): readonly Turn[] {
  const turns: { role: 'user' | 'model'; contents: Content[] }[] = []
  contents.forEach((content, index) => {
    const role = roleOf(content, `contents[${index}]`)
    const last = turns.at(-1)
    if (last?.role === role) last.contents.push(content)
    else turns.push({ role, contents: [content] })
  })
  return turns
}

function callsOf({ contents }: Turn): readonly FunctionCall[] {
  return contents.flatMap(({ parts = [] }) => parts.flatMap(({ functionCall }) => functionCall ?? []))
}

function responsesOf({ contents }: Turn): readonly FunctionResponse[] {
  return contents.flatMap(({ parts = [] }) => parts.flatMap(({ functionResponse }) => functionResponse ?? []))
}

/** Calls that the model's own turn has no response to: what a server called for itself, it has answered itself. */
function unanswered(
  calls: readonly FunctionCall[],
  responses: readonly FunctionResponse[],
): readonly FunctionCall[] {
  if (responses.length === 0) return calls
  const answered = new Set((pairUp(calls, responses) ?? []).map(({ call }) => call))
  return calls.filter((call) => !answered.has(call))
}

/**
 * Each response with its call: by id, else by name, else in order. Undefined when a response's id is of no call.
 * Ids mean nothing when the calls have none: some clients invent them for their own books.
 */
function pairUp(
  calls: readonly FunctionCall[],
  responses: readonly FunctionResponse[],
): readonly Exchange[] | undefined {
  const open = new Calls(calls)
  const taken = new Map<FunctionResponse, FunctionCall>()
  if (calls.some(({ id }) => id)) {
    for (const response of responses) {
      if (!response.id) continue
      const call = open.takeById(response.id)
      if (call === undefined) return undefined
      taken.set(response, call)
    }
  }
  for (const response of responses) {
    const call = taken.has(response) ? undefined : open.takeByName(response.name ?? '')
    if (call !== undefined) taken.set(response, call)
  }
  for (const response of responses) {
    const call = taken.has(response) ? undefined : open.takeNext()
    if (call !== undefined) taken.set(response, call)
  }
  return responses.flatMap((response) => {
    const call = taken.get(response)
    return call === undefined ? [] : [{ call, response }]
  })
}

/** Calls that wait for their response; every way of taking one is in constant time on the average. */
class Calls {
  readonly #open: Set<FunctionCall>
  readonly #byId: ReadonlyMap<string, readonly FunctionCall[]>
  readonly #byName: ReadonlyMap<string, readonly FunctionCall[]>
  readonly #read = new Map<readonly FunctionCall[], number>()

  constructor(calls: readonly FunctionCall[]) {
    this.#open = new Set(calls)
    this.#byId = Map.groupBy(calls, ({ id = '' }) => id)
    this.#byName = Map.groupBy(calls, ({ name = '' }) => name)
  }

  takeById(id: string): FunctionCall | undefined {
    return this.#takeFrom(this.#byId.get(id))
  }

  takeByName(name: string): FunctionCall | undefined {
    return this.#takeFrom(this.#byName.get(name))
  }

  takeNext(): FunctionCall | undefined {
    const [call] = this.#open
    if (call !== undefined) this.#open.delete(call)
    return call
  }

  #takeFrom(calls: readonly FunctionCall[] | undefined): FunctionCall | undefined {
    if (calls === undefined) return undefined
    let index = this.#read.get(calls) ?? 0
    while (index < calls.length && !this.#open.has(calls[index]!)) index++
    this.#read.set(calls, index)
    const call = calls[index]
    if (call !== undefined) this.#open.delete(call)
    return call
  }
}

function refusal(text: string): GatewayError {
  return new GatewayError('invalid_argument', text)
}
