/** One choice of an answer on its way to the composer: its pieces, whole or delta by delta. */
import type { CandidateComposer, Composer } from '../translation/composer.ts'
import { addDetails, type ChatState, sealedState } from './chat-state.ts'
import { finishReasonOf } from './finish.ts'
import { bytesBefore } from './responses/bytes.ts'
import { isObject, type Json, numberOf, objectOf, objectsOf, textOf } from './responses/json.ts'
import { passLogprobs } from './responses/logprobs.ts'
import { Unwrapper } from './responses/wrapped.ts'
import { cutAt } from './stops.ts'
import { ToolCalls } from './tool-calls.ts'
import type { VendorFlags } from './vendor.ts'

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,;]*)*;base64,/

export class Choice {
  readonly #flags: VendorFlags
  readonly #begin: () => CandidateComposer
  #begun: CandidateComposer | undefined
  readonly #unwrapper = new Unwrapper()
  readonly #calls = new ToolCalls()
  /** Kept for its citations only: their offsets count characters. */
  #text = ''
  #reasoning = ''
  readonly #details: Record<string, unknown>[] = []
  #hasNewState = false
  #isRefused = false
  isFinished = false

  constructor(index: number, composer: Composer, stops: readonly string[], flags: VendorFlags) {
    this.#flags = flags
    this.#begin = () => cutAt(stops, composer.candidate(index))
  }

  /** A message, or a delta of one; what it thought comes before what it says. */
  add(message: Json): void {
    this.#addThoughts(message)
    const { content } = message
    if (typeof content === 'string') this.#addText(content)
    else if (Array.isArray(content)) for (const part of objectsOf(content)) this.#addPart(part)
    if (typeof message.refusal === 'string' && message.refusal !== '') {
      this.#isRefused = true
      this.#addText(message.refusal)
    }
    if (Array.isArray(message.images)) for (const image of objectsOf(message.images)) this.#addImage(image)
    if (Array.isArray(message.tool_calls)) this.#calls.add(objectsOf(message.tool_calls))
    if (isObject(message.function_call)) this.#calls.add([{ function: message.function_call }])
    if (Array.isArray(message.annotations))
      for (const note of objectsOf(message.annotations)) this.#cite(note)
  }

  addLogprobs(logprobs: unknown): void {
    if (isObject(logprobs)) passLogprobs(logprobs.content, this.#candidate)
  }

  citeAddress(uri: string): void {
    this.#candidate.citation({ uri, title: hostOf(uri) })
  }

  finish(reason: string): void {
    if (this.isFinished) return
    this.isFinished = true
    this.#passText(this.#unwrapper.flush())
    for (const call of this.#calls.take()) {
      this.#passState()
      this.#candidate.call(call)
    }
    // What was thought after the last piece rides on an empty one.
    this.#passState()
    this.#candidate.finish(this.#isRefused ? 'SAFETY' : finishReasonOf(reason))
  }

  #addThoughts(message: Json): void {
    const details = message.reasoning_details
    const text = textOf(message.reasoning_content) ?? textOf(message.reasoning)
    const hasDetails = Array.isArray(details) && details.length > 0
    if (!hasDetails && !text) return
    if (hasDetails) addDetails(this.#details, objectsOf(details))
    this.#addThought(text || (hasDetails ? thoughtOf(objectsOf(details)) : ''))
    this.#hasNewState = true
  }

  #addThought(text: string): void {
    if (text === '') return
    this.#candidate.thought(text)
    if (this.#flags.thoughtsBack === 'none') return
    this.#hasNewState = true
    if (this.#flags.thoughtsBack !== 'reasoning_details') this.#reasoning += text
  }

  /** Content in parts: what was thought, text, and whatever is new. */
  #addPart(part: Json): void {
    if (part.type === 'thinking') {
      const thinking = objectsOf(part.thinking).map(({ text }) => textOf(text) ?? '')
      this.#addThought(textOf(part.thinking) ?? thinking.join(''))
    } else if (part.type === 'image_url') this.#addImage(part)
    else if (typeof part.text === 'string') this.#addText(part.text)
  }

  #addText(delta: string): void {
    if (delta !== '') this.#passText(this.#unwrapper.push(delta))
  }

  #passText(text: string): void {
    if (text === '') return
    if (this.#hasNewState) this.#passState()
    if (this.#flags.search !== 'none') this.#text += text
    this.#candidate.text(text)
  }

  #addImage(image: Json): void {
    const url = textOf(objectOf(image.image_url).url) ?? textOf(image.image_url) ?? ''
    const head = DATA_URL.exec(url)
    if (head === null) return
    this.#passState()
    this.#candidate.medium(head[1] as string, url.slice(head[0].length))
  }

  #cite(annotation: Json): void {
    const citation = objectOf(annotation.url_citation)
    const uri = textOf(citation.url)
    if (annotation.type !== 'url_citation' || uri === undefined) return
    const title = textOf(citation.title) ?? hostOf(uri)
    const start = numberOf(citation.start_index)
    const end = numberOf(citation.end_index)
    if (start === undefined || end === undefined || end <= start) this.#candidate.citation({ uri, title })
    else {
      const startByte = bytesBefore(this.#text, start)
      this.#candidate.citation({ uri, title, startByte, endByte: bytesBefore(this.#text, end) })
    }
  }

  /** What was thought since the last piece goes with the next one. */
  #passState(): void {
    if (!this.#hasNewState) return
    this.#hasNewState = false
    const state: ChatState = { reasoning: this.#reasoning, details: [...this.#details] }
    this.#reasoning = ''
    this.#details.length = 0
    const isKept = state.reasoning !== '' || (this.#isKeepingDetails && state.details.length > 0)
    if (isKept) this.#candidate.state(sealedState(state))
  }

  /** Not before there is something: with its first candidate an answer has begun. */
  get #candidate(): CandidateComposer {
    this.#begun ??= this.#begin()
    return this.#begun
  }

  get #isKeepingDetails(): boolean {
    return this.#flags.thoughtsBack === 'reasoning_details'
  }
}

function thoughtOf(details: readonly Json[]): string {
  return details.map(({ text, summary }) => textOf(text) ?? textOf(summary) ?? '').join('')
}

function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).hostname : uri
}
