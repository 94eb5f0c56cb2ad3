/** Blocks of an answer → the pieces of Gemini's, in the order in which they come, whole or in a stream. */
import type { Report } from '../../nouns/report.ts'
import type { CandidateComposer, Composer } from '../translation/composer.ts'
import type { Block } from './blocks.ts'
import { finishOf, isCutShort, type StopDetails } from './finish.ts'
import { stateOf } from './state.ts'
import { isTold, laterUsage, type ProviderUsage, readUsage } from './usage.ts'

/** The head of a message: the whole one, or what a stream starts with. */
export interface MessageHead {
  readonly id?: unknown
  readonly model?: unknown
  readonly usage?: unknown
  readonly input_transformations?: unknown
}

interface CitationFound {
  readonly url?: unknown
  readonly title?: unknown
}

export class Answering {
  readonly #composer: Composer
  readonly #candidate: CandidateComposer
  readonly #report: Report
  #usage: ProviderUsage = {}
  /** Since the last piece: what the next one carries, so that it comes back to where it was. */
  #before: Block[] = []
  /** By the id of its call. */
  readonly #searches = new Map<string, string>()
  /** Held back, because one that was cut off is none. */
  #call: { readonly id: string; readonly name: string; readonly argumentsText: string } | undefined
  #thoughtCharacters = 0
  #otherCharacters = 0

  constructor(composer: Composer, report: Report) {
    this.#composer = composer
    this.#candidate = composer.candidate(0)
    this.#report = report
  }

  /** Bytes of text so far: where a citation starts and ends. */
  get textBytes(): number {
    return this.#candidate.textBytes
  }

  begin({ id, model, usage, input_transformations: changes }: MessageHead): void {
    if (typeof id === 'string') this.#composer.responseId(id)
    if (typeof model === 'string') this.#composer.modelVersion(model)
    this.#usage = laterUsage(this.#usage, usage)
    if (!Array.isArray(changes)) return
    const dropped = changes.filter((change) => change?.type === 'thinking_dropped').length
    if (dropped === 0) return
    this.#report.dropped(
      'contents',
      `the model was not shown ${dropped} of its earlier thoughts, because what stood before them has changed`,
    )
  }

  text(delta: string): void {
    if (delta === '') return
    this.#flush()
    this.#otherCharacters += delta.length
    this.#candidate.text(delta)
  }

  thought(delta: string): void {
    this.#settleCall()
    this.#thoughtCharacters += delta.length
    this.#candidate.thought(delta)
  }

  /** A whole block of thoughts. Without its signature it was cut off, and nobody takes it back. */
  thoughts(block: Block): void {
    this.#settleCall()
    if (block.type === 'redacted_thinking' || block.signature) this.#before.push(block)
  }

  call(id: string, name: string, argumentsText: string): void {
    this.#settleCall()
    this.#otherCharacters += name.length + argumentsText.length
    this.#call = { id, name, argumentsText }
  }

  /** A tool that the provider ran itself, or what it found. */
  serverTool(block: Block): void {
    this.#settleCall()
    this.#before.push(block)
    if (block.type === 'server_tool_use') this.#noteSearch(block)
    else if (block.type === 'web_search_tool_result') this.#countSearch(block)
    else {
      this.#report.dropped('response.candidates[0].urlContextMetadata', 'what was fetched is not listed')
    }
  }

  citation({ url, title }: CitationFound, startByte: number): void {
    if (typeof url !== 'string') return
    const endByte = this.#candidate.textBytes
    this.#candidate.citation({ uri: url, title: typeof title === 'string' ? title : url, startByte, endByte })
  }

  usage(usage: unknown): void {
    this.#usage = laterUsage(this.#usage, usage)
  }

  /** Comes once, after every piece. */
  end(stopReason: unknown, details: StopDetails | null | undefined): void {
    if (isCutShort(stopReason) && !isWhole(this.#call?.argumentsText)) this.#call = undefined
    this.#flush()
    const seen = { thoughtCharacters: this.#thoughtCharacters, otherCharacters: this.#otherCharacters }
    const { metadata, isEstimate } = readUsage(this.#usage, seen)
    if (isEstimate) {
      this.#report.approximated(
        'response.usageMetadata.thoughtsTokenCount',
        'the target counts thoughts and text together: their shares are estimated',
      )
    }
    if (isTold(this.#usage)) this.#composer.usage(metadata)
    const { reason, message } = finishOf(stopReason, details)
    this.#candidate.finish(reason, message)
  }

  #flush(): void {
    this.#settleCall()
    this.#giveState()
  }

  #settleCall(): void {
    const call = this.#call
    if (call === undefined) return
    this.#call = undefined
    this.#giveState()
    this.#candidate.call(call)
  }

  #giveState(): void {
    if (this.#before.length === 0) return
    this.#candidate.state(stateOf(this.#before))
    this.#before = []
  }

  #noteSearch({ id, name, input }: Block): void {
    const query = (input as { query?: unknown } | undefined)?.query
    if (name === 'web_search' && typeof query === 'string') this.#searches.set(String(id), query)
  }

  /** One that failed costs nothing. */
  #countSearch({ tool_use_id: id, content }: Block): void {
    const query = this.#searches.get(String(id))
    if (query !== undefined && Array.isArray(content)) this.#candidate.searchQuery(query)
  }
}

function isWhole(argumentsText: string | undefined): boolean {
  if (argumentsText === undefined || argumentsText === '') return true
  try {
    JSON.parse(argumentsText)
    return true
  } catch {
    return false
  }
}
