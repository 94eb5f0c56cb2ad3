/** What a prompt is about, as far as a few patterns can tell. */
import { stopWords } from './words.ts'

/** Characters of a prompt that are looked at. */
const PROMPT_CHARS_MAX = 4_000
const TOPIC_CHARS_MAX = 80
const KEYWORDS_MAX = 6
/** Words that still read as a phrase rather than as a sentence. */
const WORDS_IN_PHRASE_MAX = 3

export interface Subject {
  /** A phrase that fits into a sentence, such as `how AI works`. */
  readonly topic: string
  /** At least two words out of the prompt. */
  readonly keywords: readonly string[]
}

const COURTESY =
  /^(?:please|kindly|can you|could you|would you|will you|i want you to|i would like you to|help me(?: to)?)\s+/i
/** Words that a topic does not begin with. */
const LEAD_IN = new RegExp(
  '^(?:explain(?: to me)?|describe|tell me(?: more)? about|talk about|teach me(?: about)?|summari[sz]e|define|discuss|' +
    'write(?: me)?(?: an?| the)?(?: \\d+[- ]words?)?(?: short| long| brief| small)?' +
    '(?: poem| haiku| story| essay| text| article| paragraph)?(?: about| on| of)?|' +
    "give me(?: an?)?|list|show me|what(?: is| are|'s)|tell me|\\d+[- ]words?(?: about| on)?)\\s+",
  'i',
)
const TAIL =
  /\s*(?:in (?:a few|few|simple|plain|one|\d+) (?:words?|terms|sentences?)|in detail|briefly|simply|please)$/i
/** Questions that cannot be turned into a phrase by leaving words out. */
const QUESTION =
  /^(?:who|whose|why|when|where|which|is|are|was|were|do|does|did|can|could|should|will|how (?:does|do|did|can|could|many|much|old|far|long|is|are))\b/i

const STOP_WORDS = stopWords(
  'but than about describe write list show few words simply briefly short long make want need one two ' +
    'three just very more most much many also all not no yes work works won win happen happens mean means ' +
    'poem haiku story essay text article word sentence sentences',
)

/** The start of a prompt, blanks made single, as what the patterns work on. */
export function normalise(prompt: string): string {
  return prompt.slice(0, PROMPT_CHARS_MAX).toWellFormed().replace(/\s+/g, ' ').trim()
}

export function subjectOf(prompt: string): Subject {
  const keywords = keywordsOf(prompt)
  const topic = topicOf(prompt) || keywords[0] || 'your message'
  const [first = topic, second = 'the rest'] = keywords
  return { topic, keywords: [first, second, ...keywords.slice(2)] }
}

function topicOf(prompt: string): string {
  const [sentence = ''] = prompt.split(/[.?!](?:\s|$)/, 1)
  const request = withoutAny(sentence, COURTESY)
  if (QUESTION.test(request)) {
    return request.length <= TOPIC_CHARS_MAX ? `the question “${request}”` : 'your question'
  }
  const whole = withoutAny(request, TAIL)
  const topic = withoutAny(whole, LEAD_IN)
  // Nothing led in, so it is a sentence of its own: quoted, it fits into another one.
  if (topic === whole && topic.split(' ', WORDS_IN_PHRASE_MAX + 1).length > WORDS_IN_PHRASE_MAX) {
    return `“${clip(topic)}”`
  }
  return clip(topic.replace(/[\s,;:.?!"'“”]+$/, '').replace(/^[\s"'“”]+/, ''))
}

/** Leaves the pattern out until it no longer matches; each turn makes the text shorter. */
function withoutAny(text: string, pattern: RegExp): string {
  let rest = text
  while (pattern.test(rest)) rest = rest.replace(pattern, '')
  return rest
}

function clip(topic: string): string {
  if (topic.length <= TOPIC_CHARS_MAX) return topic
  const cut = topic.slice(0, TOPIC_CHARS_MAX)
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), TOPIC_CHARS_MAX / 2)).toWellFormed()
}

/** The words of a prompt that say what it is about, at most six. */
export function keywordsOf(prompt: string): string[] {
  const keywords = new Map<string, string>()
  for (const [word] of prompt.matchAll(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]{1,30}/gu)) {
    const key = word.toLowerCase()
    if (!STOP_WORDS.has(key) && !keywords.has(key) && !/^\d+$/.test(key)) keywords.set(key, word)
    if (keywords.size === KEYWORDS_MAX) break
  }
  return [...keywords.values()]
}

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

/** `3` or `three` as a number. */
export function numberOf(word: string): number {
  const index = NUMBER_WORDS.indexOf(word.toLowerCase())
  return index === -1 ? Number(word) : index
}
