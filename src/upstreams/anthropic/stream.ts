/** The events of a streamed answer. */
import { GatewayError } from '../../errors.ts'
import type { Report } from '../../nouns/report.ts'
import { answerError } from '../http/errors.ts'
import type { Composer } from '../translation/composer.ts'
import type { EventReading } from '../translation/translator.ts'
import { Answering, type MessageHead } from './answering.ts'
import type { Block } from './blocks.ts'
import { refusedInside } from './errors.ts'
import type { StopDetails } from './finish.ts'

interface StreamEvent {
  readonly type?: string
  readonly index?: number
  readonly message?: MessageHead
  readonly content_block?: Block
  readonly delta?: Delta
  readonly usage?: unknown
  readonly error?: { readonly type?: unknown; readonly message?: unknown }
}

interface Delta {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string
  readonly signature?: string
  readonly partial_json?: string
  readonly citation?: { readonly url?: unknown; readonly title?: unknown }
  readonly stop_reason?: unknown
  readonly stop_details?: StopDetails | null
}

/** A block while it comes. */
interface OpenBlock {
  readonly block: Block
  /** Where its text starts. */
  readonly startByte: number
  /** Of its thoughts. */
  thinking: string
  signature: string
  /** Of its arguments. */
  json: string
  citations: { readonly url?: unknown; readonly title?: unknown }[] | undefined
}

export class MessageEvents implements EventReading {
  readonly #report: Report
  readonly #answering: Answering
  readonly #open = new Map<number, OpenBlock>()
  #stop: Pick<Delta, 'stop_reason' | 'stop_details'> = {}
  isComplete = false

  constructor(composer: Composer, report: Report) {
    this.#report = report
    this.#answering = new Answering(composer, report)
  }

  event(_name: string, data: unknown): void {
    const event = (data ?? {}) as StreamEvent
    switch (event.type) {
      case 'content_block_delta':
        return this.#delta(event.index ?? 0, event.delta ?? {})
      case 'content_block_start':
        return this.#start(event.index ?? 0, event.content_block)
      case 'content_block_stop':
        return this.#close(event.index ?? 0)
      case 'message_start':
        return this.#answering.begin(event.message ?? {})
      case 'message_delta':
        this.#answering.usage(event.usage)
        if (event.delta?.stop_reason) this.#stop = event.delta
        return
      case 'message_stop':
        return this.#end()
      case 'error':
        throw this.#failure(event.error)
    }
  }

  #start(index: number, block: Block | undefined): void {
    if (typeof block?.type !== 'string') return
    const open = { block, startByte: this.#answering.textBytes, thinking: '', signature: '', json: '' }
    this.#open.set(index, { ...open, citations: undefined })
    // Some services put the first words here.
    if (block.type === 'text' && typeof block.text === 'string') this.#answering.text(block.text)
  }

  #delta(index: number, delta: Delta): void {
    if (delta.type === 'text_delta') return this.#answering.text(delta.text ?? '')
    const open = this.#open.get(index)
    if (open === undefined)
      throw answerError(this.#report.target, 'sent a piece of a block that it had not begun', false)
    switch (delta.type) {
      case 'thinking_delta':
        open.thinking += delta.thinking ?? ''
        return this.#answering.thought(delta.thinking ?? '')
      case 'signature_delta':
        open.signature += delta.signature ?? ''
        return
      case 'input_json_delta':
        open.json += delta.partial_json ?? ''
        return
      case 'citations_delta':
        open.citations ??= []
        if (delta.citation) open.citations.push(delta.citation)
    }
  }

  #close(index: number): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#open.delete(index)
    const { block, startByte, json } = open
    switch (block.type) {
      case 'text':
        for (const citation of open.citations ?? []) this.#answering.citation(citation, startByte)
        return
      case 'thinking':
        return this.#answering.thoughts(thinkingBlock(open))
      case 'redacted_thinking':
        return this.#answering.thoughts(block)
      case 'tool_use':
        return this.#answering.call(String(block.id), String(block.name), json === '' ? inputOf(block) : json)
      case 'server_tool_use':
        return this.#answering.serverTool({ ...block, input: parsed(json) ?? block.input })
      case 'web_search_tool_result':
      case 'web_fetch_tool_result':
        return this.#answering.serverTool(block)
    }
  }

  #end(): void {
    if (this.isComplete) return
    for (const index of [...this.#open.keys()]) this.#close(index)
    this.#answering.end(this.#stop.stop_reason, this.#stop.stop_details)
    this.isComplete = this.#stop.stop_reason !== undefined
  }

  /** An error inside the stream, with the provider's own words. Once the answer has begun, it becomes a break of it. */
  #failure(error: StreamEvent['error']): Error {
    const { target } = this.#report
    const words =
      typeof error?.message === 'string' && error.message !== '' ? error.message : 'no reason given'
    const message = `The upstream ${target} broke off its answer: ${words}`
    const hint = `${target}: ${String(error?.type)} inside the stream`
    return refusedInside(error, message) ?? new GatewayError('upstream_unavailable', message, { hint })
  }
}

function thinkingBlock({ block, thinking, signature }: OpenBlock): Block {
  return {
    type: 'thinking',
    thinking: (typeof block.thinking === 'string' ? block.thinking : '') + thinking,
    signature: (typeof block.signature === 'string' ? block.signature : '') + signature,
  }
}

function inputOf({ input }: Block): string {
  return JSON.stringify(input ?? {})
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
