/** What a prompt says plainly: addresses, dates, places, names, and the values that it gives to a named thing. */

/** Characters of a prompt that are looked at. */
const PROMPT_CHARS_MAX = 4_000
/** Of one kind. */
const FACTS_MAX = 20
/** Places where a name is looked for. */
const OCCURRENCES_MAX = 10

export interface Facts {
  readonly text: string
  readonly lower: string
  /** Lower case. */
  readonly words: ReadonlySet<string>
  readonly quoted: readonly string[]
  readonly emails: readonly string[]
  readonly urls: readonly string[]
  /** As `2026-03-05`. */
  readonly dates: readonly string[]
  /** As `14:30`. */
  readonly times: readonly string[]
  /** Of people, two words or more, or after `named` and its like. */
  readonly names: readonly string[]
  /** After a preposition, with it. */
  readonly places: readonly { readonly preposition: string; readonly place: string }[]
}

const QUOTED = /["“„«]([^"“”„«»]{1,200})["”“»]/g
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g
const URL = /https?:\/\/[^\s"'<>)]{1,200}/g
const ISO_DATE = /\b\d{4}-\d{2}-\d{2}\b/g
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)
const MONTH = `(${MONTHS.map((month) => `${month}|${month.slice(0, 3)}`).join('|')})\\.?`
const DAY_MONTH = new RegExp(
  `\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH},? (\\d{4})\\b|\\b${MONTH} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})\\b`,
  'gi',
)
/** As they are written in the United States, unless the month could not be one. */
const SLASHED_DATE = /\b(\d{1,2})\/(\d{1,2})\/(\d{4})\b/g
const TIME = /\b(\d{1,2}):(\d{2})\b ?([ap]m)?|\b(\d{1,2}) ?([ap]m)\b/gi
const PLACE =
  /\b(in|at|near|from|to|for|of) ((?:the )?\p{Lu}[\p{L}'’-]{1,30}(?:(?:, | )\p{Lu}[\p{L}'’-]{1,30}){0,3})/gu
const WORD = "\\p{Lu}[\\p{L}'’-]{0,30}"
const INTRODUCED = new RegExp(
  `(?<!\\p{L})(?:[Nn]amed|[Cc]alled|[Nn]ame is|[Nn]ame:|I am|I'm) (${WORD}(?: ${WORD}){0,2})`,
  'gu',
)
const MET = new RegExp(
  `\\b(?:meeting|meet|call|lunch|dinner|appointment|chat|talk|interview|invite)\\b[^.?!\\n]{0,20}?(?: with)? (${WORD}(?:(?:, | and |, and )${WORD}){0,7})`,
  'gu',
)
const NAME = new RegExp(`(?<!\\p{L})${WORD} ${WORD}(?: ${WORD})?`, 'gu')

export function factsOf(prompt: string): Facts {
  const text = prompt.slice(0, PROMPT_CHARS_MAX)
  const lower = text.toLowerCase()
  const places = placesOf(text)
  return {
    text,
    lower,
    words: new Set(lower.match(/[\p{L}\p{N}][\p{L}\p{N}'-]{0,60}/gu) ?? []),
    quoted: all(text, QUOTED, ([, inner = '']) => inner),
    emails: all(text, EMAIL, ([email]) => email),
    urls: all(text, URL, ([url]) => url.replace(/[.,;:!?]+$/, '')),
    dates: [
      ...all(text, ISO_DATE, ([date]) => date),
      ...all(text, DAY_MONTH, isoDate),
      ...all(text, SLASHED_DATE, dateOfSlashes),
    ],
    times: all(text, TIME, clockTime),
    names: namesOf(text, places),
    places,
  }
}

/** `for Ada Byron` may be a person; `in Rome` is a place. */
const PREPOSITIONS = ['in', 'at', 'near', 'to', 'from', 'for', 'of']
const MAYBE_PERSON = new Set(['for', 'of', 'to', 'from'])

function placesOf(text: string): Facts['places'] {
  const places = [...text.matchAll(PLACE)].slice(0, FACTS_MAX).map(([, preposition = '', place = '']) => ({
    preposition,
    place,
  }))
  const rank = ({ preposition }: { readonly preposition: string }): number =>
    PREPOSITIONS.indexOf(preposition)
  return places.toSorted((a, b) => rank(a) - rank(b))
}

function all(text: string, pattern: RegExp, read: (match: RegExpMatchArray) => string): string[] {
  return [...text.matchAll(pattern)]
    .slice(0, FACTS_MAX)
    .map(read)
    .filter((fact) => fact !== '')
}

function isoDate(match: RegExpMatchArray): string {
  const [day, month, year] = match[1] === undefined ? [match[5], match[4], match[6]] : match.slice(1, 4)
  const number = 1 + MONTHS.findIndex((name) => name.startsWith((month ?? '').toLowerCase().slice(0, 3)))
  return `${year}-${String(number).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

function dateOfSlashes([, first = '', second = '', year = '']: RegExpMatchArray): string {
  const [month, day] = Number(first) > 12 ? [second, first] : [first, second]
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) return ''
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

function clockTime([, hour, minute = '00', half = '', wholeHour, wholeHalf = '']: RegExpMatchArray): string {
  const isAfternoon = (half || wholeHalf).toLowerCase() === 'pm'
  const twelve = Number(hour ?? wholeHour)
  const clock = isAfternoon && twelve < 12 ? twelve + 12 : twelve
  return clock < 24 && Number(minute) < 60 ? `${String(clock).padStart(2, '0')}:${minute}` : ''
}

function namesOf(text: string, places: Facts['places']): string[] {
  const sure = new Set(
    places.filter(({ preposition }) => !MAYBE_PERSON.has(preposition)).map(({ place }) => place),
  )
  const introduced = all(text, INTRODUCED, ([, name = '']) => name)
  const met = all(text, MET, ([, names = '']) => names).flatMap((names) => names.split(/,? and |, /))
  const others = all(text, NAME, ([name]) => (STARTERS.test(name) || sure.has(name) ? '' : name))
  return [...new Set([...introduced, ...met, ...others])]
}

/** Words that begin a sentence in capitals and no name. */
const STARTERS =
  /^(?:The|A|An|Extract|Give|List|Return|Create|Generate|What|Who|Where|When|Write|Tell|Please|Use|Parse|From|In|For)\b/

const SAYS = /^(?:\s*[:=]\s*|\s+(?:is|are|was)\s+|["']\s*:\s*)/
const TYPE_WORD =
  /^(?:str|string|int|integer|number|float|bool|boolean|list|array|object|date|any|null|the|a|an|and|or|not|in|of|it|this|that)$/i

/** What the prompt says that the thing of this name is: `city: Paris`, `the title is "Dune"`. */
export function textAfter(facts: Facts, phrases: readonly string[]): string | undefined {
  for (const rest of after(facts, phrases)) {
    const link = SAYS.exec(rest)
    if (link === null) continue
    const value = rest.slice(link[0].length)
    const quoted = /^["'“‘`]([^"'”’`]{1,200})["'”’`]/.exec(value)?.[1]
    if (quoted !== undefined && !TYPE_WORD.test(quoted)) return quoted
    const words =
      /^\p{Lu}[\p{L}\p{N}'’-]*(?: \p{Lu}[\p{L}\p{N}'’-]*){0,4}/u.exec(value)?.[0] ??
      /^[\w@+-]{1,60}/.exec(value)?.[0]
    if (words !== undefined && !TYPE_WORD.test(words)) return words
  }
  return undefined
}

/** The number that the prompt gives to the thing of this name: `age 42`, `age: 42`, `price is $5`, `3 stars`. */
export function numberNear(facts: Facts, phrases: readonly string[]): number | undefined {
  for (const rest of after(facts, phrases)) {
    const match =
      /^(?:s?["']?(?:\s*[:=]|\s+(?:is|of|was|to|at))?\s*)[$€£]?(-?\d{1,15}(?:\.\d{1,10})?)(?![\w-])/.exec(
        rest,
      )
    if (match !== null) return Number(match[1])
  }
  for (const before of beforeAll(facts, phrases)) {
    const match = /(?<![\w.-])(-?\d{1,15}(?:\.\d{1,10})?)[ -]?$/.exec(before)
    if (match !== null) return Number(match[1])
  }
  return undefined
}

/** What follows each mention of a phrase, in the prompt's own letters. */
function* after(facts: Facts, phrases: readonly string[]): Generator<string> {
  for (const [, end] of mentions(facts, phrases)) yield facts.text.slice(end, end + 300)
}

function* beforeAll(facts: Facts, phrases: readonly string[]): Generator<string> {
  for (const [start] of mentions(facts, phrases)) yield facts.text.slice(Math.max(0, start - 30), start)
}

function* mentions({ lower }: Facts, phrases: readonly string[]): Generator<readonly [number, number]> {
  for (const phrase of phrases) {
    let from = 0
    for (let count = 0; count < OCCURRENCES_MAX; count++) {
      const start = phrase === '' ? -1 : lower.indexOf(phrase, from)
      if (start === -1) break
      from = start + phrase.length
      if (!isLetter(lower[start - 1]) && !isLetter(lower[from])) yield [start, from]
      else if (!isLetter(lower[start - 1]) && lower[from] === 's' && !isLetter(lower[from + 1])) {
        yield [start, from + 1]
      }
    }
  }
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{L}_]/u.test(sign)
}

const DENIAL = /(?:\b(?:no|not|without|never)|n['’]t)(?: (?:an?|any|the|be|have|sit|want))* $/

/** Whether the prompt says no to it where it speaks of it: `not outdoors`, `without sugar`. */
export function isDenied(facts: Facts, text: string): boolean {
  for (const before of beforeAll(facts, [text.toLowerCase()])) {
    if (DENIAL.test(before.toLowerCase())) return true
  }
  return false
}

/** Whether the prompt has this text as words of its own. */
export function isMentioned(facts: Facts, text: string): boolean {
  const lower = text.toLowerCase().replaceAll('_', ' ').trim()
  if (lower === '') return false
  if (facts.words.has(lower)) return true
  if (/^[\p{L}\p{N}]+$/u.test(lower)) return false
  for (const _ of mentions(facts, [lower, text.toLowerCase()])) return true
  return false
}
