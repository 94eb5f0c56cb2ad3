/** From the parts of a Gemini content to the pieces of a turn. */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import type { CallPiece, Medium, MediumPiece, Piece, ResultPiece } from './conversation.ts'
import type { FunctionNames } from './names.ts'
import { isEmpty, isNothing } from './nothing.ts'
import { openSignature, type SignatureReader } from './signatures.ts'
import { TOLD_MEMBERS, tellCall, tellPart, tellResponse } from './words.ts'

type Part = GeminiMessage<'Part'>
type FunctionCall = GeminiMessage<'FunctionCall'>
type FunctionResponse = GeminiMessage<'FunctionResponse'>

/** Calls and responses that go as such; all others are told in words. */
export interface Exchanges {
  /** The id of a call. */
  readonly ids: ReadonlyMap<FunctionCall, string>
  /** The call of a response. */
  readonly calls: ReadonlyMap<FunctionResponse, FunctionCall>
}

export interface PieceReader extends SignatureReader {
  readonly names: FunctionNames
  readonly exchanges: Exchanges
  /** By the part, or the part of a function's response, that holds it. */
  readonly media: ReadonlyMap<object, Medium>
}

/** What no other model has a place for beside a part. */
const MODIFIERS = [
  ['videoMetadata', isEmpty],
  ['mediaResolution', isNothing],
  ['mediaProcessing', isNothing],
  ['partMetadata', isEmpty],
  ['speechMetadata', isEmpty],
  ['audioTranscription', isEmpty],
] as const satisfies readonly (readonly [keyof Part, (value: unknown) => boolean])[]

/** None for a part that says nothing. `path` is the part's own. */
export function readPart(part: Part, path: string, reader: PieceReader): readonly Piece[] {
  for (const [modifier, saysNothing] of MODIFIERS) {
    if (part[modifier] === undefined || saysNothing(part[modifier])) continue
    reader.report.dropped(`${path}.${modifier}`, 'the target has no place for it')
  }
  const signature = part.thoughtSignature
  const state = signature ? openSignature(signature, `${path}.thoughtSignature`, reader) : undefined
  return readData(part, path, state === undefined ? {} : { state }, reader)
}

/** Of the target's own reasoning before a piece. */
interface Stated {
  readonly state?: unknown
}

function readData(part: Part, path: string, stated: Stated, reader: PieceReader): readonly Piece[] {
  const { text, functionCall, functionResponse } = part
  if (text !== undefined) {
    if (text === '' && stated.state === undefined) return []
    if (part.thought === true) return [{ kind: 'thought', path, text, isCovered: false, ...stated }]
    return [{ kind: 'text', path, text, ...stated }]
  }
  if (functionCall !== undefined) return [readCall(functionCall, path, stated, reader)]
  if (functionResponse !== undefined) return readResponse(functionResponse, path, stated, reader)
  const medium = reader.media.get(part)
  if (medium !== undefined) return readMedium(part, { kind: 'medium', path, medium, ...stated }, reader)
  const member = TOLD_MEMBERS.find((name) => part[name] !== undefined)
  if (member === undefined) return []
  reader.report.approximated(`${path}.${member}`, 'the target is told in words')
  return [{ kind: 'text', path, text: onLines(tellPart(part) ?? ''), ...stated }]
}

/** On lines of its own: neighbouring texts of the model are one text to the target, with nothing between them. */
const onLines = (text: string): string => `\n${text}\n`

function readMedium(part: Part, piece: MediumPiece, { report }: PieceReader): readonly Piece[] {
  if (part.thought !== true) return [piece]
  report.dropped(piece.path, 'the target is not shown what another model thought in images')
  if (piece.state === undefined) return []
  return [{ kind: 'text', path: piece.path, text: '', state: piece.state }]
}

function readCall(call: FunctionCall, path: string, stated: Stated, reader: PieceReader): Piece {
  const { names, exchanges, report } = reader
  const field = `${path}.functionCall`
  const { name = '', args = {}, partialArgs = [], willContinue } = call
  if (partialArgs.length > 0) report.dropped(`${field}.partialArgs`, 'only whole arguments are told')
  if (willContinue) report.dropped(`${field}.willContinue`, 'only whole arguments are told')
  const id = exchanges.ids.get(call)
  if (id === undefined) {
    report.approximated(field, 'nobody but a server answered it, so the target is told in words')
    return { kind: 'text', path, text: onLines(tellCall(call)), ...stated }
  }
  const piece: CallPiece = { kind: 'call', path, id, name: names.fitted(name), args, ...stated }
  if (call.id && call.id !== id) report.approximated(`${field}.id`, 'the target knows the call by another id')
  if (piece.name !== name) report.approximated(`${field}.name`, 'the target allows no such name')
  return piece
}

function readResponse(
  given: FunctionResponse,
  path: string,
  stated: Stated,
  reader: PieceReader,
): readonly Piece[] {
  const { names, exchanges, report } = reader
  const field = `${path}.functionResponse`
  reportResponse(given, field, reader)
  const media = readAttached(given, field, reader)
  const call = exchanges.calls.get(given)
  const id = call && exchanges.ids.get(call)
  if (call === undefined || id === undefined) {
    report.approximated(field, 'it answers no call of the client, so the target is told in words')
    return [{ kind: 'text', path, text: onLines(tellResponse(given)), ...stated }, ...media]
  }
  const { response = {} } = given
  const name = names.fitted(call.name ?? '')
  if (given.id && given.id !== id)
    report.approximated(`${field}.id`, 'the target knows the call by another id')
  if (given.name !== name) report.approximated(`${field}.name`, 'the target knows the call by another name')
  const isError =
    response.error !== undefined && response.output === undefined && response.result === undefined
  const piece: ResultPiece = { kind: 'result', path, id, name, response, isError, media, ...stated }
  return [piece]
}

function reportResponse(given: FunctionResponse, field: string, { report }: PieceReader): void {
  const { willContinue, scheduling = 'SCHEDULING_UNSPECIFIED' } = given
  if (willContinue) report.dropped(`${field}.willContinue`, 'a function answers once')
  // WHEN_IDLE is what happens anyway.
  if (scheduling !== 'SCHEDULING_UNSPECIFIED' && scheduling !== 'WHEN_IDLE') {
    report.dropped(`${field}.scheduling`, 'the target reads answers when they come')
  }
}

function readAttached(
  { parts = [] }: FunctionResponse,
  field: string,
  { media, report }: PieceReader,
): MediumPiece[] {
  return parts.flatMap((holder, index): MediumPiece[] => {
    const path = `${field}.parts[${index}]`
    if (!isNothing(holder.mediaProcessing)) {
      report.dropped(`${path}.mediaProcessing`, 'the target has no place for it')
    }
    const medium = media.get(holder)
    return medium === undefined ? [] : [{ kind: 'medium', path, medium }]
  })
}
