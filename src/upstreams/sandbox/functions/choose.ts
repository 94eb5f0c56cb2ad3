/** Which functions a prompt asks for: words of the prompt against the names, parameters and descriptions. */
import { normalise } from '../text/prompt.ts'
import type { DeclaredFunction } from './functions.ts'
import { variantsOf } from './variants.ts'
import { type Words, wordsOf } from './words.ts'

/** A call that the prompt asks for. */
export interface Wish {
  readonly called: DeclaredFunction
  /** The words that its arguments come from. */
  readonly text: string
  /** Calls of stage 1 wait for the responses of stage 0. */
  readonly stage: number
}

/** Calls for one prompt. */
const WISHES_MAX = 16
/** Pieces of a prompt that are looked at one by one. */
const FRAGMENTS_MAX = 32
const DESCRIPTION_CHARS_MAX = 300

/** One clear word of the function's name is enough; its description alone is not. */
const SCORE_MIN = 3
/** Who wants a poem about the weather does not want the weather. */
const SCORE_MIN_CREATIVE = 6
const SCORE_NAMED = 10
const SCORE_NAME_WORD = 3
const SCORE_ACTION = 1.5
const SCORE_WHOLE_NAME = 1.5
const SCORE_PARAMETER = 1.5
const SCORE_PLACE = 1
const SCORE_DESCRIPTION_MAX = 2
const SCORE_OTHER_ACTION = -3

const CREATIVE = /\b(?:poem|haiku|story|essay|joke|limerick|song lyrics|novel|article)\b/i
const DECLINED = /\b(?:without|don't|do not|never)\b.{0,30}\b(?:tools?|functions?)\b/i
const PLACE_PHRASE = / (?:in|near|at|for) \p{Lu}\p{L}/u
const PLACE_PARAMETER = /^(?:location|city|place|town|address|country|region|where|destination)$/i

/** Actions that exclude each other. */
const CONFLICTING = ['make', 'remove', 'change', 'send'] as const

interface Profile {
  readonly called: DeclaredFunction
  readonly name: Words
  readonly parameters: Words
  readonly description: Words
  readonly hasPlace: boolean
}

const profiles = new WeakMap<DeclaredFunction, Profile>()

function profileOf(called: DeclaredFunction): Profile {
  const known = profiles.get(called)
  if (known !== undefined) return known
  const profile = {
    called,
    name: wordsOf(called.name),
    parameters: wordsOf(called.parameters.map(({ name }) => name).join(' ')),
    description: wordsOf(called.description.slice(0, DESCRIPTION_CHARS_MAX)),
    hasPlace: called.parameters.some(({ name }) => PLACE_PARAMETER.test(name)),
  }
  profiles.set(called, profile)
  return profile
}

/** Whether somebody who says this wants no function at all. */
export function declinesFunctions(prompt: string): boolean {
  return DECLINED.test(prompt)
}

/** The calls that a prompt clearly asks for, in its own order; empty when it asks for none. */
export function wishesOf(prompt: string, functions: readonly DeclaredFunction[]): readonly Wish[] {
  const text = normalise(prompt)
  const scoreMin = CREATIVE.test(text) ? SCORE_MIN_CREATIVE : SCORE_MIN
  let clauses = clausesOf(text, functions, scoreMin)
  if (clauses.length === 0) {
    const best = bestFor(text, functions)
    if (best !== undefined && best.score >= scoreMin) clauses = [{ called: best.called, text, stage: 0 }]
  }
  return clauses
    .flatMap(({ called, text: clause, stage }) =>
      variantsOf(clause, called.parameters).map((variant) => ({ called, text: variant, stage })),
    )
    .slice(0, WISHES_MAX)
}

/** The function that fits best, however badly: for when one must be called. The first one when none fits better. */
export function bestOf(prompt: string, functions: readonly DeclaredFunction[]): DeclaredFunction | undefined {
  return bestFor(normalise(prompt), functions)?.called
}

function bestFor(
  text: string,
  functions: readonly DeclaredFunction[],
): { called: DeclaredFunction; score: number } | undefined {
  const words = wordsOf(text)
  const literal = literalWordsOf(text)
  const hasPlace = PLACE_PHRASE.test(text)
  let best: { called: DeclaredFunction; score: number } | undefined
  for (const called of functions) {
    const score = scoreOf(profileOf(called), words, literal, hasPlace)
    if (best === undefined || score > best.score) best = { called, score }
  }
  return best
}

function scoreOf(profile: Profile, prompt: Words, literal: ReadonlySet<string>, hasPlace: boolean): number {
  const { name, parameters, description, called } = profile
  if (literal.has(called.name)) return SCORE_NAMED
  const things = common(name.things, prompt.things)
  const actions = common(name.actions, prompt.actions)
  let score = things * SCORE_NAME_WORD + actions * SCORE_ACTION
  const size = name.things.size + name.actions.size
  // Of a name that is only a verb, such as `search`, the verb itself must be there: `list` would not do.
  const isSaid = things > 0 || common(name.verbs, prompt.verbs) > 0
  if (isSaid && things + actions === size) score += SCORE_WHOLE_NAME
  for (const word of parameters.things) {
    if (!name.things.has(word) && prompt.things.has(word)) score += SCORE_PARAMETER
  }
  let described = common(description.actions, prompt.actions)
  for (const word of description.things) {
    if (!name.things.has(word) && !parameters.things.has(word) && prompt.things.has(word)) described++
  }
  score += Math.min(SCORE_DESCRIPTION_MAX, described)
  if (score > 0 && hasPlace && profile.hasPlace) score += SCORE_PLACE
  return score + (conflicts(name, prompt) ? SCORE_OTHER_ACTION : 0)
}

function common(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0
  for (const word of some) if (others.has(word)) count++
  return count
}

function conflicts(name: Words, prompt: Words): boolean {
  const wanted = CONFLICTING.filter((action) => prompt.actions.has(action))
  const done = CONFLICTING.filter((action) => name.actions.has(action))
  return wanted.length > 0 && done.length > 0 && !done.some((action) => wanted.includes(action))
}

/** Words that can only be a function's name, and quoted or commanded ones: `call f`, `` `f` ``, `use get_x`. */
function literalWordsOf(text: string): ReadonlySet<string> {
  const words = new Set<string>()
  for (const [word] of text.matchAll(/[A-Za-z_][A-Za-z0-9_:-]*(?:\.[A-Za-z0-9_:-]+)*/g)) {
    if (/[_:]|[a-z][A-Z]/.test(word)) words.add(word)
  }
  for (const [, word] of text.matchAll(
    /(?:\b(?:call|use|run|invoke|execute|function|tool) |`)([A-Za-z_][\w.:-]*)/gi,
  )) {
    words.add(word!.replace(/[.:]+$/, ''))
  }
  return words
}

const SEPARATOR =
  / ?(?:[.;?!](?= |$)|,(?= )) ?| (?:and then|and also|after that|afterwards|as well as|and|then|plus) /gi
const LATER = /^(?:and )?(?:then|after that|afterwards|next|finally|once)\b/i
/** What comes after it waits for what it asks. */
const CONDITION = /^(?:and )?(?:if|in case|unless|depending on)\b/i
const LATER_SEPARATOR = /\b(?:then|after that|afterwards)\b/i

interface Clause {
  readonly called: DeclaredFunction
  text: string
  readonly stage: number
}

/** Pieces that each ask for a function, with the pieces around them that do not. */
function clausesOf(
  text: string,
  functions: readonly DeclaredFunction[],
  scoreMin: number,
): readonly Clause[] {
  const clauses: Clause[] = []
  let stage = 0
  let before = ''
  let isConditional = false
  for (const { separator, fragment } of fragmentsOf(text)) {
    const last = clauses.at(-1)
    const best = bestFor(fragment, functions)
    const isLater = isConditional || LATER.test(fragment) || LATER_SEPARATOR.test(separator)
    const isCall = best !== undefined && best.score >= scoreMin
    if (isCall && !(last?.called === best.called && !namesSomething(fragment))) {
      if (isLater && last !== undefined) stage++
      clauses.push({ called: best.called, text: before + fragment, stage })
      isConditional = CONDITION.test(fragment)
      before = ''
    } else if (last === undefined) before += `${separator}${fragment} `
    else last.text += separator + fragment
  }
  return clauses
}

/** A capitalised word that does not begin it, a quotation or a number: something of its own to ask about. */
function namesSomething(fragment: string): boolean {
  return /.\b\p{Lu}|["“”\d]/u.test(fragment)
}

function fragmentsOf(text: string): readonly { separator: string; fragment: string }[] {
  const fragments: { separator: string; fragment: string }[] = []
  let start = 0
  let separator = ''
  for (const match of text.matchAll(SEPARATOR)) {
    if (fragments.length === FRAGMENTS_MAX - 1) break
    const fragment = text.slice(start, match.index)
    if (fragment !== '') fragments.push({ separator, fragment })
    separator = fragment === '' ? separator + match[0] : match[0]
    start = match.index + match[0].length
  }
  if (start < text.length) fragments.push({ separator, fragment: text.slice(start) })
  return fragments
}
