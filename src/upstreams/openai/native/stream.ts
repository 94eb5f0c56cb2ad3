/** Reads a streamed answer on the side while its bytes pass: the end, the usage, the error in the middle. */
import type { GatewayError } from '../../../errors.ts'
import type { Chunk, Reading } from '../../../nouns.ts'
import type { JsonFindings } from '../../../wire/json-findings.ts'
import { JsonScanError, JsonScanner } from '../../../wire/json-scanner.ts'
import { answerError } from '../../http/errors.ts'
import type { AnswerReader } from '../../http/exchange.ts'
import { jsonOrUndefined } from '../../http/json.ts'
import { addMedia, type Media } from '../../native/media.ts'
import { isObject, type Json } from '../responses/json.ts'
import { errorInAnswer } from './errors.ts'
import type { EventWords } from './event-words.ts'
import { DONE, EventFraming, type Fate, type FramingListener } from './framing.ts'
import { TextMeter } from './text-meter.ts'
import { ANSWER_LIMITS, NO_MEDIA } from './words.ts'

/** Comments before the first event wait for it, because it may be an error with a status of its own. */
const EARLY_BYTES_MAX = 64 * 1024
const NOTHING: Buffer = Buffer.alloc(0)

export class StreamReader implements AnswerReader, FramingListener {
  readonly #name: string
  readonly #words: EventWords
  readonly #pass: (chunk: Chunk) => void
  readonly #framing: EventFraming
  readonly #text = new TextMeter()
  #media: Media = NO_MEDIA
  #longScanner: JsonScanner | undefined
  #longBytes = 0
  #early: Buffer = NOTHING
  #begun = false
  #isDone = false
  #events = 0

  constructor(name: string, words: EventWords, pass: (chunk: Chunk) => void, eventBytesMax: number) {
    this.#name = name
    this.#words = words
    this.#pass = pass
    this.#framing = new EventFraming(this, eventBytesMax)
  }

  get events(): number {
    return this.#events
  }

  write(piece: Buffer): void {
    this.#framing.write(piece)
  }

  end(): Chunk | undefined {
    const last = this.#framing.end()
    if (this.#framing.isCut) throw this.#fault('broke off in the middle of an event')
    if (!this.#begun) throw this.#fault('sent an empty stream')
    if (!this.#isDone && !this.#words.isComplete) throw this.#fault('ended its stream early')
    // Where the first event was the end, nothing has taken along what came before it.
    const bytes = this.#early.length > 0 ? Buffer.concat([this.#early, last ?? NOTHING]) : last
    return bytes && { bytes }
  }

  reading(): Reading {
    return {
      ...this.#words.reading(),
      textBytes: this.#text.bytes,
      ...(this.#media.bytes > 0 && { media: this.#media }),
      begun: this.#begun,
    }
  }

  event(buffer: Buffer, start: number, end: number): Fate {
    if (isDone(buffer, start, end)) return this.#endWithDone()
    const words = this.#words
    const mayMatter = words.matters(buffer, start, end)
    let fate: Fate = 'pass'
    if (this.#text.wants(end - start) || mayMatter) fate = this.#read(buffer.subarray(start, end))
    else if (words.mayHaveText(buffer, start, end)) this.#text.guess(end - start)
    this.#begun = true
    this.#events++
    return fate
  }

  bytes(bytes: Buffer): void {
    if (this.#begun) {
      this.#pass({ bytes: this.#early.length > 0 ? Buffer.concat([this.#early, bytes]) : bytes })
      this.#early = NOTHING
    } else {
      if (this.#early.length + bytes.length > EARLY_BYTES_MAX) throw this.#fault('sent no events')
      this.#early = Buffer.concat([this.#early, bytes])
    }
  }

  longEvent(part: Buffer, isLast: boolean): void {
    this.#longScanner ??= new JsonScanner(ANSWER_LIMITS, this.#words.watch)
    this.#begun = true
    const { found } = this.#longScanner
    this.#scan(this.#longScanner, part, isLast)
    this.#longBytes += part.length
    if (isLast) this.#endLong(found)
  }

  stray(bytes: Buffer): void {
    const document = jsonOrUndefined(bytes)
    if (!isObject(document)) throw this.#fault('sent something that is no event')
    const error = this.#words.errorOf(document)
    if (error !== undefined) throw errorInAnswer(this.#name, error, { document, bytes }, this.#begun)
    throw this.#fault('sent no events')
  }

  tooLong(): void {
    throw this.#fault('sent too long an event')
  }

  #endLong(found: JsonFindings): void {
    const bytes = this.#longBytes
    this.#longBytes = 0
    this.#longScanner = undefined
    this.#events++
    const document = this.#words.documentOf(found)
    const media = this.#words.mediaMeasured(found)
    this.#media = addMedia(this.#media, media)
    if (this.#words.isText(document)) this.#text.add(bytes - media.bytes)
    this.#take(document, NOTHING)
  }

  #endWithDone(): Fate {
    if (!this.#words.endsWithDone) return 'pass'
    this.#isDone = true
    return 'last'
  }

  #read(event: Buffer): Fate {
    if (event.length === 0) return 'pass'
    const document = jsonOrUndefined(event)
    if (!isObject(document)) throw this.#fault('sent malformed JSON')
    const fate = this.#take(document, event)
    this.#text.know(event.length, this.#words.textBytesOf(document) ?? 0)
    this.#media = addMedia(this.#media, this.#words.mediaOf(document))
    return fate
  }

  #take(document: Json, bytes: Buffer): Fate {
    const error = this.#words.errorOf(document)
    if (error !== undefined) throw errorInAnswer(this.#name, error, { document, bytes }, this.#begun)
    return this.#words.take(document)
  }

  #scan(scanner: JsonScanner, part: Buffer, isLast: boolean): void {
    try {
      scanner.write(part)
      if (isLast) scanner.end()
    } catch (error) {
      throw error instanceof JsonScanError ? this.#fault('sent malformed JSON') : error
    }
  }

  #fault(what: string): GatewayError {
    return answerError(this.#name, what, this.#begun)
  }
}

function isDone(buffer: Buffer, start: number, end: number): boolean {
  if (buffer[start] !== DONE[0] || end - start < DONE.length) return false
  return buffer.toString('latin1', start, end).trim() === '[DONE]'
}
