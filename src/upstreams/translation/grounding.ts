/** `groundingMetadata` of one candidate, from the citations that a provider gives. */

export interface Citation {
  readonly uri: string
  readonly title: string
  /** Bytes of UTF-8 within the candidate's whole text. */
  readonly startByte?: number
  readonly endByte?: number
}

/** Sources and places of one answer; what comes after is left out. */
const CITATIONS_MAX = 10_000

interface Support {
  readonly startByte: number
  readonly endByte: number
  readonly chunks: number[]
}

export class Grounding {
  readonly #chunks = new Map<string, { readonly index: number; readonly title: string }>()
  readonly #supports = new Map<string, Support>()
  readonly #queries = new Set<string>()

  addCitation({ uri, title, startByte = 0, endByte }: Citation): void {
    if (this.#chunks.size + this.#supports.size >= CITATIONS_MAX) return
    const chunk = this.#chunks.get(uri) ?? { index: this.#chunks.size, title }
    this.#chunks.set(uri, chunk)
    if (endByte === undefined || endByte <= startByte) return
    const place = `${startByte}-${endByte}`
    const support = this.#supports.get(place)
    if (support === undefined) this.#supports.set(place, { startByte, endByte, chunks: [chunk.index] })
    else if (!support.chunks.includes(chunk.index)) support.chunks.push(chunk.index)
  }

  addQuery(query: string): void {
    if (this.#queries.size < CITATIONS_MAX) this.#queries.add(query)
  }

  /** `texts` are the parts' own, in order, and by their index among the parts; a stream has one that spans all. */
  metadata(texts: readonly { readonly partIndex: number; readonly text: string }[]): object {
    const places = new Places(texts)
    const supports = [...this.#supports.values()].map((support) => ({
      segment: places.segment(support.startByte, support.endByte),
      groundingChunkIndices: support.chunks,
    }))
    const chunks = Array.from(this.#chunks, ([uri, { title }]) => ({ web: { uri, title } }))
    return {
      ...(this.#queries.size > 0 && { webSearchQueries: [...this.#queries] }),
      ...(chunks.length > 0 && { groundingChunks: chunks }),
      ...(supports.length > 0 && { groundingSupports: supports }),
    }
  }
}

/** Finds which part a stretch of the whole text lies in: Google counts within each part. */
class Places {
  readonly #parts: readonly { partIndex: number; startByte: number; bytes: Buffer }[]

  constructor(texts: readonly { readonly partIndex: number; readonly text: string }[]) {
    let startByte = 0
    this.#parts = texts.map(({ partIndex, text }) => {
      const part = { partIndex, startByte, bytes: Buffer.from(text) }
      startByte += part.bytes.length
      return part
    })
  }

  segment(startByte: number, endByte: number): object {
    const part = this.#parts.findLast((candidate) => candidate.startByte <= startByte)
    const offset = part?.startByte ?? 0
    const bytes = part?.bytes ?? Buffer.alloc(0)
    const startIndex = startByte - offset
    // What reaches into the next part ends with this one.
    const endIndex = Math.min(endByte - offset, bytes.length)
    return {
      ...(part !== undefined && part.partIndex > 0 && { partIndex: part.partIndex }),
      ...(startIndex > 0 && { startIndex }),
      endIndex,
      text: bytes.toString('utf8', startIndex, endIndex),
    }
  }
}
