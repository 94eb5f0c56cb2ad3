/** Where a document's paragraphs begin and end. */
import { piecesOf, sentencesOf } from '../text/sentences.ts'

const PASSAGE_CHARS_MAX = 1_200

export interface Paragraph {
  readonly text: string
  /** The heading that it stands below, without its marks. */
  readonly heading: string
}

/** A document's paragraphs as lines of prose, long ones in pieces; headings and rules are none. */
export function paragraphsOf(text: string): Paragraph[] {
  const paragraphs: Paragraph[] = []
  let heading = ''
  for (const block of text.split(/\n[ \t]*\n/)) {
    const lines = block.split('\n').map((line) => line.trim())
    while (/^#{1,6} /.test(lines[0] ?? '')) heading = lines.shift()!.replace(/^#{1,6} /, '')
    const prose = lines.join(' ').replace(/\s+/g, ' ').trim()
    if (prose === '' || /^[-=*_ ]+$/.test(prose)) continue
    for (const piece of longPieces(prose)) paragraphs.push({ text: piece, heading })
  }
  return paragraphs
}

/** Sentences put together up to the size of a passage. */
function longPieces(prose: string): string[] {
  if (prose.length <= PASSAGE_CHARS_MAX) return [prose]
  const cut: string[] = []
  let current = ''
  for (const piece of piecesOf(prose, PASSAGE_CHARS_MAX * 32).flatMap(sentencesOf)) {
    if (current !== '' && current.length + piece.length >= PASSAGE_CHARS_MAX) {
      cut.push(current)
      current = ''
    }
    current += current === '' ? piece : ` ${piece}`
  }
  return current === '' ? cut : [...cut, current]
}
