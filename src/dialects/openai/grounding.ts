/** Sources of a grounded answer as the citations that OpenAI's clients show. */
import { isObject, type Json } from './values.ts'

export interface Citation {
  readonly start_index: number
  readonly end_index: number
  readonly url: string
  readonly title: string
}

const PLACES = ['web', 'maps', 'retrievedContext'] as const

/** Passages of a grounded answer are found in this much of its text. */
const TEXT_KEPT_MAX = 128 * 1024
const SOURCES_MAX = 1_000

type Kind = 'text' | 'thought' | 'other'

interface Passage {
  readonly kind: Kind
  /** In the content, in UTF-16 units. */
  readonly start: number
}

/**
 * Follows one candidate to its end. Gemini counts bytes of UTF-8 in one of its parts, OpenAI characters of the whole
 * content; and a stream of Gemini's tells each source once, while its passages count over all of them.
 */
export class Citations {
  readonly #sources: Json[] = []
  readonly #parts: Passage[] = []
  #content: string | undefined = ''

  /** A part of the answer begins. The first of a chunk goes on with the last of the chunk before, if it is such a one. */
  begin(kind: Kind, isFirst: boolean): void {
    if (isFirst && kind !== 'other' && this.#parts.at(-1)?.kind === kind) return
    this.#parts.push({ kind, start: this.#content?.length ?? 0 })
  }

  /** What the client has of the content. */
  add(text: string): void {
    if (this.#content !== undefined) this.#content += text
    if ((this.#content?.length ?? 0) > TEXT_KEPT_MAX) this.#content = undefined
  }

  /** One for each passage and each of its sources. Where the text was too long, the numbers are passed on as they are. */
  read(metadata: unknown): readonly Citation[] {
    if (!isObject(metadata)) return []
    this.#sources.push(...listOf(metadata.groundingChunks).slice(0, SOURCES_MAX - this.#sources.length))
    const supports = listOf(metadata.groundingSupports)
    if (supports.length === 0) return []
    const position = this.#positions()
    return supports.flatMap(({ segment, groundingChunkIndices }) => {
      const { partIndex = 0, startIndex = 0, endIndex = 0 } = isObject(segment) ? segment : {}
      const indices = Array.isArray(groundingChunkIndices) ? groundingChunkIndices : []
      return indices.flatMap((index) => {
        const source = sourceOf(this.#sources[Number(index)])
        if (source === undefined) return []
        const [start, end] = [startIndex, endIndex].map((at) => position(Number(partIndex), Number(at)))
        return { start_index: start as number, end_index: end as number, ...source }
      })
    })
  }

  #positions(): (partIndex: number, byte: number) => number {
    const content = this.#content
    if (content === undefined) return (_, byte) => byte
    const characters = charactersBefore(content)
    return (partIndex, byte) => {
      const named = this.#parts[partIndex]
      const part = named?.kind === 'text' ? named : this.#parts.find(({ kind }) => kind === 'text')
      const startByte = Buffer.byteLength(content.slice(0, part?.start ?? 0))
      return characters[Math.min(startByte + byte, characters.length - 1)] ?? 0
    }
  }
}

const CONTINUATION_MASK = 0xc0
const CONTINUATION = 0x80

/** For each byte of the text, and for its end, how many characters stand before it. */
function charactersBefore(text: string): Uint32Array {
  const bytes = Buffer.from(text)
  const counts = new Uint32Array(bytes.length + 1)
  for (const [at, byte] of bytes.entries())
    counts[at + 1] = (counts[at] as number) + ((byte & CONTINUATION_MASK) === CONTINUATION ? 0 : 1)
  return counts
}

function sourceOf(chunk: Json | undefined): Pick<Citation, 'url' | 'title'> | undefined {
  const source = PLACES.map((place) => chunk?.[place]).find(isObject)
  if (typeof source?.uri !== 'string') return undefined
  return { url: source.uri, title: typeof source.title === 'string' ? source.title : source.uri }
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map((one) => (isObject(one) ? one : {})) : []
}
