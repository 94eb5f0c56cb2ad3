/** The words under a picture. */
import { type Canvas, fillRect } from './canvas.ts'
import { type Colour, luminance } from './colours.ts'
import { fold, GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from './font.ts'

const LINES_MAX = 3
/** Characters that are looked at: more than three lines can hold. */
const CAPTION_CHARS_MAX = 600
/** Letters that fit beside each other on a square picture, about. */
const LETTERS_ACROSS = 48
const MARGIN_LETTERS = 2

export interface Caption {
  readonly lines: readonly string[]
  /** Pixels of one dot of a letter. */
  readonly dot: number
  /** Pixels at the bottom of the picture that belong to it; 0 without words. */
  readonly height: number
}

/** Breaks the words into lines that fit. */
export function layCaption(text: string, { width, height }: Pick<Canvas, 'width' | 'height'>): Caption {
  const step = GLYPH_WIDTH + 1
  const dot = Math.max(1, Math.floor(Math.sqrt(width * height) / (LETTERS_ACROSS * step)))
  const lettersMax = Math.max(1, Math.floor(width / (dot * step)) - 2 * MARGIN_LETTERS)
  const lines = wrap(fold(text.slice(0, CAPTION_CHARS_MAX)), lettersMax)
  const lineHeight = (GLYPH_HEIGHT + 3) * dot
  return { lines, dot, height: lines.length === 0 ? 0 : (lines.length + 1) * lineHeight }
}

function wrap(text: string, lettersMax: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > lettersMax && line !== '') {
      lines.push(line)
      line = word
    } else line = longer
  }
  if (line !== '') lines.push(line)
  const kept = lines.slice(0, LINES_MAX).map((kept) => kept.slice(0, lettersMax))
  if (lines.length > LINES_MAX) kept[LINES_MAX - 1] = `${kept[LINES_MAX - 1]!.slice(0, lettersMax - 3)}...`
  return kept
}

/** Black or white, whichever can be read on `ground`. */
export function drawCaption(canvas: Canvas, { lines, dot, height }: Caption, ground: Colour): void {
  const ink = canvas.ink(luminance(ground) > 120 ? 0x101010 : 0xf5f5f5)
  const lineHeight = (GLYPH_HEIGHT + 3) * dot
  const top = canvas.height - height + lineHeight / 2
  lines.forEach((line, index) => {
    const letters = [...line]
    const left = (canvas.width - letters.length * (GLYPH_WIDTH + 1) * dot) / 2
    letters.forEach((letter, column) => {
      drawGlyph(canvas, letter, left + column * (GLYPH_WIDTH + 1) * dot, top + index * lineHeight, dot, ink)
    })
  })
}

function drawGlyph(
  canvas: Canvas,
  letter: string,
  left: number,
  top: number,
  dot: number,
  ink: number,
): void {
  const x = Math.round(left)
  const y = Math.round(top)
  glyphOf(letter).forEach((bits, row) => {
    for (let column = 0; column < GLYPH_WIDTH; column++) {
      if ((bits >> (GLYPH_WIDTH - 1 - column)) % 2 === 0) continue
      fillRect(canvas, x + column * dot, y + row * dot, x + (column + 1) * dot, y + (row + 1) * dot, ink)
    }
  })
}
