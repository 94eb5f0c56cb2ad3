/** Answers that come compressed although we ask for them as they are: decoded within bounds. */
import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

/** No answer of a model is a hundredth of itself, unless somebody made it so; a short one may be anything. */
const RATIO_MAX = 100
const RATIO_FROM_BYTES = 8 * 1024 * 1024
/** 8 MiB, which HTTP allows at most; the format itself would go up to gigabytes. */
const ZSTD_WINDOW_LOG_MAX = 23

export type Coding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd'

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
])

/** Undefined for a coding that we do not know, or for several on top of each other. */
export function codingOf(header: string | string[] | undefined): Coding | undefined {
  if (header === undefined) return 'identity'
  return typeof header === 'string' ? CODINGS.get(header.trim().toLowerCase()) : undefined
}

export interface DecoderEvents {
  data(piece: Buffer): void
  /** All of it was decoded. */
  end(): void
  /** `what` goes on from "The upstream up …". Nothing more comes. */
  fail(what: string, cause?: Error): void
  /** What was written has been taken in: more may come. */
  drain(): void
}

/** One answer's way through zlib. Held in between are zlib's own window and a few pieces. */
export class Decoder {
  readonly #coding: Coding
  readonly #events: DecoderEvents
  #zlib: Transform | undefined
  #receivedBytes = 0
  #decodedBytes = 0
  #isPaused = false
  #isFull = false
  #onWritten: (() => void) | undefined
  #isOver = false

  constructor(coding: Exclude<Coding, 'identity'>, events: DecoderEvents) {
    this.#coding = coding
    this.#events = events
  }

  /** False when more should not come before `drain`. */
  write(piece: Buffer): boolean {
    if (this.#isOver) return true
    this.#receivedBytes += piece.length
    this.#zlib ??= this.#open(piece)
    const zlib = this.#zlib
    this.#isFull = !zlib.write(piece, () => {
      if (zlib.writableLength === 0) this.#onWritten?.()
    })
    return !this.#isFull
  }

  get isFull(): boolean {
    return this.#isFull
  }

  /** The body is over. An answer that was cut within its coding fails, unless it is known to be cut. */
  end(isCut: boolean): void {
    const zlib = this.#zlib
    if (zlib === undefined) return this.#events.end()
    this.#onWritten = () => (isCut ? this.#finish(() => this.#events.end()) : zlib.end())
    // Ended before, zlib would give nothing at all of a last piece that is cut.
    if (zlib.writableLength === 0) this.#onWritten()
  }

  pause(): void {
    this.#isPaused = true
    this.#zlib?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#zlib?.resume()
  }

  destroy(): void {
    this.#isOver = true
    this.#zlib?.destroy()
  }

  #open(first: Buffer): Transform {
    const zlib = transformFor(this.#coding, first)
    zlib.on('data', (piece: Buffer) => this.#take(piece))
    zlib.on('end', () => this.#finish(() => this.#events.end()))
    zlib.on('error', (cause) =>
      this.#finish(() => this.#events.fail('sent a compressed answer that cannot be read', cause)),
    )
    zlib.on('drain', () => {
      this.#isFull = false
      this.#events.drain()
    })
    if (this.#isPaused) zlib.pause()
    return zlib
  }

  #take(piece: Buffer): void {
    if (this.#isOver) return
    this.#decodedBytes += piece.length
    if (this.#isBomb()) {
      this.#finish(() => this.#events.fail('sent a compressed answer that is too large'))
      this.#zlib?.destroy()
    } else this.#events.data(piece)
  }

  #isBomb(): boolean {
    return this.#decodedBytes > RATIO_FROM_BYTES && this.#decodedBytes > this.#receivedBytes * RATIO_MAX
  }

  #finish(tell: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    tell()
  }
}

function transformFor(coding: Coding, first: Buffer): Transform {
  switch (coding) {
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } })
    case 'deflate':
      // Some servers leave out zlib's head, whose first byte ends in 8.
      return ((first[0] ?? 8) & 0x0f) === 8 ? createInflate() : createInflateRaw()
    default:
      return createGunzip()
  }
}
