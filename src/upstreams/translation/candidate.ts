/** One candidate of an answer that is put together. */
import { hash } from 'node:crypto'
import type { Candidate, Part } from '../../wire/gemini.ts'
import { type Citation, Grounding } from './grounding.ts'

/** Of a call that could not be read, what `finishMessage` shows, in characters. */
const SHOWN_CHARACTERS_MAX = 1_000
const CALL_ID_DIGITS = 16
const CALLS_MADE = 'Model generated function call(s).'
const MALFORMED = 'MALFORMED_FUNCTION_CALL'
const CUT = 'MAX_TOKENS'
/** Text of a stream that is kept for the citations that come with its end; what they cite beyond it is not repeated. */
const STREAM_TEXT_BYTES_MAX = 256 * 1024

export interface FunctionCallMade {
  /** As the provider names it; undefined: we make one. */
  readonly id: string | undefined
  /** As the target knows it. */
  readonly name: string
  /** JSON text of an object, whole. What is none ends the answer with MALFORMED_FUNCTION_CALL. */
  readonly argumentsText: string
}

/** Methods may be called in any order that a provider's stream has; each candidate is its own. */
export interface CandidateComposer {
  text(delta: string): void
  thought(delta: string): void
  /**
   * The provider's own reasoning state: rides on the next piece that is no thought, or on an empty text at the end. JSON.
   * A second one before any piece takes the place of the first: it holds both.
   */
  state(state: unknown): void
  call(made: FunctionCallMade): void
  medium(mimeType: string, base64: string): void
  /** Adds to `groundingMetadata`; offsets are bytes of UTF-8 within the candidate's whole text. */
  citation(citation: Citation): void
  /** Bytes of UTF-8 of the text so far: where a citation starts and ends. */
  readonly textBytes: number
  searchQuery(query: string): void
  /** Members of a LogprobsResult; lists grow. */
  logprobs(chosen: readonly object[], top: readonly object[]): void
  /** One of Google's finish reasons; the last one counts. */
  finish(reason: string, message?: string): void
}

/** What a candidate's parts depend on beside what the provider says. */
export interface CandidateTerms {
  /** Whether the client asked to see thoughts; they are counted in any case. */
  readonly includeThoughts: boolean
  /** A function's own name, from the one that the target knows. */
  readonly originalName: (name: string) => string
  /** `thoughtSignature` that carries this state. */
  readonly seal: (state: unknown) => string
}

export interface CandidateOptions {
  readonly index: number
  readonly terms: CandidateTerms
  readonly responseId: () => string
  /** Set in a stream: hears each part as it comes, with the probabilities of what has come since the one before. */
  readonly emit: ((part: Part, likelihoods: Partial<Candidate> | undefined) => void) | undefined
  readonly onMedium: (part: Part) => void
}

export class CandidateParts implements CandidateComposer {
  readonly #options: CandidateOptions
  readonly #emit: CandidateOptions['emit']
  /** Of a whole answer; a stream keeps none. */
  readonly #parts: Part[] = []
  /** Of a stream, for the citations' sake. */
  #streamText = ''
  #textBytes = 0
  #thoughtBytes = 0
  #callBytes = 0
  #hasState = false
  #state: unknown
  readonly #text = new WholeCharacters()
  readonly #thought = new WholeCharacters()
  #callIds: Set<string> | undefined
  #grounding: Grounding | undefined
  #chosen: object[] = []
  #tokens = 0
  #logProbabilities = 0
  #top: object[] = []
  #finish: { readonly reason: string; readonly message: string | undefined } | undefined
  /** Whether anything came, shown or not. */
  hasPieces = false

  constructor(options: CandidateOptions) {
    this.#options = options
    this.#emit = options.emit
  }

  get index(): number {
    return this.#options.index
  }

  get textBytes(): number {
    return this.#textBytes
  }

  /** Of text, thoughts and arguments. */
  get bytesSeen(): number {
    return this.#textBytes + this.#thoughtBytes + this.#callBytes
  }

  get finishReason(): string | undefined {
    return this.#finish?.reason
  }

  text(piece: string): void {
    const delta = this.#text.whole(piece)
    if (delta === '') return
    this.hasPieces = true
    this.#textBytes += Buffer.byteLength(delta)
    if (this.#emit !== undefined) {
      if (this.#textBytes <= STREAM_TEXT_BYTES_MAX) this.#streamText += delta
      return this.#give(this.#hasState ? this.#signed({ text: delta }) : { text: delta })
    }
    const last = this.#parts.at(-1)
    if (!this.#hasState && last?.text !== undefined && last.thought !== true) last.text += delta
    else this.#parts.push(this.#signed({ text: delta }))
  }

  thought(piece: string): void {
    const delta = this.#thought.whole(piece)
    if (delta === '') return
    this.hasPieces = true
    this.#thoughtBytes += Buffer.byteLength(delta)
    if (!this.#options.terms.includeThoughts) return
    if (this.#emit !== undefined) return this.#give({ text: delta, thought: true })
    const last = this.#parts.at(-1)
    if (last?.thought === true) last.text += delta
    else this.#parts.push({ text: delta, thought: true })
  }

  state(state: unknown): void {
    this.hasPieces = true
    this.#hasState = true
    this.#state = state
  }

  call({ id, name, argumentsText }: FunctionCallMade): void {
    this.hasPieces = true
    this.#callBytes += name.length + argumentsText.length
    const args = argumentsOf(argumentsText)
    if (args === undefined) return this.#failCall(name, argumentsText)
    const isFirst = this.#callIds === undefined
    const functionCall = { id: this.#idOf(id), name: this.#options.terms.originalName(name), args }
    // Google's newer models sign the first call of a step, and clients expect it of all.
    if (isFirst && !this.#hasState) this.state(null)
    this.#add(this.#signed({ functionCall }))
  }

  medium(mimeType: string, base64: string): void {
    this.hasPieces = true
    const part = this.#signed({ inlineData: { mimeType, data: base64 } })
    this.#options.onMedium(part)
    this.#add(part)
  }

  citation(citation: Citation): void {
    this.#grounding ??= new Grounding()
    this.#grounding.addCitation(citation)
  }

  searchQuery(query: string): void {
    this.#grounding ??= new Grounding()
    this.#grounding.addQuery(query)
  }

  logprobs(chosen: readonly object[], top: readonly object[]): void {
    for (const token of chosen) {
      this.#chosen.push(token)
      this.#tokens++
      this.#logProbabilities += logProbabilityOf(token)
    }
    for (const step of top) this.#top.push(step)
  }

  finish(reason: string, message?: string): void {
    // A call that the limit cut short is not the model's fault.
    if (this.#finish?.reason !== MALFORMED || reason === CUT) this.#finish = { reason, message }
  }

  /** Empty, or with `groundingMetadata`. */
  grounding(): { readonly groundingMetadata?: object } {
    if (this.#grounding === undefined) return {}
    return { groundingMetadata: this.#grounding.metadata(this.#texts()) }
  }

  /** The whole candidate, or what a stream's last chunk says of it. */
  end(): Candidate {
    const parts = this.#lastParts()
    const { reason = 'OTHER', message } = this.#finish ?? {}
    const hasCalls = this.#callIds !== undefined
    const finishMessage = message ?? (reason === 'STOP' && hasCalls ? CALLS_MADE : undefined)
    return {
      content: { ...(parts.length > 0 && { parts }), role: 'model' },
      finishReason: reason,
      ...(finishMessage !== undefined && { finishMessage }),
      index: this.index,
      ...this.grounding(),
      ...(this.#tokens > 0 && { avgLogprobs: this.#logProbabilities / this.#tokens }),
      ...this.#takeLikelihoods(),
    }
  }

  #lastParts(): Part[] {
    const rest = this.#hasState ? [this.#signed({ text: '' })] : []
    if (this.#emit === undefined) return [...this.#parts, ...rest]
    // A last chunk without a part makes the SDKs' chats forget the whole turn.
    return rest.length > 0 ? rest : [{ text: '' }]
  }

  #texts(): { partIndex: number; text: string }[] {
    if (this.#emit !== undefined) return [{ partIndex: 0, text: this.#streamText }]
    return this.#parts.flatMap(({ text, thought }, partIndex) =>
      text !== undefined && thought !== true ? [{ partIndex, text }] : [],
    )
  }

  /** A long answer has many of them: a stream does not keep them until its end. */
  #takeLikelihoods(): Partial<Candidate> | undefined {
    const chosenCandidates = this.#chosen
    if (chosenCandidates.length === 0) return undefined
    const topCandidates = this.#top
    this.#chosen = []
    this.#top = []
    const logProbabilitySum = chosenCandidates.reduce((sum, token) => sum + logProbabilityOf(token), 0)
    return {
      logprobsResult: {
        logProbabilitySum,
        ...(topCandidates.length > 0 && { topCandidates }),
        chosenCandidates,
      },
    }
  }

  #give(part: Part): void {
    this.#emit!(part, this.#takeLikelihoods())
  }

  #add(part: Part): void {
    if (this.#emit === undefined) this.#parts.push(part)
    else this.#give(part)
  }

  /** The same part, which takes the state that waits for one. */
  #signed(part: Part): Part {
    if (!this.#hasState) return part
    part.thoughtSignature = this.#options.terms.seal(this.#state)
    this.#hasState = false
    this.#state = undefined
    return part
  }

  /** The provider's own, when it is one and no other call has it: results find their calls by it. */
  #idOf(given: string | undefined): string {
    this.#callIds ??= new Set()
    const at = this.#callIds.size
    const id = given && !this.#callIds.has(given) ? given : this.#makeId(at)
    this.#callIds.add(id)
    return id
  }

  #makeId(at: number): string {
    const digest = hash('sha256', `${this.#options.responseId()} ${this.index} ${at}`)
    return `call_${digest.slice(0, CALL_ID_DIGITS)}`
  }

  #failCall(name: string, argumentsText: string): void {
    if (this.#finish?.reason === CUT) return
    const shown = argumentsText.slice(0, SHOWN_CHARACTERS_MAX)
    this.#finish = {
      reason: MALFORMED,
      message: `Malformed function call: ${this.#options.terms.originalName(name)}(${shown})`,
    }
  }
}

const logProbabilityOf = (token: object): number => (token as { logProbability?: number }).logProbability ?? 0

/** Some providers cut a character of two UTF-16 units in two deltas; half of one is no text that may go out. */
class WholeCharacters {
  #half = ''

  whole(delta: string): string {
    const text = this.#half === '' ? delta : this.#half + delta
    const last = text.charCodeAt(text.length - 1)
    const isCut = last >= 0xd800 && last <= 0xdbff
    this.#half = isCut ? text.slice(-1) : ''
    return isCut ? text.slice(0, -1) : text
  }
}

/** Nothing at all is a call without arguments. */
function argumentsOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
