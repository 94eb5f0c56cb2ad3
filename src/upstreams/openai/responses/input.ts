/** The turns of a conversation as input items. */
import type { Conversation, Piece, ResultPiece, Turn } from '../../translation/conversation.ts'
import type { MessageContext } from '../context.ts'
import { inputMedium, inputText } from './content.ts'
import type { Json } from './json.ts'
import { NO_STATE, openState, type PieceState } from './state.ts'

export function inputOf(conversation: Conversation, context: MessageContext): Json[] {
  const items: Json[] = []
  for (const turn of conversation.turns) {
    if (turn.role === 'model') items.push(...new ModelItems(context).read(turn))
    else items.push(...userItems(turn, context))
  }
  return items
}

function userItems({ pieces }: Turn, context: MessageContext): Json[] {
  const results = pieces.filter((piece) => piece.kind === 'result')
  const content = pieces.flatMap((piece) => userContent(piece, context))
  const outputs = results.map((result) => outputOf(result, context))
  return content.length === 0 ? outputs : [...outputs, message('user', content)]
}

function userContent(piece: Piece, context: MessageContext): Json[] {
  if (piece.kind !== 'result' && piece.state) reportState(piece, context)
  if (piece.kind === 'text') return piece.text === '' ? [] : [inputText(piece.text)]
  if (piece.kind === 'medium') return [inputMedium(piece, context)]
  if (piece.kind === 'thought') reportThought(piece, context)
  return []
}

function outputOf({ id, response, media }: ResultPiece, context: MessageContext): Json {
  const text = JSON.stringify(response)
  const output =
    media.length === 0 ? text : [inputText(text), ...media.map((piece) => inputMedium(piece, context))]
  return { type: 'function_call_output', call_id: id, output }
}

/** The items of a model's turn, in order; what was thought before a piece stands right before it. */
class ModelItems {
  readonly #context: MessageContext
  readonly #items: Json[] = []
  #text = ''
  #phase: string | undefined
  /** Waits for the piece that it led to. */
  #thought: { readonly piece: Piece; readonly items: readonly Json[] }[] = []
  /** Summaries of what the next items hold. */
  #summaries: Piece[] = []

  constructor(context: MessageContext) {
    this.#context = context
  }

  read({ pieces }: Turn): readonly Json[] {
    for (const piece of pieces) {
      this.#takeState(piece)
      if (piece.kind === 'text') this.#addText(piece.text)
      else if (piece.kind === 'thought') this.#takeSummary(piece)
      else if (piece.kind === 'medium') this.#show(piece)
      else if (piece.kind === 'call') {
        this.#closeMessage()
        const { id, name, args } = piece
        this.#add({ type: 'function_call', call_id: id, name, arguments: JSON.stringify(args) })
      }
    }
    this.#closeMessage()
    // A reasoning item is refused without what it led to.
    for (const { piece } of this.#thought) reportState(piece, this.#context)
    for (const piece of this.#summaries) reportThought(piece, this.#context)
    return this.#items
  }

  #takeSummary(piece: Extract<Piece, { kind: 'thought' }>): void {
    if (piece.isCovered) this.#summaries.push(piece)
    else reportThought(piece, this.#context)
  }

  #takeState(piece: Piece): void {
    const { items, phase } = this.#stateOf(piece)
    if (items.length === 0 && phase === undefined) return
    this.#closeMessage()
    if (items.length > 0) this.#thought.push({ piece, items })
    this.#phase = phase
  }

  /** Null is a mark that says only whose call it is. */
  #stateOf(piece: Piece): PieceState {
    if (piece.state === undefined || piece.state === null) return NO_STATE
    const state = openState(piece.state)
    if (state === undefined) reportState(piece, this.#context)
    return state ?? NO_STATE
  }

  /** Deltas of one text that a client kept apart are one text again. */
  #addText(text: string): void {
    if (text !== '' && this.#text === '') this.#addThought()
    this.#text += text
  }

  #closeMessage(): void {
    if (this.#text !== '') {
      const content = [{ type: 'output_text', text: this.#text }]
      const phase = this.#phase
      this.#items.push({ ...message('assistant', content), ...(phase !== undefined && { phase }) })
      this.#phase = undefined
    }
    this.#text = ''
  }

  /** Only a user may show media. */
  #show(piece: Extract<Piece, { kind: 'medium' }>): void {
    this.#closeMessage()
    this.#context.report.approximated(piece.path, "the model's media are given in a user's message behind it")
    this.#items.push(message('user', [inputText('Made by you:'), inputMedium(piece, this.#context)]))
  }

  #add(item: Json): void {
    this.#addThought()
    this.#items.push(item)
  }

  #addThought(): void {
    if (this.#thought.length === 0) return
    for (const { items } of this.#thought) this.#items.push(...items)
    this.#thought = []
    this.#summaries = []
  }
}

function message(role: string, content: readonly Json[]): Json {
  return { type: 'message', role, content }
}

function reportThought({ path }: Piece, { report }: MessageContext): void {
  report.dropped(path, 'the target takes no thoughts but its own')
}

function reportState({ path }: Piece, { report }: MessageContext): void {
  report.dropped(`${path}.thoughtSignature`, 'what the target thought here leads to nothing that is sent')
}
