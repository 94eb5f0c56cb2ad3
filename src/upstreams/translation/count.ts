/** What a conversation comes to in tokens, for targets that do not count. An estimate. */
import { mediaTokensShown } from '../../nouns/estimate.ts'
import type { MediaKind } from '../../wire/inline-media.ts'
import { countTokens } from '../tokenizer.ts'
import type { Modality } from './checks/mime-types.ts'
import type { Conversation, Medium, MediumKind, Piece } from './conversation.ts'

export interface Estimate {
  readonly total: number
  /** As `promptTokensDetails`; without zeros. */
  readonly byModality: readonly { readonly modality: Modality; readonly tokenCount: number }[]
}

const MODALITIES: Readonly<Record<MediumKind, Modality>> = {
  image: 'IMAGE',
  audio: 'AUDIO',
  video: 'VIDEO',
  document: 'DOCUMENT',
  text: 'TEXT',
}

export function estimateTokens({ system, turns, functions }: Conversation): Estimate {
  const tally = new Map<Modality, number>()
  const add = (modality: Modality, tokens: number): void => {
    if (tokens > 0) tally.set(modality, (tally.get(modality) ?? 0) + tokens)
  }
  for (const { text } of system) add('TEXT', countTokens(text))
  for (const { pieces } of turns) for (const piece of pieces) addPiece(piece, add)
  for (const { name, description = '', parameters } of functions) {
    add('TEXT', countTokens(`${name} ${description} ${JSON.stringify(parameters)}`))
  }
  let total = 0
  for (const tokens of tally.values()) total += tokens
  return { total, byModality: [...tally].map(([modality, tokenCount]) => ({ modality, tokenCount })) }
}

type Add = (modality: Modality, tokens: number) => void

function addPiece(piece: Piece, add: Add): void {
  switch (piece.kind) {
    case 'text':
    case 'thought':
      return add('TEXT', countTokens(piece.text))
    case 'medium':
      return addMedium(piece.medium, add)
    case 'call':
      return add('TEXT', countTokens(`${piece.name} ${JSON.stringify(piece.args)}`))
    case 'result':
      add('TEXT', countTokens(`${piece.name} ${JSON.stringify(piece.response)}`))
      for (const { medium } of piece.media) addMedium(medium, add)
  }
}

function addMedium({ kind, source }: Medium, add: Add): void {
  const base64 = 'base64' in source ? source.base64 : ''
  if (kind === 'text') return add('TEXT', countTokens(Buffer.from(base64, 'base64').toString('utf8')))
  const measured: MediaKind = kind === 'image' || kind === 'audio' ? kind : 'other'
  add(MODALITIES[kind], mediaTokensShown(measured, base64.length))
}
