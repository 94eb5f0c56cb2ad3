/** What of a request or an answer was not carried as it was asked. */

/**
 * `dropped`: it did not arrive. `approximated`: something near it arrived. `emulated`: the target cannot do it, and we
 * did it in another way.
 */
export type LossKind = 'dropped' | 'approximated' | 'emulated'

export interface Loss {
  /**
   * Where in the request, or with `response.` before it in the answer: camelCase with indices, such as
   * `generationConfig.topK` or `contents[0].parts[1].videoMetadata`. What lies below it shares its fate.
   */
  readonly path: string
  readonly kind: LossKind
  /** One short sentence that names no secret and no content of the client's. */
  readonly reason: string
}

/** Everything that is known so far; it may grow until the answer has ended. */
export interface Translation {
  losses(): readonly Loss[]
}

/** Longest value of the header, in characters: proxies in front of us allow some kilobytes for all headers together. */
const SHORT_CHARS_MAX = 1_024
const KINDS: readonly LossKind[] = ['dropped', 'approximated', 'emulated']
/** What a String of RFC 9651 may hold. */
const PRINTABLE = /[^\x20-\x7e]|["\\]/g

/**
 * The header `x-wasat-translation`: a Dictionary of RFC 9651 with a list of paths for each kind, such as
 * `dropped=("generationConfig.topK"), approximated=("generationConfig.thinkingConfig.thinkingLevel")`, and `more=3`
 * for what did not fit. Undefined when everything was carried.
 */
export function shortReport(losses: readonly Loss[]): string | undefined {
  if (losses.length === 0) return undefined
  let length = 0
  let more = 0
  const lists = KINDS.map((kind) => {
    const shown: string[] = []
    for (const { path } of losses.filter((loss) => loss.kind === kind)) {
      const text = `"${path.replaceAll(PRINTABLE, '?')}"`
      length += text.length + 1
      if (length <= SHORT_CHARS_MAX) shown.push(text)
      else more++
    }
    return shown.length > 0 ? `${kind}=(${shown.join(' ')})` : ''
  })
  return [...lists, more > 0 ? `more=${more}` : ''].filter((item) => item !== '').join(', ')
}
