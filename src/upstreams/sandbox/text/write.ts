/**
 * The sandbox's words: a short text that responds to the last prompt in a way a person finds sensible at a glance.
 * Pure: the same input and the same random numbers give the same text.
 */

import type { Random } from '../digest.ts'
import { answerArithmetic } from './arithmetic.ts'
import { capitalise } from './edit.ts'
import { knownAnswer } from './facts.ts'
import { type Manner, mannerOf } from './manner.ts'
import {
  BRIEFS,
  CANDIDATE_LEADS,
  CLOSINGS,
  FOLLOW_UPS,
  GREETINGS,
  JOKES,
  LIST_ITEMS,
  OPENINGS,
  POEM_LINES,
  SENTENCES,
  THANKS,
  THOUGHT_HEADINGS,
  THOUGHT_SENTENCES,
} from './phrases.ts'
import { normalise, numberOf, type Subject, subjectOf } from './prompt.ts'
import { answerFrom, answerFromEarlier } from './reading.ts'

/** Words that an answer may be asked for. */
const WORDS_MAX = 100_000
const WORDS_STANDARD = 60
const WORDS_LONG = 300
const LIST_ITEMS_MAX = 20

export interface Conversation {
  readonly modelId: string
  /** Text of the last user turn. */
  readonly prompt: string
  /** Texts of the user turns before it, oldest first. */
  readonly earlier: readonly string[]
  readonly systemText: string
  /** One phrase for each medium of the last user turn. */
  readonly media: readonly string[]
  /** The words in those media that have any. */
  readonly readings: readonly string[]
}

/** The answer of candidate `index` (0 to 7). */
export function writeAnswer(conversation: Conversation, index: number, random: Random): string {
  const manner = mannerOf(conversation.systemText)
  const prompt = normalise(conversation.prompt)
  const body = respond({ ...conversation, prompt }, manner, random)
  const media = conversation.media.length > 0 ? `${perceive(conversation.media)}. ` : ''
  const text = `${CANDIDATE_LEADS[index] ?? ''}${manner.lead}${media}${body}`.trimEnd()
  if (manner.letters === 'upper') return text.toUpperCase()
  return manner.letters === 'lower' ? text.toLowerCase() : text
}

/** A recording is heard, everything else is seen. */
function perceive(media: readonly string[]): string {
  const sounds = media.filter((description) => SOUND.test(description))
  const sights = media.filter((description) => !SOUND.test(description))
  const both = [
    ...(sights.length > 0 ? [`see ${sights.join(' and ')}`] : []),
    ...(sounds.length > 0 ? [`hear ${sounds.join(' and ')}`] : []),
  ]
  return `I can ${both.join(' and ')}`
}

const SOUND = /^an? [^,]{1,40} recording of /i

/** A summary of thoughts, as Google writes them: a bold heading, then sentences. */
export function writeThoughts(conversation: Conversation, random: Random): string {
  const subject = subjectOf(normalise(conversation.prompt))
  const heading = `**${random.pick(THOUGHT_HEADINGS)} ${titled(subject.topic)}**`
  const count = 2 + random.below(THOUGHT_SENTENCES.length - 1)
  const sentences = THOUGHT_SENTENCES.slice(0, count).map((sentence) => fill(sentence, subject, random))
  return `${heading}\n\n${sentences.join(' ')}\n\n`
}

/** `Thinking about Volcanoes`, but `Thinking about the question “…”`. */
function titled(topic: string): string {
  return /^(?:the|your|this|that|these) /.test(topic) ? topic : capitalise(topic)
}

const GREETING =
  /^(?:hi|hello|hey|hallo|good (?:morning|day|afternoon|evening)|greetings|bonjour|hola)\b[^?]{0,30}$/i
const THANKING = /^(?:thanks|thank you|thx|merci|danke)\b.{0,40}$/i
const IDENTITY = /^(?:who are you|what are you|what(?: is|'s) your name)\b/i
const MY_NAME_ASKED = /\bwhat(?: is|'s) my name\b/i
const MY_NAME_TOLD = /\bmy name is (\p{L}[\p{L}\p{M}'-]{0,30})/iu
const ECHO =
  /^(?:please )?(?:just |only )?(?:say|repeat|echo|(?:reply|respond|answer)(?: only| just)? with)(?: only| exactly| just)?(?: the (?:single |following )?(?:words?|phrase|text|sentence))?:? (.{1,400})$/i
const POEM = /\b(?:poem|haiku|verses?|limerick|song)\b/i
const JOKE = /\b(?:tell|give|write|know)\b.{0,20}\b(?:jokes?|puns?|something funny)\b/i
const LIST =
  /^(?:please )?(?:list|name|give me|write|tell me)(?: me)? (\d{1,3}|two|three|four|five|six|seven|eight|nine|ten) (?!words?\b)/i
const ABOUT_MEDIA =
  /^(?:please )?(?:(?:can|could) you )?(?:what|which|how (?:many|much|long|big|large|high|wide|loud)|who|where|is|are|describe|tell me|explain|identify|caption|look)\b/i
const BRIEF =
  /\b(?:in (?:a|one|few|a few|two|three) (?:words?|sentences?|few words)|briefly|in short|short answer)\b/i
const WORDS_WANTED = /\b(\d{1,5})[- ]words?\b/i
const LONG = /\b(?:(?<!\bhow )long|detailed|in detail|in depth|essay|story|article)\b/i

function respond(conversation: Conversation, manner: Manner, random: Random): string {
  const { prompt } = conversation
  if (prompt === '')
    return conversation.media.length > 0 ? 'What would you like to know about it?' : random.pick(GREETINGS)
  const echo = ECHO.exec(prompt)?.[1]
  if (echo !== undefined) return unquote(echo)
  const sum = answerArithmetic(prompt, manner.showsWork)
  if (sum !== undefined) return sum
  if (MY_NAME_ASKED.test(prompt)) return tellName(conversation.earlier)
  if (GREETING.test(prompt)) return random.pick(GREETINGS)
  if (THANKING.test(prompt)) return random.pick(THANKS)
  if (IDENTITY.test(prompt)) return introduce(conversation, manner)
  const briefly = manner.brief || BRIEF.test(prompt)
  const subject = subjectOf(prompt)
  if (JOKE.test(prompt)) return random.pick(JOKES)
  if (POEM.test(prompt)) return writePoem(subject, /\bhaiku\b/i.test(prompt), random)
  const read = conversation.readings.length > 0 ? answerFrom(conversation.readings, prompt) : undefined
  if (read !== undefined) return read
  const known = knownAnswer(prompt, briefly)
  if (known !== undefined) return briefly ? known : known + random.pick(FOLLOW_UPS)
  const items = LIST.exec(prompt)?.[1]
  if (items !== undefined) return writeList(numberOf(items), subject, random)
  const recalled = answerFromEarlier(conversation.earlier, prompt)
  if (recalled !== undefined) return recalled
  // What can be seen is said already; more would be made up.
  if (conversation.media.length > 0 && ABOUT_MEDIA.test(prompt) && !LONG.test(prompt)) return ''
  return writeProse(prompt, subject, briefly, random)
}

function unquote(text: string): string {
  return /^(["'“‘`])(.*)["'”’`][.!]?$/.exec(text)?.[2] ?? text
}

function tellName(earlier: readonly string[]): string {
  const told = earlier.findLast((text) => MY_NAME_TOLD.test(normalise(text)))
  const name = told === undefined ? undefined : MY_NAME_TOLD.exec(normalise(told))?.[1]
  return name === undefined ? 'You have not told me your name yet.' : `Your name is ${name}.`
}

function introduce(conversation: Conversation, manner: Manner): string {
  const who = manner.name === undefined ? `I am ${conversation.modelId}` : `I am ${manner.name}`
  const what = manner.persona === undefined ? '' : `, ${manner.persona}`
  return `${who}${what}, played by the sandbox: my answers are made without a model and are the same each time.`
}

function writePoem(subject: Subject, isHaiku: boolean, random: Random): string {
  const start = 2 * random.below(POEM_LINES.length / 2)
  const count = isHaiku ? 3 : 4
  const lines = Array.from({ length: count }, (_, at) => POEM_LINES[(start + at) % POEM_LINES.length]!)
  const poem = lines.map((line) => capitalise(fill(line, subject, random))).join('\n')
  return poem.replace(/[,.]?$/, '.')
}

function writeList(wanted: number, subject: Subject, random: Random): string {
  const count = Math.min(LIST_ITEMS_MAX, Math.max(1, wanted))
  const start = random.below(LIST_ITEMS.length)
  const items = Array.from({ length: count }, (_, index) => {
    const item = fill(LIST_ITEMS[(start + index) % LIST_ITEMS.length]!, subject, random)
    return `${index + 1}. ${capitalise(item)}`
  })
  return `${capitalise(subject.topic)}:\n\n${items.join('\n')}`
}

function writeProse(prompt: string, subject: Subject, briefly: boolean, random: Random): string {
  if (briefly) return fill(random.pick(BRIEFS), subject, random)
  const asked = Number(WORDS_WANTED.exec(prompt)?.[1] ?? 0)
  const words = Math.min(WORDS_MAX, asked || (LONG.test(prompt) ? WORDS_LONG : WORDS_STANDARD))
  const sentences = [fill(random.pick(OPENINGS), subject, random)]
  const start = random.below(SENTENCES.length)
  // An odd step, prime to the number of sentences, visits each of them before one comes again.
  const step = random.pick([3, 5, 9, 11, 13])
  let count = wordsOf(sentences[0]!)
  for (let index = 0; count < words; index++) {
    const sentence = fill(SENTENCES[(start + index * step) % SENTENCES.length]!, subject, random)
    sentences.push(sentence)
    count += wordsOf(sentence)
  }
  sentences.push(fill(random.pick(CLOSINGS), subject, random))
  return paragraphs(sentences)
}

const SENTENCES_PER_PARAGRAPH = 6

function paragraphs(sentences: readonly string[]): string {
  const texts: string[] = []
  for (let index = 0; index < sentences.length; index += SENTENCES_PER_PARAGRAPH) {
    texts.push(sentences.slice(index, index + SENTENCES_PER_PARAGRAPH).join(' '))
  }
  return texts.join('\n\n')
}

/** At least 1, so that a count of words always grows. */
function wordsOf(sentence: string): number {
  return sentence.split(' ').length
}

function fill(template: string, subject: Subject, random: Random): string {
  const { topic, keywords } = subject
  const first = random.below(keywords.length)
  const second = (first + 1 + random.below(keywords.length - 1)) % keywords.length
  return template
    .replaceAll('{topic}', () => topic)
    .replaceAll('{Topic}', () => capitalise(topic))
    .replaceAll('{a}', () => keywords[first]!)
    .replaceAll('{b}', () => keywords[second]!)
}
