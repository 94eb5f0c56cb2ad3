/**
 * Calls and responses in a conversation: their order, their number, and which response answers which call.
 * Contents of one role in a row are one turn, so that parallel calls and their responses may be spread over several.
 */
import { type GatewayError, invalidField } from '../../../errors.ts'
import { snakeCase } from '../../../nouns/report.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { roleOf } from './contents.ts'

type Content = GeminiMessage<'Content'>
type FunctionCall = GeminiMessage<'FunctionCall'>
export type FunctionResponse = GeminiMessage<'FunctionResponse'>

/** A call and what the client made of it. */
export interface Exchange {
  readonly call: FunctionCall
  readonly response: FunctionResponse
}

export interface Turn {
  readonly role: 'user' | 'model'
  readonly contents: readonly Content[]
  /** Of its first content. */
  readonly path: string
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

/** An exchange, and who answered: the client in the next turn, or the model's own side within its turn. */
export interface Paired extends Exchange {
  readonly by: 'client' | 'server'
}

/** Every answered call of a conversation. Throws Google's 400 when calls and responses do not follow as they must. */
export function pairTurns(turns: readonly Turn[]): readonly Paired[] {
  const paired: Paired[] = []
  let pending: readonly FunctionCall[] = []
  turns.forEach((turn, index) => {
    const calls = callsOf(turn)
    const responses = responsesOf(turn)
    // A user does not call, and a conversation does not begin with a call.
    if (calls.length > 0 && (turn.role === 'user' || index === 0)) throw refusal(CALL_PLACE, turn)
    if (turn.role === 'model') {
      for (const exchange of served(calls, responses)) paired.push({ ...exchange, by: 'server' })
      pending = unanswered(calls, responses)
      return
    }
    if (responses.length > 0 && pending.length === 0) throw refusal(RESPONSE_PLACE, turn)
    if (responses.length !== pending.length) throw refusal(RESPONSE_COUNT, turn)
    if (responses.length === 0) return
    const exchanges = pairUp(pending, responses)
    if (exchanges === undefined) throw refusal(RESPONSE_ID, turn)
    for (const exchange of exchanges) paired.push({ ...exchange, by: 'client' })
    pending = []
  })
  if (pending.length > 0) throw refusal(RESPONSE_COUNT, turns.at(-1))
  return paired
}

/** The same of a conversation that need not be whole: what has no partner is left out. */
export function pairLoosely(turns: readonly Turn[]): readonly Paired[] {
  const paired: Paired[] = []
  let pending: readonly FunctionCall[] = []
  for (const turn of turns) {
    const calls = callsOf(turn)
    const responses = responsesOf(turn)
    const isModel = turn.role === 'model'
    const exchanges = isModel ? served(calls, responses) : (pairUp(pending, responses) ?? [])
    for (const exchange of exchanges) paired.push({ ...exchange, by: isModel ? 'server' : 'client' })
    pending = isModel ? unanswered(calls, responses) : []
  }
  return paired
}

/** `pathOf` gives a content's path. Throws for a role that there is not. */
export function turnsOf(
  contents: readonly Content[],
  pathOf: (index: number) => string = (index) => `contents[${index}]`,
): readonly Turn[] {
  const turns: { role: 'user' | 'model'; contents: Content[]; path: string }[] = []
  contents.forEach((content, index) => {
    const path = pathOf(index)
    const role = roleOf(content, path)
    const last = turns.at(-1)
    if (last?.role === role) last.contents.push(content)
    else turns.push({ role, contents: [content], path })
  })
  return turns
}

export function callsOf({ contents }: Pick<Turn, 'contents'>): readonly FunctionCall[] {
  return contents.flatMap(({ parts = [] }) => parts.flatMap(({ functionCall }) => functionCall ?? []))
}

export function responsesOf({ contents }: Pick<Turn, 'contents'>): readonly FunctionResponse[] {
  return contents.flatMap(({ parts = [] }) => parts.flatMap(({ functionResponse }) => functionResponse ?? []))
}

/** What the model's side called for itself, it has answered in its own turn. */
function served(calls: readonly FunctionCall[], responses: readonly FunctionResponse[]): readonly Exchange[] {
  return responses.length === 0 ? [] : (pairUp(calls, responses) ?? [])
}

/** Calls of a model's turn that wait for the client. */
export function unanswered(
  calls: readonly FunctionCall[],
  responses: readonly FunctionResponse[],
): readonly FunctionCall[] {
  if (responses.length === 0) return calls
  const answered = new Set(served(calls, responses).map(({ call }) => call))
  return calls.filter((call) => !answered.has(call))
}

/**
 * Each response with its call: by id, else by name, else in order. Undefined when a response's id is of no call.
 * Ids mean nothing when the calls have none: some clients invent them for their own books.
 */
export function pairUp(
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

function refusal(text: string, turn: Turn | undefined): GatewayError {
  return invalidField(snakeCase(turn?.path ?? 'contents'), text)
}
