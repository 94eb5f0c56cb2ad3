/** What a system instruction says about how to answer: tone, length, letters, who speaks. */
import { normalise } from './prompt.ts'

export interface Manner {
  /** Put before the answer, such as `Arr! ` or `Speaking as a math tutor: `. */
  readonly lead: string
  readonly brief: boolean
  readonly showsWork: boolean
  readonly letters: 'upper' | 'lower' | 'as is'
  readonly name: string | undefined
  readonly persona: string | undefined
}

const PERSONA = /\byou are (?:now )?((?:an? |the )?[^.,;:!?\n]{2,60})/i
const NAME = /\byour name is (\p{L}[\p{L}\p{M}'-]{0,30})/iu
/** Roles that a model has anyway; to announce them would be silly. */
const PLAIN = /assistant|chatbot|\bAI\b|language model|helpful|concise|brief|terse|polite/i

const CRIES: readonly (readonly [RegExp, string])[] = [
  [/\bcat\b|\bkitten\b|\bneko\b/i, 'Meow! '],
  [/\bdog\b|\bpuppy\b/i, 'Woof! '],
  [/\bpirate\b/i, 'Arr! '],
  [/\brobot\b/i, 'Beep. '],
  [/\bformal(?:ly)?\b|\bbutler\b/i, 'Certainly. '],
]

export function mannerOf(systemText: string): Manner {
  const text = normalise(systemText)
  const persona = PERSONA.exec(text)?.[1]?.trim()
  const cry = CRIES.find(([pattern]) => pattern.test(text))?.[1]
  const announced = persona !== undefined && !PLAIN.test(persona) ? `Speaking as ${persona}: ` : ''
  return {
    lead: cry ?? announced,
    brief: /\b(?:terse|brief|briefly|concise|concisely|short|one sentence|few words|one word)\b/i.test(text),
    showsWork: /show (?:your |the |all )?(?:work|steps)|step[- ]by[- ]step|explain your/i.test(text),
    letters: lettersOf(text),
    name: NAME.exec(text)?.[1],
    persona,
  }
}

function lettersOf(text: string): Manner['letters'] {
  if (/\b(?:upper ?-?case|all caps|capital letters|capitals)\b/i.test(text)) return 'upper'
  return /\b(?:lower ?-?case|small letters)\b/i.test(text) ? 'lower' : 'as is'
}
