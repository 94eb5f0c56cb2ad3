/** The turns of a conversation as chat messages. */
import type { Report } from '../../nouns/report.ts'
import type {
  CallPiece,
  Conversation,
  MediumPiece,
  Piece,
  ResultPiece,
  Turn,
} from '../translation/conversation.ts'
import { openStates, thoughtsBack } from './chat-state.ts'
import type { MessageContext } from './context.ts'
import { mediumPart } from './media.ts'
import type { Json } from './responses/json.ts'

export function messagesOf(conversation: Conversation, context: MessageContext): Json[] {
  const messages = systemMessages(conversation, context)
  // Media that the model made: only a user may show media here, and answers to calls come first.
  let shown: Json[] = []
  for (const turn of conversation.turns) {
    if (turn.role === 'model') {
      if (shown.length > 0) messages.push({ role: 'user', content: shown })
      const message = assistantMessage(turn, context)
      if (message !== undefined) messages.push(message)
      shown = mediaOfModel(turn, context)
    } else {
      messages.push(...userMessages(turn, shown, context))
      shown = []
    }
  }
  if (shown.length > 0) messages.push({ role: 'user', content: shown })
  return messages
}

function systemMessages({ system }: Conversation, { flags }: MessageContext): Json[] {
  if (system.length === 0) return []
  return [{ role: flags.systemRole, content: system.map((piece) => piece.text).join('\n\n') }]
}

function userMessages(turn: Turn, shown: readonly Json[], context: MessageContext): Json[] {
  const results = turn.pieces.filter((piece) => piece.kind === 'result')
  const rest = turn.pieces.flatMap((piece) => userParts(piece, context))
  const parts = [...results.flatMap((result) => mediaOfResult(result, context)), ...shown, ...rest]
  const messages: Json[] = results.map(({ id, response }) => ({
    role: 'tool',
    tool_call_id: id,
    content: JSON.stringify(response),
  }))
  if (parts.length > 0) messages.push({ role: 'user', content: contentOf(parts, context) })
  return messages
}

function userParts(piece: Piece, context: MessageContext): Json[] {
  if (piece.kind === 'text') return piece.text === '' ? [] : [{ type: 'text', text: piece.text }]
  if (piece.kind === 'medium') return [mediumPart(piece, context)]
  if (piece.kind === 'thought') reportThought(piece.path, context.report)
  return []
}

/** One text is a plain string, which every server reads. */
function contentOf(parts: readonly Json[], { flags }: MessageContext): unknown {
  const [first] = parts
  if (parts.length === 1 && first?.type === 'text') return first.text
  if (flags.hasContentParts || parts.some((part) => part.type !== 'text')) return parts
  return parts.map((part) => part.text).join('\n')
}

/** A tool's message holds text only: its media follow in the user's, and a line says whose they are. */
function mediaOfResult({ name, media }: ResultPiece, context: MessageContext): Json[] {
  if (media.length === 0) return []
  for (const piece of media) {
    context.report.approximated(piece.path, "a function's media are given in the user's message behind it")
  }
  return [
    { type: 'text', text: `Returned by the function ${name}:` },
    ...media.map((piece) => mediumPart(piece, context)),
  ]
}

function mediaOfModel(turn: Turn, context: MessageContext): Json[] {
  const media = turn.pieces.filter((piece): piece is MediumPiece => piece.kind === 'medium')
  if (media.length === 0) return []
  for (const piece of media) {
    context.report.approximated(piece.path, "the model's media are given in a user's message behind it")
  }
  return [{ type: 'text', text: 'Made by you:' }, ...media.map((piece) => mediumPart(piece, context))]
}

/** Undefined when nothing is left of the turn. */
function assistantMessage(turn: Turn, context: MessageContext): Json | undefined {
  const { flags, report } = context
  const calls = turn.pieces.filter((piece) => piece.kind === 'call')
  const text = modelText(turn, report)
  const state = openStates(turn.pieces.map((piece) => piece.state))
  for (const piece of turn.pieces) {
    const isCarried = piece.kind === 'thought' && piece.isCovered && flags.thoughtsBack !== 'none'
    if (piece.kind === 'thought' && !isCarried) reportThought(piece.path, report)
  }
  const thoughts = thoughtsBack(state, flags, calls.length > 0)
  if (text === '' && calls.length === 0 && Object.keys(thoughts).length === 0) return undefined
  const content = text === '' && calls.length > 0 ? null : text
  return {
    role: 'assistant',
    content: flags.thoughtsBack === 'thinking_parts' ? withThinking(state.reasoning, text, content) : content,
    ...thoughts,
    ...(calls.length > 0 && { tool_calls: calls.map(toolCall) }),
  }
}

function modelText(turn: Turn, report: Report): string {
  let text = ''
  let hasCall = false
  for (const piece of turn.pieces) {
    if (piece.kind === 'call') hasCall = true
    if (piece.kind !== 'text' || piece.text === '') continue
    if (hasCall) report.approximated(piece.path, 'the text of a message stands before its calls')
    text += piece.text
  }
  return text
}

function withThinking(reasoning: string, text: string, content: string | null): unknown {
  if (reasoning === '') return content
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] }
  return text === '' ? [thinking] : [thinking, { type: 'text', text }]
}

function toolCall({ id, name, args }: CallPiece): Json {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } }
}

function reportThought(path: string, report: Report): void {
  report.dropped(path, 'the target takes no thoughts but its own')
}
