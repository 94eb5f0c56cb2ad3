/** Parts with their cost, and how many of them fit under a limit. */
import type { Part } from '../../wire/gemini.ts'
import { countTokens, tokenEnds } from '../tokenizer.ts'
import type { Modality } from '../translation/checks/mime-types.ts'
import type { Medium } from './media/medium.ts'

/** A part of a candidate with its cost. */
export interface Piece {
  readonly part: Part
  /** Of a text: where its tokens end, so that a stream can cut it there. */
  readonly ends: readonly number[] | undefined
  readonly tokens: number
  readonly modality: Modality
}

export interface Fitted {
  readonly pieces: readonly Piece[]
  readonly isCut: boolean
}

type Media = ReadonlyMap<Part, Medium> | undefined

/** Texts end where the tokens do; another part is whole or not there. */
export function fit(parts: readonly Part[], tokensMax: number, media: Media): Fitted {
  const pieces: Piece[] = []
  let left = tokensMax
  for (const part of parts) {
    const piece = part.text === undefined ? pieceOf(part, media) : textPiece(part, part.text, left)
    const isCut = part.text === undefined ? piece.tokens > left : piece.part.text !== part.text
    if (!isCut || piece.part.text) pieces.push(piece)
    if (isCut) return { pieces, isCut }
    left -= piece.tokens
  }
  return { pieces, isCut: false }
}

function textPiece(part: Part, text: string, tokensMax: number): Piece {
  const ends = tokenEnds(text, tokensMax)
  const shown = text.slice(0, ends.at(-1) ?? 0)
  return {
    part: shown === text ? part : { ...part, text: shown },
    ends,
    tokens: ends.length,
    modality: 'TEXT',
  }
}

function pieceOf(part: Part, media: Media): Piece {
  const medium = media?.get(part)
  const tokens = medium?.tokens ?? (isResult(part) ? 0 : countTokens(JSON.stringify(part)))
  return { part, ends: undefined, tokens, modality: medium?.modality ?? 'TEXT' }
}

/** What a tool gave back is not the model's own output. */
function isResult(part: Part): boolean {
  return part.codeExecutionResult !== undefined || part.toolResponse !== undefined
}
