/**
 * What the sandbox takes for harm: a short list of plain words, so that a team can test what its application does when
 * Gemini blocks. No word is a judgement; the guide prints this very list.
 */

export type Probability = 'NEGLIGIBLE' | 'LOW' | 'MEDIUM' | 'HIGH'

/** The categories that Google rates. */
export const CATEGORIES = [
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
] as const

/** Rated only when a safety setting names them. */
export const MORE_CATEGORIES = ['HARM_CATEGORY_CIVIC_INTEGRITY', 'HARM_CATEGORY_JAILBREAK'] as const

export type Category = (typeof CATEGORIES | typeof MORE_CATEGORIES)[number]

/** Words and phrases in lower case; found as whole words. */
export const VOCABULARY: Readonly<
  Record<Category, Readonly<Record<Exclude<Probability, 'NEGLIGIBLE'>, readonly string[]>>>
> = {
  HARM_CATEGORY_HARASSMENT: {
    LOW: ['tease', 'mock', 'mocking'],
    MEDIUM: ['insult', 'insulting', 'bully', 'bullying'],
    HIGH: ['threaten', 'threatening', 'harass', 'stalk'],
  },
  HARM_CATEGORY_HATE_SPEECH: {
    LOW: ['stereotype', 'stereotypes'],
    MEDIUM: ['slur', 'slurs', 'bigotry'],
    HIGH: ['hate speech', 'ethnic cleansing'],
  },
  HARM_CATEGORY_SEXUALLY_EXPLICIT: {
    LOW: ['flirt', 'flirting'],
    MEDIUM: ['erotic', 'nude', 'nudity'],
    HIGH: ['pornographic', 'explicit sex'],
  },
  HARM_CATEGORY_DANGEROUS_CONTENT: {
    LOW: ['weapon', 'weapons'],
    MEDIUM: ['explosive', 'explosives', 'poison'],
    HIGH: ['make a bomb', 'build a bomb', 'nerve agent'],
  },
  HARM_CATEGORY_CIVIC_INTEGRITY: {
    LOW: ['polling place'],
    MEDIUM: ['voter suppression'],
    HIGH: ['rig the election', 'election fraud'],
  },
  HARM_CATEGORY_JAILBREAK: {
    LOW: ['pretend you have no rules'],
    MEDIUM: ['developer mode enabled'],
    HIGH: ['ignore all previous instructions', 'ignore your instructions'],
  },
}
