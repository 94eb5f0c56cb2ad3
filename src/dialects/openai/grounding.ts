/** Sources of a grounded answer as the citations that OpenAI's clients show. */
import { isObject, type Json } from './values.ts'

export interface Citation {
  readonly start_index: number
  readonly end_index: number
  readonly url: string
  readonly title: string
}

const PLACES = ['web', 'maps', 'retrievedContext'] as const

/**
 * One for each passage and each of its sources. Gemini counts bytes of UTF-8, OpenAI characters: `text` is what the
 * passages are of; without it the numbers are passed on as they are.
 */
export function citationsOf(metadata: unknown, text: string | undefined): readonly Citation[] {
  if (!isObject(metadata)) return []
  const chunks = listOf(metadata.groundingChunks)
  const bytes = text === undefined ? undefined : Buffer.from(text)
  const characters = (end: number) => bytes?.toString('utf8', 0, end).length ?? end
  return listOf(metadata.groundingSupports).flatMap(({ segment, groundingChunkIndices }) => {
    const { startIndex = 0, endIndex = 0 } = isObject(segment) ? segment : {}
    const indices = Array.isArray(groundingChunkIndices) ? groundingChunkIndices : []
    return indices.flatMap((index) => {
      const source = sourceOf(chunks[Number(index)])
      if (source === undefined) return []
      return {
        start_index: characters(Number(startIndex)),
        end_index: characters(Number(endIndex)),
        ...source,
      }
    })
  })
}

function sourceOf(chunk: Json | undefined): Pick<Citation, 'url' | 'title'> | undefined {
  const source = PLACES.map((place) => chunk?.[place]).find(isObject)
  if (typeof source?.uri !== 'string') return undefined
  return { url: source.uri, title: typeof source.title === 'string' ? source.title : source.uri }
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map((one) => (isObject(one) ? one : {})) : []
}
