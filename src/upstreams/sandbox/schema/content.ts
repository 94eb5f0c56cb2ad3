/** What a text says, by the name of its property: the prompt's own facts first, then something that fits. */

import type { Random } from '../digest.ts'
import { answerArithmetic } from '../text/arithmetic.ts'
import { capitalise } from '../text/edit.ts'
import { knownAnswer } from '../text/facts.ts'
import {
  CITIES,
  COLORS,
  COMPANIES,
  DAYS,
  FAMILY_NAMES,
  FOODS,
  GIVEN_NAMES,
  INGREDIENTS,
  JOBS,
  MONTHS,
  PRODUCTS,
  STEPS,
  STREETS,
} from './content-lists.ts'
import type { Hints } from './hints.ts'
import { digits, hexadecimal, uuidOf } from './identifiers.ts'
import { type Facts, textAfter } from './prompt-facts.ts'

/** Whom a value is made for. */
export interface Subject {
  readonly hints: Hints
  readonly facts: Facts
  readonly random: Random
  /** The property's name in lower case, its words divided by blanks: `created at`. */
  readonly phrase: string
  /** The same of the object that it belongs to. */
  readonly owner: string
  /** Of the properties beside it, joined by commas. */
  readonly siblings: string
  readonly description: string
  /** Its place in the list that it is part of, from 0. */
  readonly index: number
  /** The same for all members of an object, so that they fit one another. */
  readonly record: number
}

type Writer = (subject: Subject) => string | undefined

/** Of a subject's second choice, so that not each given name has one family name. */
function otherwise(subject: Subject): Subject {
  return { ...subject, record: Math.floor(subject.record / 12) }
}

function of<T>(list: readonly T[], { record, index }: Subject): T {
  return list[(record + index) % list.length]!
}

const given: Writer = (subject) =>
  subject.facts.names[subject.index]?.split(' ')[0] ?? of(GIVEN_NAMES, subject)
const family: Writer = (subject) => {
  const name = subject.facts.names[subject.index]
  return name?.includes(' ') ? name.split(' ').at(-1) : of(FAMILY_NAMES, otherwise(subject))
}
const person: Writer = (subject) => {
  const { facts, index } = subject
  return facts.names[index] ?? `${of(GIVEN_NAMES, subject)} ${of(FAMILY_NAMES, otherwise(subject))}`
}

function slug(text: string): string {
  const ascii = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
  return ascii.replace(/^-|-$/g, '') || 'example'
}

export function dateOf({ facts, phrase, index, record }: Subject): string {
  const day = String(1 + ((record + 3 * index) % 28)).padStart(2, '0')
  const year = /\b(?:birth|birthday|born|dob)\b/.test(phrase) ? 1960 + (record % 40) : 2026
  return facts.dates[index] ?? `${year}-${String(1 + (record % 12)).padStart(2, '0')}-${day}`
}

export function timeOf({ facts, index, record }: Subject): string {
  const minute = ['00', '15', '30', '45'][record % 4]
  return facts.times[index] ?? `${String(8 + ((record + index) % 10)).padStart(2, '0')}:${minute}`
}

export const emailOf: (subject: Subject) => string = (subject) =>
  subject.facts.emails[subject.index] ??
  `${slug(given(subject) ?? '')}.${slug(family(subject) ?? '')}@example.com`

export const urlOf: (subject: Subject) => string = (subject) =>
  subject.facts.urls[subject.index] ??
  `https://example.com/${/image|photo|picture|avatar|logo|thumbnail|icon/.test(subject.phrase) ? `images/${subject.record}.png` : slug(keyword(subject))}`

/** Words that say what to do and not what it is about. */
const ORDERS =
  /^(?:extract|create|classify|generate|return|provide|analy[sz]e|json|schema|format|following|please|question|questions|quiz|object|array|fields?|keys?|list|output|respond|answer|use|using|give|show|find|get|parse|rate|the rest)$/i

function keyword({ hints, index }: Subject): string {
  const words = hints.keywords.filter((found) => !ORDERS.test(found))
  return words[index % Math.max(1, words.length)] ?? topicOf(hints)
}

/** A sentence as a topic is quoted; what it is about reads better. */
function topicOf({ topic }: Hints): string {
  if (!/[“”]/.test(topic)) return topic
  const about = /\b(?:about|on|regarding|concerning) ([\p{L}\p{N}' -]{2,60}?)[”.,;:!?]*$/iu.exec(topic)?.[1]
  return about ?? 'an example'
}

const place: Writer = ({ facts, phrase, index }) => {
  const preposition = /destination|arrival|\bto\b/.test(phrase)
    ? 'to'
    : /origin|departure|from/.test(phrase)
      ? 'from'
      : ''
  const fitting = facts.places.filter((found) => preposition === '' || found.preposition === preposition)
  return fitting[index]?.place
}

const city: Writer = (subject) => {
  const found = place(subject)
  return (subject.phrase.includes('city') ? found?.split(', ')[0] : found) ?? of(CITIES, subject)[0]
}

/** `at Nobu`, or what stands in quotes; when the prompt names none, whatever comes otherwise. */
const venue: Writer = ({ facts, index }) =>
  facts.quoted[index] ?? facts.places.filter(({ preposition }) => preposition === 'at')[index]?.place

/** Of the city that the prompt names, when it is a known one. */
export function cityRow(subject: Subject): (typeof CITIES)[number] {
  const named = CITIES.find(([name, country]) =>
    subject.facts.places.some((found) => found.place.includes(name) || found.place.includes(country)),
  )
  return named ?? of(CITIES, subject)
}

const SENTENCES = [
  (topic: string, word: string) => `A short note about ${topic}, with a look at ${word}.`,
  (topic: string, word: string) => `This covers ${topic}; the main point is ${word}.`,
  (topic: string, word: string) => `On ${topic}: most of it comes down to ${word}.`,
  (topic: string, word: string) => `What matters about ${topic} is ${word}, and how it is used.`,
]

const sentence: Writer = (subject) => {
  const { hints, facts, index, random } = subject
  const seen = hints.media?.[index % Math.max(1, hints.media.length)]
  if (seen !== undefined) return `${capitalise(seen)}.`
  if (index === 0 && /answer|response|reply|result|text|content|output|solution/.test(subject.phrase)) {
    const known = answerArithmetic(facts.text, false) ?? knownAnswer(facts.text, true)
    if (known !== undefined) return known
  }
  return random.pick(SENTENCES)(topicOf(hints), keyword(subject))
}

const title: Writer = (subject) => {
  const { hints, index } = subject
  const plain = topicOf(hints)
    .replace(/^the question /, '')
    .replace(/[“”]/g, '')
  return (
    quotedName(subject) ??
    (index === 0 ? capitalise(plain) : `${capitalise(keyword(subject))}: part ${index + 1}`)
  )
}

const ABOUT =
  /\b(?:about|regarding|concerning) (?:the |an? )?([\p{L}\p{N}][\p{L}\p{N}' -]{1,60}?)[”.,;:!?]*$/iu

const topic: Writer = (subject) =>
  (subject.index === 0 ? ABOUT.exec(subject.facts.text)?.[1] : undefined) ?? keyword(subject)

/** A quotation of some words may be a name; a sentence is what the name is looked for in. */
function quotedName({ facts, index }: Subject): string | undefined {
  const quoted = facts.quoted[index]
  return quoted === undefined || /[.!?]$/.test(quoted) || quoted.split(' ').length > 8 ? undefined : quoted
}

const name: Writer = (subject) => {
  const { facts, owner, siblings, phrase } = subject
  if (/\bingredients?\b/.test(owner)) return of(FOODS, subject)
  if (/\bcapital\b/.test(siblings)) return cityRow(subject)[1]
  const around = `${owner} ${phrase}`
  const about = WRITERS.find(
    ([pattern, writer]) => writer !== name && pattern.test(around.replace(/ ?\bname$/, '')),
  )
  if (about !== undefined && PLAIN_OWNERS.test(owner)) return about[1](subject)
  const isPerson = /\b(?:age|email|phone|birth|gender|job|occupation|surname|hobbies|address|role)/.test(
    siblings,
  )
  if (isPerson || PEOPLE.some((word) => facts.words.has(word)) || facts.names.length > subject.index)
    return person(subject)
  return quotedName(subject) ?? capitalise(keyword(subject))
}

const PEOPLE =
  'user users person people author employee customer student character friend actor patient'.split(' ')
const PLAIN_OWNERS = /\b(?:city|country|company|product|person|user|author|customer|color|employee)/

const word =
  (list: readonly string[]): Writer =>
  (subject) =>
    of(list, subject)

/** The first pattern that fits the name decides. */
const WRITERS: readonly (readonly [RegExp, Writer])[] = [
  [/e ?mail/, emailOf],
  [/\b(?:url|uri|link|website|webpage|homepage|href|avatar|thumbnail)\b/, urlOf],
  [
    /\b(?:phone|mobile|telephone|tel|fax)\b/,
    (subject) => `+1 555 01${String(10 + ((subject.record + subject.index) % 90))}`,
  ],
  [/\b(?:uuid|guid)\b/, ({ random }) => uuidOf(random)],
  [/\b(?:first|given) ?name\b/, given],
  [/\b(?:last|family|sur) ?name\b/, family],
  [
    /\b(?:user ?name|login|handle|nickname)\b/,
    (subject) => `${slug(given(subject) ?? '')}${10 + (subject.record % 90)}`,
  ],
  [/\b(?:company|organi[sz]ation|employer|brand|manufacturer|publisher|vendor)\b/, word(COMPANIES)],
  [/\bcountry ?code\b/, (subject) => cityRow(subject)[2]],
  [/\bcountr(?:y|ies)\b|nationality/, (subject) => cityRow(subject)[1]],
  [/\b(?:currency)\b/, (subject) => cityRow(subject)[3]],
  [/\blanguages?\b/, (subject) => cityRow(subject)[4]],
  [/\b(?:time ?zone|tz)\b/, () => 'UTC'],
  [/\b(?:state|region|province)\b/, () => 'California'],
  [/\b(?:postal|zip)/, (subject) => `10${100 + (subject.record % 900)}`],
  [/\b(?:address|street)\b/, (subject) => `${1 + (subject.record % 99)} ${of(STREETS, subject)}`],
  [/\bcapital\b/, (subject) => cityRow(subject)[0]],
  [/\b(?:restaurant|hotel|caf[eé]|bar|shop|store|museum|theatre|theater)\b/, venue],
  [/\b(?:city|cities|town|location|place|destination|origin|departure|arrival|venue|area|where)\b/, city],
  [
    /\b(?:date ?time|timestamp|created|updated|modified)\b/,
    (subject) => `${dateOf(subject)}T${timeOf(subject)}:00Z`,
  ],
  [/\b(?:date|deadline|due|birthday|birth|dob|check ?in|check ?out)\b/, dateOf],
  [/\b(?:time|hour|when)\b/, timeOf],
  [/\b(?:weekday|day)\b/, word(DAYS)],
  [/\bmonth\b/, word(MONTHS)],
  [/\byear\b/, (subject) => subject.facts.dates[0]?.slice(0, 4) ?? '2026'],
  [/\bduration\b/, () => '30 minutes'],
  [/\bcolou?rs?\b/, word(COLORS)],
  [/\b(?:hex|hash|checksum)\b/, ({ random }) => hexadecimal(12, random)],
  [
    /\b(?:person|people|author|artist|director|actor|customer|employee|owner|manager|speaker|assignee|recipient|sender|participant|attendee|contact|full ?name)s?\b/,
    person,
  ],
  [
    /\b(?:id|identifier|code|sku|reference|token|key)\b/,
    ({ phrase, random }) => `${slug(phrase.split(' ')[0] ?? '').slice(0, 8)}-${digits(4, random)}`,
  ],
  [/\bproducts?\b/, word(PRODUCTS)],
  [/\b(?:job|role|occupation|profession|position)\b/, word(JOBS)],
  [/\bstatus\b/, () => 'active'],
  [/\bgender\b/, word(['female', 'male'])],
  [/\bsentiment\b/, () => 'positive'],
  [/\b(?:priority|severity|level|difficulty)\b/, word(['medium', 'high', 'low'])],
  [/\b(?:units?)\b/, ({ facts }) => (facts.words.has('fahrenheit') ? 'fahrenheit' : 'celsius')],
  [/\bingredients?\b/, word(INGREDIENTS)],
  [/\b(?:steps?|instructions?)\b/, ({ index }) => STEPS[index % STEPS.length]],
  [/\b(?:topics?|agenda|purpose)\b/, topic],
  [/\b(?:keywords?|tags?|labels?|categor(?:y|ies)|genres?|entit(?:y|ies))\b/, keyword],
  [/\b(?:query|search)\b/, ({ facts, hints }) => facts.quoted[0] ?? topicOf(hints)],
  [/\bquestions?\b/, (subject) => `What is the role of ${keyword(subject)}?`],
  [/\b(?:title|heading|headline|subject)\b/, title],
  [
    /summary|description|overview|abstract|\bbio\b|explanation|reason|rationale|notes?|comments?|review|text|content|body|message|answer|response|reply|details?|caption|output|result|thought|analysis|conclusion|story|paragraph/,
    sentence,
  ],
  [/name/, name],
]

/** `e.g. San Francisco, CA` in a description. */
const EXAMPLE = /(?:e\.g\.,?|for example,?|such as|like) ["'`“]?([^"'`”()\n]{1,60}?)["'`”]?(?:[.;)]|, etc|$)/i

/** The words of a property's name in lower case, divided by blanks. */
export function phraseOf(name: string): string {
  return name
    .slice(0, 100)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase()
}

/** Under what a prompt may call a property: all of its words, as they are written, and the last one. */
export function phrasesFor(phrase: string): readonly string[] {
  const last = phrase.slice(phrase.lastIndexOf(' ') + 1)
  return [...new Set([phrase, phrase.replaceAll(' ', '_'), last.length > 2 ? last : phrase])]
}

/** The text that comes first to mind. */
export function textAbout(subject: Subject): string {
  const { facts, phrase, index, description, hints } = subject
  if (index === 0) {
    const said = textAfter(facts, phrasesFor(phrase))
    if (said !== undefined) return said
  }
  const writer = WRITERS.find(([pattern]) => pattern.test(phrase))?.[1]
  const example = EXAMPLE.exec(description.slice(0, 500))?.[1]
  const written = writer === city ? (place(subject) ?? example) : undefined
  const text = written ?? writer?.(subject) ?? example
  if (text !== undefined) return text
  if (phrase === '') return index === 0 ? capitalise(topicOf(hints)) : capitalise(keyword(subject))
  const quoted = quotedName(subject)
  if (quoted !== undefined) return quoted
  return phrase.endsWith('s')
    ? `${capitalise(phrase.replace(/(?:(?<=(?:[sxz]|ch|sh))e)?s$/, ''))} ${index + 1}: ${keyword(subject)}`
    : `${capitalise(keyword(subject))} ${phrase}`
}
