/** Where sentences begin and end. */

const SENTENCES_MAX = 2_000
/** A longer sentence is cut where a blank is. */
const SENTENCE_CHARS_MAX = 600

/** Words before a full stop that does not end a sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:\p{L}|Dr|Mr|Mrs|Ms|St|No|vs|etc|approx|ca|e\.g|i\.e|U\.S|U\.K)\.$/u
const END = /[.!?]{1,3}["”’)\]]{0,3}(?=\s|$)|[。！？]{1,3}[”’」』）]{0,3}/g

/** The sentences of a text, in order, trimmed; joined by a blank they are the text again. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = []
  let start = 0
  const take = (end: number): void => {
    for (const piece of piecesOf(text.slice(start, end).trim(), SENTENCE_CHARS_MAX)) sentences.push(piece)
    start = end
  }
  for (const match of text.matchAll(END)) {
    if (sentences.length >= SENTENCES_MAX) break
    const end = match.index + match[0].length
    const tail = text.slice(Math.max(start, end - 12), end)
    if (!ABBREVIATION.test(tail)) take(end)
  }
  take(text.length)
  return sentences
}

/** A text in pieces of at most `max` characters, cut at blanks where there are any. */
export function piecesOf(text: string, max: number): string[] {
  const cut: string[] = []
  let rest = text
  while (rest.length > max) {
    const blank = rest.lastIndexOf(' ', max)
    let at = blank > max / 2 ? blank : max
    if (isHighSurrogate(rest, at - 1)) at--
    cut.push(rest.slice(0, at).trim())
    rest = rest.slice(at).trim()
  }
  return rest === '' ? cut : [...cut, rest]
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800
}
