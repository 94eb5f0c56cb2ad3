/** Puts the output items together from the pieces of a candidate; an answer that is whole has one piece. */
import type { Candidate, Part } from '../../../wire/gemini.ts'
import { Citations } from '../grounding.ts'
import { tokensOf } from '../logprobs.ts'
import { isObject, type Json } from '../values.ts'
import { type OpenCode, openCode } from './code.ts'
import { type Emit, type Place, tellOnce } from './emit.ts'
import { type ItemStatus, type OpenMessage, openMessage, refusalMessage } from './message.ts'
import { type OpenReasoning, openReasoning } from './reasoning.ts'
import { reasoningItem, type SignedPart, sealed } from './signatures.ts'

export interface OutputOptions {
  /** Part of each id. */
  readonly unique: string
  /** Whether signatures of text are shown; those of calls always are. */
  readonly showsSignatures: boolean
  readonly emit: Emit
}

type OpenItem = OpenMessage | OpenReasoning | OpenCode

export class Output {
  /** What the client sees. */
  readonly items: Json[] = []
  /** What the conversation goes on with. */
  readonly kept: Json[] = []
  /** Parts that there is no item for. */
  readonly rest: Part[] = []
  readonly #options: OutputOptions
  #open: OpenItem | undefined
  /** Of the text that was said last. */
  #signature: string | undefined
  readonly #citations = new Citations()
  /** Characters of all messages, and of those before this one. */
  #said = 0
  #messageStart = 0
  #queries: readonly string[] = []
  #calls = 0
  #characters = 0
  #hasSearched = false

  constructor(options: OutputOptions) {
    this.#options = options
  }

  /** Of all that waits for the end. */
  get characters(): number {
    return this.#characters
  }

  read(candidate: Candidate): void {
    this.#noteSearch(candidate.groundingMetadata)
    let tokens = tokensOf(candidate) ?? []
    for (const [position, part] of (candidate.content?.parts ?? []).entries()) {
      this.#citations.begin(kindOf(part), position === 0)
      this.#take(part, tokens)
      if (kindOf(part) === 'text') tokens = []
    }
    this.#cite(candidate.groundingMetadata)
  }

  refuse(reason: string): void {
    this.#add(refusalMessage(this.#place('msg'), reason, this.#options.emit))
  }

  /** Nothing more is said. */
  end(status: ItemStatus): void {
    this.#close(status)
    this.#search()
  }

  /** Passages count over all that was said; those of messages that are done already are told nobody any more. */
  #cite(metadata: unknown): void {
    const citations = this.#citations.read(metadata)
    const start = this.#messageStart
    if (this.#open?.kind !== 'message') return
    const own = citations.filter(({ start_index: at }) => at >= start)
    this.#open.cite(
      own.map(({ start_index: from, end_index: to, ...source }) => ({
        ...{ start_index: from - start, end_index: to - start },
        ...source,
      })),
    )
  }

  #take(part: Part, tokens: readonly Json[]): void {
    const { text, thought, thoughtSignature, functionCall, inlineData } = part
    const { executableCode, codeExecutionResult } = part
    const isPicture = inlineData?.mimeType.startsWith('image/') === true && thought !== true
    if (text !== undefined && thought === true) this.#think(text, thoughtSignature)
    else if (text !== undefined) this.#say(text, tokens, thoughtSignature)
    else if (functionCall !== undefined) {
      this.#sign('next', thoughtSignature)
      this.#call(functionCall)
    } else if (isPicture && inlineData !== undefined) {
      this.#sign('next', thoughtSignature)
      this.#show(inlineData.data)
    } else if (isObject(executableCode)) {
      this.#sign('next', thoughtSignature)
      this.#run(String(executableCode.code ?? ''))
    } else if (isObject(codeExecutionResult)) this.#ran(String(codeExecutionResult.output ?? ''), part)
    else if (Object.keys(part).some((member) => member !== 'thoughtSignature')) this.#leave(part)
    else this.#signature = thoughtSignature ?? this.#signature
  }

  #think(text: string, signature: string | undefined): void {
    if (this.#open?.kind !== 'reasoning') {
      this.#close('completed')
      this.#open = openReasoning(this.#place('rs'), this.#options.emit)
    }
    if (text !== '') this.#open.say(text)
    this.#characters += text.length
    this.#sign('last', signature)
  }

  #say(text: string, tokens: readonly Json[], signature: string | undefined): void {
    if (text !== '') {
      if (this.#open?.kind !== 'message') {
        this.#close('completed')
        this.#open = openMessage(this.#place('msg'), this.#options.emit)
        this.#messageStart = this.#said
      }
      this.#open.say(text, tokens)
      this.#citations.add(text)
      this.#said += [...text].length
      this.#characters += text.length
    }
    this.#signature = signature ?? this.#signature
  }

  /** Shown always: a client that keeps its own history needs it. */
  #sign(part: SignedPart, signature: string | undefined): void {
    if (signature === undefined) return
    const content = sealed(part, signature)
    if (this.#open?.kind === 'reasoning') {
      const { close } = this.#open
      this.#open = undefined
      this.#add(close(content))
    } else {
      this.#close('completed')
      this.#addReasoning(content)
    }
  }

  #call({ id, name, args = {} }: NonNullable<Part['functionCall']>): void {
    this.#close('completed')
    const { emit, unique } = this.#options
    const place = this.#place('fc')
    const call = id ?? `call_${unique}${this.#calls++}`
    const text = JSON.stringify(args)
    const item = {
      id: place.id,
      type: 'function_call',
      call_id: call,
      name,
      arguments: text,
      status: 'completed',
    }
    this.#characters += text.length
    const told = tellOnce(emit, place.index, item, { arguments: '', status: 'in_progress' }, [
      ['response.function_call_arguments.delta', { delta: text }],
      ['response.function_call_arguments.done', { name, arguments: text }],
    ])
    this.#add(told)
  }

  #show(result: string): void {
    this.#close('completed')
    const { id, index } = this.#place('ig')
    const item = { id, type: 'image_generation_call', status: 'completed', result }
    this.#characters += result.length
    const told = tellOnce(this.#options.emit, index, item, { status: 'in_progress', result: null }, [
      ['response.image_generation_call.in_progress', {}],
      ['response.image_generation_call.generating', {}],
      ['response.image_generation_call.completed', {}],
    ])
    this.#add(told)
  }

  #run(code: string): void {
    this.#close('completed')
    const { emit, unique } = this.#options
    this.#characters += code.length
    this.#open = openCode(this.#place('ci'), code, `cntr_${unique}`, emit)
  }

  #ran(logs: string, part: Part): void {
    if (this.#open?.kind !== 'code') return this.#leave(part)
    const { close } = this.#open
    this.#open = undefined
    this.#characters += logs.length
    this.#add(close(logs))
  }

  #leave(part: Part): void {
    this.#characters += JSON.stringify(part).length
    this.rest.push(part)
  }

  /** A stream tells of its search behind what rests on it; it stands in front where that is known in time. */
  #noteSearch(metadata: unknown): void {
    const queries =
      isObject(metadata) && Array.isArray(metadata.webSearchQueries) ? metadata.webSearchQueries : []
    if (queries.length > 0) this.#queries = queries.map(String)
    if (this.#open === undefined) this.#search()
  }

  #search(): void {
    const [query] = this.#queries
    if (query === undefined || this.#hasSearched) return
    this.#hasSearched = true
    const { id, index } = this.#place('ws')
    const action = { type: 'search', query, queries: this.#queries }
    const item = { id, type: 'web_search_call', status: 'completed', action }
    const told = tellOnce(this.#options.emit, index, item, { status: 'in_progress' }, [
      ['response.web_search_call.in_progress', {}],
      ['response.web_search_call.searching', {}],
      ['response.web_search_call.completed', {}],
    ])
    this.#add(told)
  }

  #close(status: ItemStatus): void {
    const open = this.#open
    this.#open = undefined
    if (open?.kind === 'message') this.#add(open.close(status))
    else if (open !== undefined) this.#add(open.close(undefined))
    const signature = this.#signature
    this.#signature = undefined
    if (signature === undefined) return
    if (this.#options.showsSignatures) this.#addReasoning(sealed('last', signature))
    else
      this.kept.push(
        reasoningItem(`rs_${this.#options.unique}k${this.kept.length}`, [], sealed('last', signature)),
      )
  }

  #addReasoning(content: string): void {
    const { id, index } = this.#place('rs')
    const item = reasoningItem(id, [], content)
    this.#add(tellOnce(this.#options.emit, index, item, { encrypted_content: null }))
  }

  #place(prefix: string): Place {
    const index = this.items.length
    return { id: `${prefix}_${this.#options.unique}${index}`, index }
  }

  #add(item: Json): void {
    this.items.push(item)
    this.kept.push(item)
  }
}

function kindOf({ text, thought }: Part): 'text' | 'thought' | 'other' {
  if (text === undefined) return 'other'
  return thought === true ? 'thought' : 'text'
}
