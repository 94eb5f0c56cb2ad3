/** The words that go with pictures, and how many pictures a prompt wants. */
import { capitalise } from '../text/edit.ts'
import { subjectOf } from '../text/prompt.ts'

const IMAGES_MAX = 4

const SEVERAL =
  /\b(\d{1,2}|two|three|four|five|six|several|some|a few|multiple) (?:[a-z]+ ){0,2}(?:pictures|images|illustrations|photos|photographs|drawings|paintings|versions|variations|steps|scenes|panels|chapters)\b/
const TELLING = /\b(?:story|recipe|step by step|step-by-step|tutorial|guide|comic|storyboard)\b/
const NONE =
  /\b(?:no|without(?: any)?|not?(?: an?)?) (?:images?|pictures?|illustrations?)\b|\btext only\b|\bonly text\b|\bdo(?: not|n't) (?:draw|paint|generate|create|make)\b/

const NUMBERS = ['zero', 'one', 'two', 'three', 'four']
/** How many `several` are, and how many a story has. */
const SOME = 3

const SMALL_TALK =
  /^(?:(?:hi|hello|hey|good (?:morning|day|evening)|thanks|thank you|bye|goodbye|ok|okay|yes|no)\b|(?:what|who|whose|why|when|where|which|how|is|are|do|does|did|can you tell)\b)/

/** From 0 to 4. `asks` is whether the prompt names something to draw. */
export function imagesWanted(prompt: string, asks: boolean, textToo: boolean): number {
  const text = prompt.slice(0, 4_000).toLowerCase().replace(/\s+/g, ' ').trim()
  if (NONE.test(text)) return 0
  const several = SEVERAL.exec(text)?.[1]
  if (several !== undefined) return countOf(several)
  if (textToo && TELLING.test(text) && asks) return SOME
  if (textToo && !asks && SMALL_TALK.test(text)) return 0
  return 1
}

function countOf(word: string): number {
  const named = NUMBERS.indexOf(word)
  const count = named >= 0 ? named : /^\d/.test(word) ? Number(word) : SOME
  return Math.min(IMAGES_MAX, Math.max(1, count))
}

const BEGINNINGS = ['Here is your picture', 'Here you go', 'This is what I drew']
const CHANGES = ['I have changed it', 'Here is the new version', 'Done, this is how it looks now']

/** The sentence before a single picture. */
export function introduce(
  description: string,
  isEdit: boolean,
  pick: (choices: readonly string[]) => string,
): string {
  return `${pick(isEdit ? CHANGES : BEGINNINGS)}: ${description}.`
}

const TELLINGS = [
  'It begins quietly. {Topic} is only an idea yet, and this is how it looks: {picture}.',
  'Then things start to move. A little later, {picture} can be seen, and nothing is quite as it was.',
  'Now it gets serious: everybody looks at {picture}, and somebody has to decide.',
  'In the end all is well. What stays of {topic} is {picture}, and a good memory.',
]

/** The paragraph before picture `index` of `count`. */
export function narrate(prompt: string, description: string, index: number, count: number): string {
  const { topic } = subjectOf(prompt.slice(0, 4_000).toWellFormed().replace(/\s+/g, ' ').trim())
  const telling = index === count - 1 && count > 1 ? TELLINGS.at(-1)! : TELLINGS[index % TELLINGS.length]!
  const text = telling
    .replace('{Topic}', () => capitalise(topic))
    .replace('{topic}', () => topic)
    .replace('{picture}', () => description)
  return `**${index + 1} of ${count}.** ${text}\n\n`
}
