/** What an upstream says that an answer used, in the units that prices know. Its word is trusted within bounds. */

import type { Quantities, QuantityDetail, QuantityDetails } from '../nouns/money.ts'
import type { Reading } from '../nouns.ts'
import { countOf } from './parts.ts'

/** There are five modalities; a longer list is read no further. */
const DETAIL_ENTRIES_MAX = 32

/** What is used beside the tokens. */
export interface Extras {
  /** Searches that the model made. */
  readonly searchQueries: number
  /** Whether the answer was grounded in a search. */
  readonly isGrounded: boolean
  /** Things made that are paid for by the piece; 0 for whatever is paid for by its tokens. */
  readonly items: number
}

type Class = 'prompt' | 'cached' | 'candidates' | 'toolUse'
type Modality = 'AUDIO' | 'IMAGE' | 'VIDEO' | 'DOCUMENT'
type Details = { -readonly [Name in keyof QuantityDetails]: QuantityDetails[Name] }

const MODALITIES: ReadonlySet<unknown> = new Set<Modality>(['AUDIO', 'IMAGE', 'VIDEO', 'DOCUMENT'])

/** Never throws: a count that no service could mean is 0, and a part that is larger than its whole is cut to it. */
export function quantitiesOf(usage: Reading['usage'], extras: Extras): Quantities {
  // Untrusted: only its type says that it is an object.
  const said: Readonly<Record<string, unknown>> = usage ?? {}
  const promptTokens = countOf(said.promptTokenCount)
  const candidatesTokens = countOf(said.candidatesTokenCount)
  const thoughtsTokens = countOf(said.thoughtsTokenCount)
  const toolUsePromptTokens = countOf(said.toolUsePromptTokenCount)
  const cachedTokens = Math.min(countOf(said.cachedContentTokenCount), promptTokens)
  // An embedding's usage names no total: then it is the sum of what it names.
  const sum = promptTokens + candidatesTokens + thoughtsTokens + toolUsePromptTokens
  const totalTokens =
    said.totalTokenCount === undefined
      ? Math.min(sum, Number.MAX_SAFE_INTEGER)
      : countOf(said.totalTokenCount)
  const details = new DetailReader()
  // Embeddings name their list without an "s" in the middle.
  details.read('prompt', said.promptTokensDetails ?? said.promptTokenDetails, promptTokens)
  details.read('cached', said.cacheTokensDetails, cachedTokens)
  details.read('candidates', said.candidatesTokensDetails, candidatesTokens)
  details.read('toolUse', said.toolUsePromptTokensDetails, toolUsePromptTokens)
  const cacheWrites = Math.min(countOf(said.cacheCreationTokenCount), promptTokens - cachedTokens)
  details.set('cacheWriteTokens', cacheWrites)
  if (extras.isGrounded) details.set('groundedPrompts', 1)
  details.set('searchQueries', countOf(extras.searchQueries))
  details.set('items', countOf(extras.items))
  return {
    ...{ promptTokens, cachedTokens, candidatesTokens, thoughtsTokens, toolUsePromptTokens, totalTokens },
    details: details.found,
  }
}

/** Plain text, which is nearly everything, makes no object here. */
class DetailReader {
  found: Details | undefined

  set(name: QuantityDetail, count: number): void {
    if (count === 0) return
    this.found ??= {}
    this.found[name] = count
  }

  read(name: Class, list: unknown, whole: number): void {
    if (!Array.isArray(list)) return
    let rest = whole
    const length = Math.min(list.length, DETAIL_ENTRIES_MAX)
    for (let index = 0; index < length; index++) {
      const { modality, tokenCount } = (list[index] ?? {}) as { modality?: unknown; tokenCount?: unknown }
      if (!MODALITIES.has(modality)) continue
      const count = Math.min(countOf(tokenCount), rest)
      rest -= count
      const detail: QuantityDetail = `${name}.${modality as Modality}`
      this.set(detail, (this.found?.[detail] ?? 0) + count)
    }
  }
}
