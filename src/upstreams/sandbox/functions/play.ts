/** Plays function calls, and the answers that are made of their results. */
import type { Part } from '../../../wire/gemini.ts'
import { type Calling, readCalling } from '../../translation/checks/calling.ts'
import type { Random } from '../digest.ts'
import type { Play, Player, Scene } from '../play.ts'
import { CANDIDATE_LEADS } from '../text/phrases.ts'
import { makeArguments } from './arguments.ts'
import { bestOf, declinesFunctions, type Wish, wishesOf } from './choose.ts'
import { actionsFor } from './computer.ts'
import { type DeclaredFunction, readFunctions } from './functions.ts'
import { writeOutcome } from './outcome.ts'
import { SIGNED_SINCE_FAMILY } from './signatures.ts'
import { type CurrentTurn, currentTurn } from './turns.ts'

const ID_CHARS = 10
const ID_ALPHABET = [...'0123456789abcdefghijklmnopqrstuvwxyz']

interface NamedCall {
  readonly name: string
  readonly args: Record<string, unknown>
}

/**
 * Calls what the prompt asks for; when all of that was called, tells the results. Undefined when there is nothing to
 * call and nothing to tell, so that another player answers.
 */
export const functionPlayer: Player = (scene: Scene): Play | undefined => {
  const { request, model } = scene.generation
  const turn = currentTurn(request.contents ?? [])
  if (!turn.isOpen) return undefined
  const calling = readCalling(request.toolConfig, readFunctions(request.tools))
  const calls = callsFor(turn, calling, scene)
  if (calls.length > 0) {
    const hasId = model.family >= SIGNED_SINCE_FAMILY
    return {
      parts: calls.map((call) => partOf(call, hasId, scene.random)),
      finishReason: 'STOP',
      finishMessage: 'Model generated function call(s).',
    }
  }
  if (turn.exchanges.length === 0 || wantsNoText(scene)) return undefined
  return { parts: [{ text: `${CANDIDATE_LEADS[scene.index] ?? ''}${writeOutcome(turn.exchanges)}` }] }
}

function partOf({ name, args }: NamedCall, hasId: boolean, random: Random): Part {
  if (!hasId) return { functionCall: { name, args } }
  const id = Array.from({ length: ID_CHARS }, () => random.pick(ID_ALPHABET)).join('')
  return { functionCall: { id, name, args } }
}

function callsFor(turn: CurrentTurn, calling: Calling<DeclaredFunction>, scene: Scene): readonly NamedCall[] {
  const made = countCalls(turn)
  if (calling.mode !== 'NONE' && (calling.mode === 'ANY' || !declinesFunctions(turn.prompt))) {
    const wishes = nextWishes(turn.prompt, calling, made)
    if (wishes.length > 0) return callAll(wishes, scene.random)
    const action = nextAction(turn, scene)
    if (action !== undefined) return [action]
  }
  return []
}

/** How often each function was called since the user's words. */
function countCalls({ exchanges }: CurrentTurn): ReadonlyMap<string, number> {
  const made = new Map<string, number>()
  for (const { call } of exchanges) made.set(call.name ?? '', (made.get(call.name ?? '') ?? 0) + 1)
  return made
}

/**
 * What was asked for and not called yet, of the earliest stage. Each answer makes that fewer, so it comes to an end.
 * ANY goes on until each allowed function was called once: Google would never stop there, and neither would a client
 * that runs functions by itself.
 */
function nextWishes(
  prompt: string,
  { mode, allowed }: Calling<DeclaredFunction>,
  made: ReadonlyMap<string, number>,
): readonly Wish[] {
  if (allowed.length === 0) return []
  const left = new Map(made)
  const open = wishesOf(prompt, allowed).filter(({ called }) => {
    const count = left.get(called.name) ?? 0
    left.set(called.name, count - 1)
    return count <= 0
  })
  if (open.length > 0) return open.filter(({ stage }) => stage === open[0]!.stage)
  if (mode !== 'ANY') return []
  const uncalled = allowed.filter(({ name }) => !made.has(name))
  const called = made.size === 0 ? bestOf(prompt, uncalled) : uncalled[0]
  return called === undefined ? [] : [{ called, text: prompt, stage: 0 }]
}

/** Two calls that came out the same are one. */
function callAll(wishes: readonly Wish[], random: Random): readonly NamedCall[] {
  const calls = new Map<string, NamedCall>()
  for (const { called, text } of wishes) {
    const call = { name: called.name, args: makeArguments(called, text, random) }
    calls.set(JSON.stringify(call), call)
  }
  return [...calls.values()]
}

/** One step on the computer: as many are done as there were exchanges about it. */
function nextAction(turn: CurrentTurn, { generation, seed }: Scene): NamedCall | undefined {
  const actions = actionsFor(turn.prompt, generation.request.tools ?? [], seed)
  const names = new Set(actions.map(({ name }) => name))
  const done = turn.exchanges.filter(({ call }) => names.has(call.name ?? '')).length
  return actions[done]
}

/** Who wants JSON, or something else than text, gets it from another player. */
function wantsNoText({ generation: { request } }: Scene): boolean {
  const { responseMimeType, responseFormat = [], responseModalities = [] } = request.generationConfig ?? {}
  const isPlain = !responseMimeType || responseMimeType === 'text/plain'
  const isStructured = !isPlain || responseFormat.some(({ text }) => text !== undefined)
  return isStructured || (responseModalities.length > 0 && !responseModalities.includes('TEXT'))
}
