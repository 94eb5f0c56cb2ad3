/** What a prompt says about a picture, word by word: things with their colours, sizes and places, and what to do. */
import { type Colour, colourOf, shade, shadeOf } from './colours.ts'
import { fold } from './font.ts'
import { type Noun, nounOf } from './nouns.ts'
import type { Place } from './sketch.ts'

/** Characters of a prompt that are looked at. */
const PROMPT_CHARS_MAX = 4_000
/** Words after a colour or a size among which its noun is looked for. */
const WORDS_TO_NOUN_MAX = 3
const COUNT_MAX = 12

export interface Mention {
  readonly noun: Noun | { readonly is: 'it' }
  readonly action: 'add' | 'change' | 'remove'
  /** `the circle` rather than `a circle`. */
  readonly definite: boolean
  readonly count: number | undefined
  readonly colour: Colour | undefined
  readonly size: number | undefined
  readonly place: Place | undefined
  /** The thing that it is turned into. */
  readonly becomes: Noun | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What has been read of a sentence and waits for its noun. */
interface Clause {
  verb: Mention['action'] | 'replace'
  definite: boolean
  count: number | undefined
  colour: Colour | undefined
  shade: number
  size: number | undefined
  place: Place | undefined
  /** `on` or `against` was said, and nothing that it could be on. */
  on: boolean
  /** `to` or `into` was said. */
  to: boolean
  last: Mutable<Mention> | undefined
  /** Everything that was said so far. */
  readonly mentions: Mention[]
}

function freshClause(mentions: Mention[] = []): Clause {
  return {
    mentions,
    verb: 'add',
    definite: false,
    count: undefined,
    colour: undefined,
    shade: 0,
    size: undefined,
    place: undefined,
    on: false,
    to: false,
    last: undefined,
  }
}

const VERBS: ReadonlyMap<string, Clause['verb']> = new Map([
  ...verbs('remove', 'remove delete erase omit hide drop eliminate without no rid'),
  ...verbs('add', 'add draw put include insert give place create generate paint show'),
  ...verbs('change', 'make turn change recolor recolour colour color set let transform'),
  ...verbs('replace', 'replace swap exchange'),
])

function verbs(verb: Clause['verb'], words: string): (readonly [string, Clause['verb']])[] {
  return words.split(' ').map((word) => [word, verb] as const)
}

const TO = new Set(['to', 'into'])
const ON = new Set(['on', 'against', 'over', 'upon'])
const DEFINITE = new Set(['the', 'its', 'this', 'that', 'my'])
const INDEFINITE = new Set(['a', 'an', 'another', 'some', 'more'])
const IT = new Set(['it', 'them'])
const STOPS = new Set(['.', ';', '!', '?'])
/** Between a colour and its noun there is none of these. */
const BREAKS = new Set([
  ...[...STOPS, ...TO, ...ON, ...DEFINITE, ...INDEFINITE, ...IT],
  ...', : and or but with in at is are of from by near under behind beside next'.split(' '),
])
const PICTURES =
  /^(?:pictures?|images?|photos?|photographs?|drawings?|illustrations?|paintings?|steps?|versions?)$/

const COUNTS: ReadonlyMap<string, number> = new Map(
  Object.entries({ two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 }),
)
const SIZES: ReadonlyMap<string, number> = new Map([
  ...'big large bigger larger'.split(' ').map((word) => [word, 1.4] as const),
  ...'huge giant enormous'.split(' ').map((word) => [word, 1.8] as const),
  ...'small little smaller'.split(' ').map((word) => [word, 0.65] as const),
  ['tiny', 0.4],
])
const PLACES: ReadonlyMap<string, Partial<Place>> = new Map<string, Partial<Place>>([
  ['left', { x: -1 }],
  ['right', { x: 1 }],
  ['top', { y: -1 }],
  ['upper', { y: -1 }],
  ['bottom', { y: 1 }],
  ['lower', { y: 1 }],
  ...'center centre middle'.split(' ').map((word) => [word, { x: 0, y: 0 }] as const),
])

export function wordsOf(text: string): readonly string[] {
  return (
    fold(text.slice(0, PROMPT_CHARS_MAX))
      .slice(0, PROMPT_CHARS_MAX)
      .toLowerCase()
      .match(/[a-z]+|\d+|[.,;:!?]/g) ?? []
  )
}

/** In the order of the text. */
export function readMentions(text: string): readonly Mention[] {
  const words = wordsOf(text)
  let clause = freshClause()
  words.forEach((word, at) => {
    if (STOPS.has(word)) clause = { ...freshClause(clause.mentions), last: clause.last }
    else if (!readWord(clause, word, at, words)) readNoun(clause, word)
  })
  return clause.mentions
}

/** Whether the word was one that says something about a noun. */
function readWord(clause: Clause, word: string, at: number, words: readonly string[]): boolean {
  const colour = colourOf(word)
  if (colour !== undefined) {
    readColour(clause, shade(colour, clause.shade), at, words)
    clause.shade = 0
    return true
  }
  return readVerb(clause, word) || readParticle(clause, word) || readMeasure(clause, word, at, words)
}

function readVerb(clause: Clause, word: string): boolean {
  const verb = VERBS.get(word)
  // `the colour of the circle` does nothing.
  if (verb === undefined || (clause.definite && /^colou?r$/.test(word))) return verb !== undefined
  clause.verb = verb
  clause.to = false
  clause.definite = false
  return true
}

function readParticle(clause: Clause, word: string): boolean {
  if (clause.verb === 'replace' && /^(?:with|by|for)$/.test(word)) clause.to = true
  else if (word === 'with' && clause.verb !== 'change') clause.verb = 'add'
  else if (TO.has(word)) clause.to = true
  else if (ON.has(word)) clause.on = true
  else if (DEFINITE.has(word)) clause.definite = true
  else if (INDEFINITE.has(word)) clause.definite = false
  else if (word === 'and' || word === ',') {
    clause.on = false
    clause.to = false
  } else if (PICTURES.test(word)) {
    clause.count = undefined
    clause.definite = false
  } else return false
  return true
}

function readMeasure(clause: Clause, word: string, at: number, words: readonly string[]): boolean {
  const count = COUNTS.get(word) ?? (/^\d{1,2}$/.test(word) ? Number(word) : undefined)
  const size = SIZES.get(word)
  const place = PLACES.get(word)
  const shadeHere = shadeOf(word)
  if (count !== undefined) clause.count = Math.min(COUNT_MAX, Math.max(1, count))
  else if (shadeHere !== undefined) clause.shade = shadeHere
  else if (size !== undefined) readSize(clause, size, at, words)
  else if (place !== undefined) readPlace(clause, place)
  else return false
  return true
}

function readColour(clause: Clause, colour: Colour, at: number, words: readonly string[]): void {
  if (nounComes(words, at)) {
    clause.colour = colour
    return
  }
  const next = words[at + 1]
  if (clause.on) {
    // `on blue`, `against a blue curtain`
    clause.last = { ...freshMention(clause, { is: 'background' }), colour }
    clause.mentions.push(clause.last)
  } else if (clause.last !== undefined && (next === undefined || BREAKS.has(next))) {
    clause.last.colour = colour
  }
}

function readSize(clause: Clause, size: number, at: number, words: readonly string[]): void {
  if (nounComes(words, at) || clause.last === undefined) clause.size = size
  else clause.last.size = size
}

function readPlace(clause: Clause, place: Partial<Place>): void {
  const target = clause.last ?? clause
  target.place = { x: 0, y: 0, ...target.place, ...place }
}

function nounComes(words: readonly string[], at: number): boolean {
  for (let index = at + 1; index <= at + WORDS_TO_NOUN_MAX; index++) {
    const word = words[index]
    if (word === undefined || BREAKS.has(word)) return false
    if (nounOf(word) !== undefined) return true
  }
  return false
}

function readNoun(clause: Clause, word: string): void {
  const noun = IT.has(word) ? ({ is: 'it' } as const) : nounOf(word)
  if (noun === undefined) return
  const { last } = clause
  const turns = clause.verb === 'change' || clause.verb === 'replace'
  if (clause.to && turns && last !== undefined && noun.is === 'motif') {
    last.becomes = noun
    last.colour = clause.colour ?? last.colour
  } else {
    clause.last = freshMention(clause, noun)
    clause.mentions.push(clause.last)
  }
  Object.assign(clause, { ...freshClause(clause.mentions), verb: clause.verb, last: clause.last })
}

function freshMention(clause: Clause, noun: Mention['noun']): Mutable<Mention> {
  return {
    noun,
    action: clause.verb === 'replace' ? 'change' : clause.verb,
    definite: clause.definite,
    count: clause.count,
    colour: clause.colour,
    size: clause.size,
    place: clause.place,
    becomes: undefined,
  }
}
