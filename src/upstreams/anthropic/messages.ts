/** The turns of a conversation → `messages`: user and assistant in turn, results first, thoughts where they were. */
import { type Report, untranslatable } from '../../nouns/report.ts'
import type {
  CallPiece,
  Conversation,
  MediumPiece,
  Piece,
  ResultPiece,
  Turn,
} from '../translation/conversation.ts'
import { type Block, Blocks, isBlank, isThought } from './blocks.ts'
import { mediumBlock } from './media.ts'
import { blocksOf } from './state.ts'

export interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly Block[]
}

export interface MessagesOptions {
  /** Whether the model's earlier thoughts go back to it. */
  readonly keepsThoughts: boolean
  /** What is done with a model's turn at the end. */
  readonly ending: 'prefill' | 'refuse' | 'follow'
}

/** Said where the wire wants a user's word and there is none. */
const NOTHING_SAID = '…'
/** In front of the paths of what a cache holds. */
export const CACHED = 'cachedContent.'

/** Throws `untranslatable`. */
export function buildMessages(
  conversation: Conversation,
  options: MessagesOptions,
  report: Report,
): readonly Message[] {
  const writing = new Writing(conversation.turns, options, report)
  for (const [index, turn] of conversation.turns.entries()) {
    if (turn.role === 'user') writing.user(turn)
    else writing.model(turn, conversation.turns[index + 1])
  }
  return writing.end()
}

/**
 * Whether a loop of calls goes on here that began without thoughts of this model: all of a loop is one turn to it, and
 * a budget of thoughts cannot be given in the middle of one.
 */
export function isLoopWithoutThoughts(turns: readonly Turn[]): boolean {
  let start = turns.length
  while (start >= 2 && turns[start - 1]?.pieces[0]?.kind === 'result') start -= 2
  const called = start < turns.length ? turns[start] : undefined
  if (called === undefined) return false
  const first = called.pieces.find(({ kind }) => kind !== 'thought')
  const before = blocksOf(first?.state)[0]
  return before === undefined || !isThought(before)
}

export function hasThoughts(turns: readonly Turn[]): boolean {
  return turns.some(({ pieces }) => pieces.some(({ state }) => blocksOf(state).some(isThought)))
}

/** Of the content that a part stands in. */
function contentPath(partPath: string): string {
  return partPath.replace(/\.parts\[.*$/, '')
}

class Writing {
  readonly #messages: Message[] = []
  readonly #options: MessagesOptions
  readonly #report: Report
  readonly #lastCached: Piece | undefined
  readonly #lastTurn: Turn | undefined
  /** Media of the model's own turns: only a user may show any. */
  #shown: MediumPiece[] = []

  constructor(turns: readonly Turn[], options: MessagesOptions, report: Report) {
    this.#options = options
    this.#report = report
    this.#lastTurn = turns.at(-1)
    this.#lastCached = turns.flatMap(({ pieces }) => pieces).findLast(({ path }) => path.startsWith(CACHED))
  }

  user({ pieces }: Turn): void {
    const blocks = new Blocks()
    const results = pieces.filter((piece) => piece.kind === 'result')
    for (const piece of results) this.#result(piece, blocks)
    for (const piece of results) if (piece.isError) this.#media(piece.media, blocks)
    this.#showMedia(blocks)
    for (const piece of pieces) {
      if (piece.kind === 'text') blocks.text(piece.text, false)
      else if (piece.kind === 'medium') blocks.push(mediumBlock(piece, this.#report))
      this.#markCached(piece, blocks)
    }
    const content = this.#done(blocks, pieces)
    this.#add('user', content.length > 0 ? content : [{ type: 'text', text: NOTHING_SAID }])
  }

  model(turn: Turn, next: Turn | undefined): void {
    const blocks = new Blocks()
    for (const piece of turn.pieces) {
      this.#state(piece, blocks)
      if (piece.kind === 'text') blocks.text(piece.text, piece.state === undefined)
      else if (piece.kind === 'call') blocks.push(callBlock(piece, next))
      else if (piece.kind === 'medium') this.#shown.push(piece)
      else if (piece.kind === 'thought' && !piece.isCovered) {
        this.#report.dropped(
          piece.path,
          'the target takes back only thoughts of its own, with their signature',
        )
      }
      this.#markCached(piece, blocks)
    }
    const content = this.#withoutLooseEnd(this.#done(blocks, turn.pieces), turn)
    if (content.length === 0) return
    if (this.#messages.length === 0) this.#open(turn)
    this.#add('assistant', turn === this.#lastTurn ? this.#ending(turn, content) : content)
  }

  end(): readonly Message[] {
    const medium = this.#shown[0]
    if (medium !== undefined) {
      throw untranslatable(
        medium.path,
        'the target takes files from the user only: end the contents with a user turn',
      )
    }
    const isOpen = this.#messages.at(-1)?.role === 'assistant' && this.#options.ending === 'follow'
    if (isOpen || this.#messages.length === 0) this.#say(NOTHING_SAID)
    return this.#messages
  }

  #open(turn: Turn): void {
    const path = contentPath((turn.pieces[0] as Piece).path)
    this.#report.approximated(
      path,
      'the target wants the user to begin: an empty word of the user stands before it',
    )
    this.#say(NOTHING_SAID)
  }

  #say(text: string): void {
    this.#add('user', [{ type: 'text', text }])
  }

  /** A turn that came to nothing leaves two neighbours of one role. */
  #add(role: Message['role'], content: readonly Block[]): void {
    const last = this.#messages.at(-1)
    if (last?.role !== role) this.#messages.push({ role, content })
    else this.#messages[this.#messages.length - 1] = { role, content: [...last.content, ...content] }
  }

  #done(blocks: Blocks, pieces: readonly Piece[]): readonly Block[] {
    const content = blocks.done()
    if (content.length === blocks.length) return content
    for (const piece of pieces) {
      if (piece.kind !== 'text' || piece.text === '' || !isBlank(piece.text)) continue
      this.#report.approximated(piece.path, 'the target refuses a text of nothing but white space')
    }
    return content
  }

  /** Thoughts and calls of its own tools that nothing came of are refused at the end of a turn. */
  #withoutLooseEnd(content: readonly Block[], { pieces }: Turn): readonly Block[] {
    const last = content.findLastIndex((block) => !isThought(block) && block.type !== 'server_tool_use')
    if (last === content.length - 1) return content
    const { path } = pieces.at(-1) as Piece
    this.#report.dropped(
      `${path}.thoughtSignature`,
      'the target takes back no thoughts that nothing followed',
    )
    return content.slice(0, last + 1)
  }

  #state({ path, state }: Piece, blocks: Blocks): void {
    for (const block of blocksOf(state)) {
      if (!isThought(block) || this.#options.keepsThoughts) blocks.push(block)
      else this.#report.dropped(`${path}.thoughtSignature`, 'thoughts go back only while the model thinks')
    }
  }

  #result(piece: ResultPiece, blocks: Blocks): void {
    const text = JSON.stringify(piece.response)
    const media = piece.isError ? [] : piece.media.map((medium) => mediumBlock(medium, this.#report))
    blocks.push({
      type: 'tool_result',
      tool_use_id: piece.id,
      content: media.length === 0 ? text : [{ type: 'text', text }, ...media],
      ...(piece.isError && { is_error: true }),
    })
  }

  /** The result of a call that failed may hold text only. */
  #media(media: readonly MediumPiece[], blocks: Blocks): void {
    for (const piece of media) {
      this.#report.approximated(
        piece.path,
        'the target takes no files in the result of a failed call: it follows',
      )
      blocks.push(mediumBlock(piece, this.#report))
    }
  }

  #showMedia(blocks: Blocks): void {
    for (const piece of this.#shown) {
      this.#report.approximated(
        piece.path,
        'the target takes files from the user only: it stands in the next turn',
      )
      blocks.text('(From the turn before:)', false)
      blocks.push(mediumBlock(piece, this.#report))
    }
    this.#shown = []
  }

  #markCached(piece: Piece, blocks: Blocks): void {
    if (piece === this.#lastCached) blocks.mark()
  }

  /** The model would go on with this turn as its own. */
  #ending(turn: Turn, content: readonly Block[]): readonly Block[] {
    const path = contentPath((turn.pieces[0] as Piece).path)
    if (this.#options.ending === 'refuse') {
      throw untranslatable(
        path,
        'the target does not go on with an answer that was begun for it: end the contents with a user turn',
      )
    }
    const last = content.at(-1)
    if (last === undefined || last.type !== 'text' || this.#options.ending === 'follow') return content
    const text = (last.text as string).trimEnd()
    if (text !== last.text) this.#report.approximated(path, 'without the white space at its end')
    return [...content.slice(0, -1), { ...last, text }]
  }
}

function callBlock({ path, id, name, args }: CallPiece, next: Turn | undefined): Block {
  const isAnswered = next?.pieces.some((piece) => piece.kind === 'result' && piece.id === id) ?? false
  if (!isAnswered) throw untranslatable(path, 'the target wants each call to be answered in the next turn')
  return { type: 'tool_use', id, name, input: args }
}
