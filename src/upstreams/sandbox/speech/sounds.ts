/** From words to the sounds that they are spoken with: what, and for how long. */
import { fold } from '../images/font.ts'

/** Formants, in hertz, of what a throat can hold: five vowels and a hum. */
export const FORMANTS = {
  a: [730, 1_090, 2_440],
  e: [530, 1_840, 2_480],
  i: [280, 2_250, 2_950],
  o: [570, 840, 2_410],
  u: [310, 870, 2_240],
  hum: [260, 1_050, 2_200],
} as const

export type Timbre = keyof typeof FORMANTS

export interface Sound {
  /** A timbre is voiced, `noise` is breath, `pause` is silence. */
  readonly kind: Timbre | 'noise' | 'pause'
  readonly seconds: number
}

/** What is said in one breath. */
export interface Sentence {
  readonly sounds: readonly Sound[]
  readonly isQuestion: boolean
}

const VOWEL_SECONDS = 0.11
const CONSONANT_SECONDS = 0.06
const GAP_SECONDS = 0.04
const STOP_SECONDS = 0.035
const BURST_SECONDS = 0.025
const PAUSES: Readonly<Record<string, number>> = { ',': 0.2, ';': 0.25, ':': 0.25, '-': 0.15, '\n': 0.3 }
const PAUSE_SENTENCE_SECONDS = 0.4
/** Characters of a text that are looked at: more than ten minutes of speech. */
export const SPEECH_CHARS_MAX = 40_000
/** Without a full stop, a breath is taken after this many words. */
const WORDS_MAX = 60

const VOWELS: ReadonlySet<string> = new Set(['a', 'e', 'i', 'o', 'u'])
const TIMBRES: readonly Timbre[] = ['a', 'e', 'i', 'o', 'u']
const STOPS = new Set([...'ptkbdgqc'])
const BREATHS = new Set([...'sfhxzv'])
const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

const TOKEN = /[\p{L}\p{M}'’]{1,64}|\p{Nd}|[.!?…。！？]+|[,;:、，；：]|\n|[-–—]/gu
const SENTENCE_END = /^[.!?…。！？]/
const FULL_WIDTH: Readonly<Record<string, string>> = {
  '、': ',',
  '，': ',',
  '；': ';',
  '：': ':',
  '–': '-',
  '—': '-',
}

/** One after another, so that a long text costs only what is listened to. */
export function* sentencesOf(text: string): Generator<Sentence> {
  let sounds: Sound[] = []
  let words = 0
  for (const [token] of text.slice(0, SPEECH_CHARS_MAX).toWellFormed().matchAll(TOKEN)) {
    const isEnd = SENTENCE_END.test(token)
    if (isEnd && words > 0) {
      sounds.push({ kind: 'pause', seconds: PAUSE_SENTENCE_SECONDS })
      yield { sounds, isQuestion: /[?？]/.test(token) }
      sounds = []
      words = 0
    } else if (!isEnd) {
      words += readToken(token, sounds)
    }
    if (words >= WORDS_MAX) {
      yield { sounds, isQuestion: false }
      sounds = []
      words = 0
    }
  }
  if (words > 0) yield { sounds, isQuestion: false }
}

/** Adds the token's sounds; the number of words that it is. */
function readToken(token: string, sounds: Sound[]): number {
  const pause = PAUSES[FULL_WIDTH[token] ?? token]
  if (pause !== undefined) {
    // Any number of commas is one pause, and none begins a sentence.
    const last = sounds.at(-1)
    if (last !== undefined && (last.kind !== 'pause' || last.seconds < pause)) {
      sounds.push({ kind: 'pause', seconds: pause })
    }
    return 0
  }
  if (/^\p{Nd}$/u.test(token)) {
    const value = fold(token).charCodeAt(0) - 0x30
    return readWord(DIGITS[value] ?? 'number', sounds)
  }
  return readWord(fold(token).toLowerCase(), sounds)
}

function readWord(word: string, sounds: Sound[]): number {
  let before = ''
  for (const letter of word) {
    // A doubled letter is heard once.
    if (letter !== before) readLetter(letter, sounds)
    before = letter
  }
  sounds.push({ kind: 'pause', seconds: GAP_SECONDS })
  return 1
}

function readLetter(letter: string, sounds: Sound[]): void {
  if (VOWELS.has(letter)) sounds.push({ kind: letter as Timbre, seconds: VOWEL_SECONDS })
  else if (letter === 'y') sounds.push({ kind: 'i', seconds: VOWEL_SECONDS })
  else if (STOPS.has(letter)) {
    sounds.push({ kind: 'pause', seconds: STOP_SECONDS }, { kind: 'noise', seconds: BURST_SECONDS })
  } else if (BREATHS.has(letter)) sounds.push({ kind: 'noise', seconds: CONSONANT_SECONDS })
  else if (/^[a-z]$/.test(letter)) sounds.push({ kind: 'hum', seconds: CONSONANT_SECONDS })
  else if (/^\p{L}$/u.test(letter)) readForeign(letter, sounds)
}

/** A letter of another script is a syllable of its own. */
function readForeign(letter: string, sounds: Sound[]): void {
  const code = letter.codePointAt(0) ?? 0
  sounds.push({ kind: code % 2 === 0 ? 'hum' : 'noise', seconds: CONSONANT_SECONDS })
  sounds.push({ kind: TIMBRES[code % TIMBRES.length]!, seconds: VOWEL_SECONDS })
}
