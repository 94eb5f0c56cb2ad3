/** The content of one message while it is put together. */

export interface Block {
  readonly type: string
  readonly [member: string]: unknown
}

export interface TextBlock extends Block {
  readonly type: 'text'
  readonly text: string
}

export const CACHE_MARK = { type: 'ephemeral' } as const

export class Blocks {
  readonly #blocks: Block[] = []

  get length(): number {
    return this.#blocks.length
  }

  push(block: Block): void {
    this.#blocks.push(block)
  }

  /**
   * Texts stay blocks of their own; only white space, which may not stand alone, joins its neighbour. `isOne`: the
   * pieces of a stream that come back are the one text that they were.
   */
  text(text: string, isOne: boolean): void {
    if (text === '') return
    const last = this.#blocks.at(-1)
    if (isText(last) && last.cache_control === undefined && (isOne || isBlank(text) || isBlank(last.text))) {
      this.#blocks[this.#blocks.length - 1] = { type: 'text', text: last.text + text }
    } else this.#blocks.push({ type: 'text', text })
  }

  /** The prompt cache may keep everything up to here. */
  mark(): void {
    const last = this.#blocks.at(-1)
    // Thoughts cannot carry a mark.
    if (last === undefined || isThought(last)) return
    this.#blocks[this.#blocks.length - 1] = { ...last, cache_control: CACHE_MARK }
  }

  /** Without texts of nothing but white space, which are refused. */
  done(): readonly Block[] {
    return this.#blocks.filter((block) => !isText(block) || !isBlank(block.text))
  }
}

export function isThought({ type }: Block): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}

export function isBlank(text: string): boolean {
  return text.trim() === ''
}

export function isText(block: Block | undefined): block is TextBlock {
  return block?.type === 'text'
}
