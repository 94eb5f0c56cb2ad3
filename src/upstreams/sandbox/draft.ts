/** From what a player wants to say to what a candidate says: stop sequences, the token limit, thoughts, signatures. */
import type { Candidate, Part } from '../../wire/gemini.ts'
import { tokenEnds } from '../tokenizer.ts'
import type { Modality } from '../translation/checks/mime-types.ts'
import { sign } from './functions/signatures.ts'
import { likelihoods } from './likelihood.ts'
import { fit, type Piece } from './piece.ts'
import type { Play, Scene } from './play.ts'
import { addTokens, type Tally } from './usage.ts'

/** What one candidate says. */
export interface Draft {
  readonly index: number
  readonly pieces: readonly Piece[]
  readonly finishReason: string
  readonly finishMessage: string | undefined
  readonly thoughtsTokens: number
  /** A thought summary, when the request wants to see one. */
  readonly thoughts: string | undefined
  /** Members that come with the first chunk, and with the last one. */
  readonly opening: Partial<Candidate>
  readonly closing: Partial<Candidate>
}

export interface Thoughts {
  /** Tokens that the thinking wants. */
  readonly wanted: number
  readonly summary: string | undefined
}

/** Fits a play into the request's limits. */
export function draftOf(play: Play, scene: Scene, thoughts: Thoughts): Draft {
  const { request, model, hop } = scene.generation
  const max = request.generationConfig?.maxOutputTokens ?? model.resource.outputTokenLimit
  const thoughtsTokens = Math.min(thoughts.wanted, max)
  const told = hop?.from ?? 0
  const left = max - thoughtsTokens - told
  const stopped = stopAt(play.parts, request.generationConfig?.stopSequences ?? [])
  const fitted = fit(goOn(stopped, told), Math.min(left, hop?.tokensMax ?? left), play.media)
  const isCut = fitted.isCut || thoughts.wanted > max
  const pieces = signed(fitted.pieces, scene)
  const tokens = told + pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  const summary = told > 0 ? undefined : thoughts.summary
  const goesOn = hop !== undefined && fitted.isCut && hop.tokensMax < left
  return {
    index: scene.index,
    pieces,
    finishReason: goesOn ? 'CONTINUATION' : isCut ? 'MAX_TOKENS' : (play.finishReason ?? 'STOP'),
    finishMessage: isCut ? undefined : play.finishMessage,
    // Who goes on thought before.
    thoughtsTokens: told > 0 ? 0 : thoughtsTokens,
    thoughts: summary,
    opening: play.opening ?? {},
    closing: {
      ...likelihoods(pieces, scene),
      ...play.closing?.([...thoughtParts(summary), ...pieces.map(({ part }) => part)]),
      ...(goesOn && { continuationToken: hop.tokenAfter(tokens) }),
    },
  }
}

/** A thought summary is a part of the content, before all others. */
export function thoughtParts(summary: string | undefined): Part[] {
  return summary === undefined ? [] : [{ text: summary, thought: true }]
}

function signed(pieces: readonly Piece[], scene: Scene): Piece[] {
  const parts = sign(
    pieces.map(({ part }) => part),
    scene,
  )
  return pieces.map((piece, at) => ({ ...piece, part: parts[at]! }))
}

/** The parts after the first `told` tokens of text. */
function goOn(parts: readonly Part[], told: number): readonly Part[] {
  let skip = told
  return parts.flatMap((part) => {
    if (skip === 0 || part.text === undefined) return [part]
    const ends = tokenEnds(part.text, skip)
    skip -= ends.length
    const rest = part.text.slice(ends.at(-1) ?? 0)
    return rest === '' ? [] : [{ ...part, text: rest }]
  })
}

/** Cuts before the first stop sequence in a text, which is not part of the answer; nothing comes after it. */
function stopAt(parts: readonly Part[], sequences: readonly string[]): readonly Part[] {
  if (sequences.length === 0) return parts
  const kept: Part[] = []
  for (const part of parts) {
    const { text } = part
    const end = text === undefined ? -1 : firstOf(text, sequences)
    if (text === undefined || end < 0) {
      kept.push(part)
      continue
    }
    kept.push({ ...part, text: text.slice(0, end).toWellFormed() })
    break
  }
  return kept
}

/** Where the earliest of the sequences begins, or -1. */
function firstOf(text: string, sequences: readonly string[]): number {
  let first = -1
  for (const sequence of sequences) {
    const at = text.indexOf(sequence)
    if (at !== -1 && (first === -1 || at < first)) first = at
  }
  return first
}

/** Tokens of visible output by modality. */
export function tallyDrafts(drafts: readonly Draft[]): Tally {
  const tally = new Map<Modality, number>()
  for (const { pieces } of drafts) {
    for (const { modality, tokens } of pieces) addTokens(tally, modality, tokens)
  }
  return tally
}
