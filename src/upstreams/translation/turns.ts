/** Contents as turns: roles settled, neighbours merged, calls and responses paired, results put first. */
import { type Report, refused } from '../../nouns/report.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { roleOf } from './checks/contents.ts'
import { type Paired, pairLoosely, pairTurns, turnsOf } from './checks/turns.ts'
import type { Piece, ResultPiece, TextPiece, Turn } from './conversation.ts'
import type { CallIds } from './ids.ts'
import type { MediumHolder } from './media.ts'
import { isEmpty } from './nothing.ts'
import { type Exchanges, type PieceReader, readPart } from './pieces.ts'

type Content = GeminiMessage<'Content'>
type FunctionCall = GeminiMessage<'FunctionCall'>
type FunctionResponse = GeminiMessage<'FunctionResponse'>

/** A content and where it stands: `contents[0]`, or `cachedContent.contents[0]`. */
export interface PlacedContent {
  readonly content: Content
  readonly path: string
  readonly isCached: boolean
}

/** `system` is no role of Gemini's, but clients that come from elsewhere send it. */
export function isSystem({ content }: PlacedContent): boolean {
  return content.role?.toLowerCase() === 'system'
}

/** The texts of system contents, in order. Throws Google's 400 for what is no text. */
export function readSystemContents(placed: readonly PlacedContent[], report: Report): readonly TextPiece[] {
  const start = placed.findIndex((one) => !isSystem(one))
  return placed.flatMap((one, index) => {
    if (!isSystem(one)) return []
    if (start !== -1 && index > start) {
      report.approximated(`${one.path}.role`, 'the target is told it before the conversation begins')
    }
    return readSystem(one.content, one.path, report)
  })
}

/** The texts of a system instruction. */
export function readSystem({ parts = [] }: Content, path: string, report: Report): readonly TextPiece[] {
  return parts.flatMap(({ text, ...others }, index): TextPiece[] => {
    const field = `${path}.parts[${index}]`
    if (text === undefined) throw refused(field, 'System instruction must be text.')
    for (const [member, value] of Object.entries(others)) {
      if (!isEmpty(value))
        report.dropped(`${field}.${member}`, 'of a system instruction only the text is told')
    }
    return text === '' ? [] : [{ kind: 'text', path: field, text }]
  })
}

/**
 * Which call each response answers, and the ids of the calls that are answered. Throws Google's 400, unless `isLoose`:
 * then what has no partner has none.
 */
export function pairContents(
  placed: readonly PlacedContent[],
  callIds: CallIds,
  isLoose: boolean,
): Exchanges {
  const contents = placed.map(({ content }) => content)
  const turns = turnsOf(contents, (index) => placed[index]!.path)
  const paired = isLoose ? pairLoosely(turns) : pairTurns(turns)
  return idsOf(placed, paired, callIds)
}

function idsOf(placed: readonly PlacedContent[], paired: readonly Paired[], callIds: CallIds): Exchanges {
  const calls = new Map<FunctionResponse, FunctionCall>()
  for (const { call, response, by } of paired) if (by === 'client') calls.set(response, call)
  const ids = new Map<FunctionCall, string>()
  if (calls.size === 0) return { ids, calls }
  const answered = new Set(calls.values())
  for (const { content, path } of placed) {
    content.parts?.forEach(({ functionCall }, index) => {
      if (functionCall === undefined || !answered.has(functionCall)) return
      ids.set(functionCall, callIds.next(functionCall, `${path}.parts[${index}].functionCall`))
    })
  }
  return { ids, calls }
}

/** Everything that holds a medium, in order. */
export function mediumHolders(placed: readonly PlacedContent[]): readonly MediumHolder[] {
  const holders: MediumHolder[] = []
  for (const { content, path } of placed) {
    content.parts?.forEach((part, index) => {
      const field = `${path}.parts[${index}]`
      if (part.inlineData !== undefined || part.fileData !== undefined) {
        holders.push({ holder: part, path: field })
      }
      part.functionResponse?.parts?.forEach((holder, at) => {
        holders.push({ holder, path: `${field}.functionResponse.parts[${at}]` })
      })
    })
  }
  return holders
}

export interface TurnsRead {
  readonly turns: readonly Turn[]
  /** How many of them came from a cache as a whole. */
  readonly cached: number
}

/** `placed` has no system contents. A turn that says nothing vanishes, and its neighbours meet. */
export function readTurns(placed: readonly PlacedContent[], reader: PieceReader): TurnsRead {
  const turns: { role: Turn['role']; pieces: Piece[]; isCached: boolean }[] = []
  for (const { content, path, isCached } of placed) {
    const pieces = (content.parts ?? []).flatMap((part, index) =>
      readPart(part, `${path}.parts[${index}]`, reader),
    )
    if (pieces.length === 0) continue
    const role = roleOf(content, path)
    const last = turns.at(-1)
    if (last?.role === role) {
      for (const piece of pieces) last.pieces.push(piece)
      last.isCached &&= isCached
    } else turns.push({ role, pieces, isCached })
  }
  const order = new Map([...reader.exchanges.ids.values()].map((id, index) => [id, index]))
  return {
    turns: turns.map(({ role, pieces }) => ({ role, pieces: arranged(pieces, order) })),
    cached: turns.filter(({ isCached }) => isCached).length,
  }
}

function arranged(pieces: readonly Piece[], order: ReadonlyMap<string, number>): readonly Piece[] {
  const results = pieces.filter((piece): piece is ResultPiece => piece.kind === 'result')
  if (results.length > 0) {
    results.sort((one, other) => order.get(one.id)! - order.get(other.id)!)
    return [...results, ...pieces.filter(({ kind }) => kind !== 'result')]
  }
  if (!pieces.some(({ kind }) => kind === 'thought')) return pieces
  const stated = pieces.findLastIndex(({ state }) => state !== undefined)
  return pieces.map((piece, index) =>
    piece.kind === 'thought' && index < stated ? { ...piece, isCovered: true } : piece,
  )
}
