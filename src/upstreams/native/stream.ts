/** Reads a streamed answer on the side while its bytes pass: the end, the usage, the error in the middle. */
import type { Chunk, Reading, RequestFacts } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { JsonScanError, JsonScanner } from '../../wire/json-scanner.ts'
import { SseFraming, type SseListener } from '../../wire/sse-framing.ts'
import { answerError } from '../http/errors.ts'
import type { AnswerReader } from '../http/exchange.ts'
import { jsonOrUndefined } from '../http/json.ts'
import { DocumentsToEvents } from './documents.ts'
import { saysNothing, saysSomething } from './emptiness.ts'
import { errorInAnswer } from './errors.ts'
import { mediaMeasured, mediaOf } from './media.ts'
import { ANSWER_LIMITS, RESPONSE_WATCH, responseOf, UsageReader } from './usage.ts'

const DATA_BYTES = 'data: '.length
const STRAY_BYTES_MAX = 64 * 1024

/** These names with their quotes stand nowhere inside a JSON string, because a quote there is escaped. */
const FINISH_REASON = Buffer.from('"finishReason"')
const BLOCK_REASON = Buffer.from('"blockReason"')
const GROUNDING = Buffer.from('"groundingMetadata"')
const URL_CONTEXT = Buffer.from('"urlContextMetadata"')
const INLINE_DATA = Buffer.from('"inlineData"')
/** An event that is no longer than this may count as text: it holds next to nothing else. */
const TEXT_EVENT_BYTES_MAX = 4 * 1024

/**
 * Server-Sent Events. Parsing each event would cost more than moving it. The last one is parsed; what lies before is
 * searched, a network read at a time, for the names that end a stream, and only once more has come.
 */
export class SseReader implements AnswerReader, SseListener {
  readonly #name: string
  readonly #pass: (chunk: Chunk) => void
  readonly #mayGround: boolean
  readonly #hasOneCandidate: boolean
  readonly #framing: SseFraming
  readonly #eventBytesMax: number
  /** Reads bare JSON that came in the place of events, and the events that are made of it. */
  #documents: { readonly reader: DocumentsToEvents; readonly framing: SseFraming } | undefined
  readonly #usage = new UsageReader()
  /** The last whole event, whose running totals count when the stream breaks. */
  #last: Buffer | undefined
  #lastStart = 0
  #lastEnd = 0
  /** Whole events that were passed on and not yet searched for a finish or block reason. */
  #unsearched: Buffer | undefined
  #longScanner: JsonScanner | undefined
  #stray: Buffer[] = []
  #strayBytes = 0
  #begun = false
  #isEmpty = false
  #events = 0

  constructor(
    name: string,
    pass: (chunk: Chunk) => void,
    { usesSearch, candidateCount }: Pick<RequestFacts, 'usesSearch' | 'candidateCount'>,
    eventBytesMax: number,
  ) {
    this.#framing = new SseFraming(this, eventBytesMax)
    this.#eventBytesMax = eventBytesMax
    this.#name = name
    this.#pass = pass
    // Sources of a search may come with any event: then none is left unsearched.
    this.#mayGround = usesSearch
    this.#hasOneCandidate = candidateCount <= 1
  }

  /** Whether the stream's first event was its end, and held nothing. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  get events(): number {
    return this.#events
  }

  write(piece: Buffer): void {
    this.#framing.write(piece)
  }

  end(): undefined {
    this.#framing.end()
    this.#endDocuments()
    if (this.#strayBytes > 0) throw this.#strayError()
    if (this.#framing.isInEvent)
      throw answerError(this.#name, 'broke off in the middle of an event', this.#begun)
    this.#searchUnsearched(this.#lastHasEnd())
    this.#takeLast()
    if (!this.#begun) throw answerError(this.#name, 'sent an empty stream', false)
    if (!this.#usage.isFinished) throw answerError(this.#name, 'ended its stream early', true)
  }

  reading(): Reading {
    // An answer that broke is settled too; what was understood of it counts, whatever else it held.
    ignoringErrors(() => this.#searchUnsearched(false))
    ignoringErrors(() => this.#takeLast())
    return this.#usage.reading()
  }

  event(buffer: Buffer, start: number, end: number): void {
    if (isError(buffer, start))
      throw errorInAnswer(this.#name, jsonOrUndefined(buffer.subarray(start, end)), this.#begun)
    if (!this.#begun) this.#checkFirst(buffer, start, end)
    else if (this.#isEmpty) this.#isEmpty = !saysSomething(responseIn(buffer, start, end))
    this.#begun = true
    this.#events++
    this.#usage.begin()
    this.#last = buffer
    this.#lastStart = start
    this.#lastEnd = end
    if (end - start > TEXT_EVENT_BYTES_MAX) this.#measureMedia(buffer.subarray(start, end))
  }

  bytes(bytes: Buffer, areWhole: boolean): void {
    this.#searchUnsearched(false)
    // A long event is read as it passes.
    if (areWhole) this.#unsearched = bytes
    this.#begun = true
    this.#pass({ bytes })
  }

  #checkFirst(buffer: Buffer, start: number, end: number): void {
    if (!isObject(buffer, start, end)) throw answerError(this.#name, 'sent malformed JSON', false)
    // Of several candidates, others may still have much to say.
    if (!this.#hasOneCandidate || end - start > TEXT_EVENT_BYTES_MAX) return
    if (buffer.subarray(start, end).includes(FINISH_REASON))
      this.#isEmpty = saysNothing(responseIn(buffer, start, end))
  }

  #measureMedia(event: Buffer): void {
    if (!event.includes(INLINE_DATA)) return
    const response = jsonOrUndefined(event)
    if (response !== undefined) this.#usage.addMedia(mediaOf(response as GenerateContentResponse))
  }

  #lastHasEnd(): boolean {
    return this.#last?.subarray(this.#lastStart, this.#lastEnd).includes(FINISH_REASON) ?? false
  }

  /**
   * Looks for an end among the events before the last one, and for searches. Put off, because nearly always the last one
   * has the end, and then nobody need look for it.
   */
  #searchUnsearched(isEndKnown: boolean): void {
    const bytes = this.#unsearched
    this.#unsearched = undefined
    if (bytes === undefined) return
    // First, because the usage of the event that is taken last counts.
    if (this.#mayGround) {
      this.#takeMarked(bytes, URL_CONTEXT)
      this.#takeMarked(bytes, GROUNDING)
    }
    if (isEndKnown) return
    this.#takeMarked(bytes, FINISH_REASON)
    this.#takeMarked(bytes, BLOCK_REASON)
  }

  /** Parses the events of these bytes that hold the mark. */
  #takeMarked(bytes: Buffer, mark: Buffer): void {
    for (let at = bytes.indexOf(mark); at >= 0; ) {
      const end = bytes.indexOf(0x0a, at)
      this.#take(bytes, bytes.lastIndexOf(0x0a, at) + 1 + DATA_BYTES, end)
      at = bytes.indexOf(mark, end)
    }
  }

  longEvent(part: Buffer, isLast: boolean): void {
    this.#longScanner ??= new JsonScanner(ANSWER_LIMITS, RESPONSE_WATCH)
    const scanner = this.#longScanner
    try {
      scanner.write(part)
      if (isLast) scanner.end()
    } catch (error) {
      if (!(error instanceof JsonScanError)) throw error
      throw answerError(this.#name, 'sent malformed JSON', true)
    }
    if (!isLast) return
    this.#events++
    this.#longScanner = undefined
    this.#last = undefined
    this.#usage.take(responseOf(scanner.found))
    this.#usage.addMedia(mediaMeasured(scanner.found))
  }

  stray(bytes: Buffer): void {
    if (!this.#begun && this.#documents === undefined) this.#beginDocuments()
    if (this.#documents !== undefined) {
      if (this.#documents.reader.take(bytes)) return
      throw answerError(this.#name, 'sent malformed JSON', this.#begun)
    }
    this.#strayBytes += bytes.length
    if (this.#strayBytes > STRAY_BYTES_MAX) throw this.#strayError()
    this.#stray.push(bytes)
  }

  #beginDocuments(): void {
    const framing = new SseFraming(this, this.#eventBytesMax)
    this.#documents = { framing, reader: new DocumentsToEvents((events) => framing.write(events)) }
  }

  #endDocuments(): void {
    if (this.#documents === undefined) return
    if (!this.#documents.reader.isWhole) throw answerError(this.#name, 'broke off its answer', this.#begun)
    this.#documents.framing.end()
  }

  tooLong(): void {
    throw answerError(this.#name, 'sent too long an event', this.#begun)
  }

  /** Bare JSON among events is how Google's front end reports a failure. */
  #strayError(): Error {
    return errorInAnswer(this.#name, jsonOrUndefined(Buffer.concat(this.#stray)), this.#begun)
  }

  #takeLast(): void {
    const last = this.#last
    this.#last = undefined
    if (last !== undefined) this.#take(last, this.#lastStart, this.#lastEnd)
  }

  #take(buffer: Buffer, start: number, end: number): void {
    const response = jsonOrUndefined(buffer.subarray(start, end)) as GenerateContentResponse | undefined
    if (response === undefined) throw answerError(this.#name, 'sent malformed JSON', this.#begun)
    this.#usage.take(response)
  }
}

/** One JSON array, written element by element. Its bytes pass as they come. */
export class ArrayReader implements AnswerReader {
  readonly #name: string
  readonly #pass: (chunk: Chunk) => void
  readonly #scanner = new JsonScanner(ANSWER_LIMITS, { each: RESPONSE_WATCH })
  readonly #usage = new UsageReader()
  #begun = false

  constructor(name: string, pass: (chunk: Chunk) => void) {
    this.#name = name
    this.#pass = pass
  }

  get events(): number {
    return this.#scanner.elements
  }

  write(piece: Buffer): void {
    try {
      this.#scanner.write(piece)
    } catch (error) {
      throw this.#malformed(error)
    }
    const error = this.#scanner.found.captured.get('error')
    if (error !== undefined) throw errorInAnswer(this.#name, [{ error: JSON.parse(error) }], this.#begun)
    this.#begun = true
    this.#pass({ bytes: piece })
  }

  end(): undefined {
    try {
      this.#scanner.end()
    } catch (error) {
      throw this.#malformed(error)
    }
    this.#take()
    if (!this.#usage.isFinished) throw answerError(this.#name, 'ended its stream early', this.#begun)
  }

  reading(): Reading {
    if (this.#begun) this.#take()
    return { ...this.#usage.reading(), media: mediaMeasured(this.#scanner.found) }
  }

  #take(): void {
    this.#usage.take(responseOf(this.#scanner.found))
  }

  #malformed(error: unknown): unknown {
    if (!(error instanceof JsonScanError)) return error
    return answerError(this.#name, this.#begun ? 'broke off its stream' : 'sent malformed JSON', this.#begun)
  }
}

/** `{"error": …`: by its first key, as clients tell it. */
function isError(buffer: Buffer, start: number): boolean {
  let at = start + 1
  while ((buffer[at] as number) <= 0x20) at++
  return buffer[at] === 0x22 && buffer[at + 1] === 0x65 && buffer.toString('latin1', at, at + 7) === '"error"'
}

/** The look of an object, which an error page or a torn event has not. */
function isObject(buffer: Buffer, start: number, end: number): boolean {
  let last = end - 1
  while (last > start && (buffer[last] as number) <= 0x20) last--
  return buffer[start] === 0x7b && buffer[last] === 0x7d
}

/** Empty when it is none: somebody else will say so. */
function responseIn(buffer: Buffer, start: number, end: number): GenerateContentResponse {
  const value = jsonOrUndefined(buffer.subarray(start, end))
  return typeof value === 'object' && value !== null ? (value as GenerateContentResponse) : {}
}

function ignoringErrors(step: () => void): void {
  try {
    step()
  } catch {
    // Nothing to do: the stream has been given up already.
  }
}
