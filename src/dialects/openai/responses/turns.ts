/** Puts the items of one turn of the model together again: what was thought, said, called and made is one content. */
import type { Report } from '../../../nouns/report.ts'
import type { Content, Part } from '../../../wire/gemini.ts'
import { append, signed } from '../turns.ts'
import { opened } from './signatures.ts'

export interface TurnContext {
  readonly report: Report
  /** Whether the model refuses a call of its own history that comes without a signature. */
  readonly needsSignatures: boolean
}

export class Turns {
  readonly #contents: Content[] = []
  readonly #context: TurnContext
  #model: Part[] = []
  /** Waits for the part that it belongs to. */
  #signature: { readonly value: string; readonly path: string } | undefined

  constructor(context: TurnContext) {
    this.#context = context
  }

  get isEmpty(): boolean {
    return this.#contents.length === 0 && this.#model.length === 0
  }

  user(parts: Part[]): void {
    this.#close()
    append(this.#contents, { role: 'user', parts })
  }

  model(part: Part): void {
    this.#model.push(
      this.#signature === undefined ? part : { ...part, thoughtSignature: this.#signature.value },
    )
    this.#signature = undefined
  }

  /** `content`: a reasoning item's, at `path`; `summary` stands before it. */
  think(summary: readonly Part[], content: string | undefined, path: string): void {
    this.#dropWaiting()
    this.#model.push(...summary.map(({ text }) => ({ text: text as string, thought: true })))
    if (content === undefined) return
    const own = opened(content)
    if (own === undefined) this.#context.report.dropped(path, 'it is the reasoning of another service')
    else if (own.part === 'next') this.#signature = { value: own.signature, path }
    else this.#signLast(own.signature)
  }

  contents(): readonly Content[] {
    this.#close()
    return this.#contents
  }

  #signLast(signature: string): void {
    const last = this.#model.at(-1)
    // As the model gives it when the text is out already.
    if (last === undefined || last.functionCall !== undefined || last.thoughtSignature !== undefined)
      this.#model.push({ text: '', thoughtSignature: signature })
    else last.thoughtSignature = signature
  }

  #close(): void {
    this.#dropWaiting()
    if (this.#model.length === 0) return
    const parts = this.#context.needsSignatures ? signed(this.#model) : this.#model
    this.#contents.push({ role: 'model', parts })
    this.#model = []
  }

  #dropWaiting(): void {
    if (this.#signature === undefined) return
    this.#context.report.dropped(this.#signature.path, 'the item that it led to is not there')
    this.#signature = undefined
  }
}
