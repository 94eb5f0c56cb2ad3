import type { Price } from '../../nouns/money.ts'
import { toText } from './text.ts'

/** Prices that are remembered as written; beyond it they are written again, which changes nothing. */
const KNOWN_MAX = 10_000

/** Which prices the server has already, so that a document travels once and not with each row. */
export interface KnownPrices {
  /** JSON of those that are new, or null; `written` once they are durable. */
  unwritten(prices: readonly (Price | undefined)[]): { readonly json: string | null; written(): void }
  /** Perhaps another server answers now. */
  forget(): void
}

export function createKnownPrices(): KnownPrices {
  const known = new Set<string>()
  return {
    unwritten(prices) {
      const news = new Map<string, string>()
      for (const price of prices)
        if (price !== undefined && !known.has(price.version)) news.set(price.version, price.document)
      if (news.size === 0) return { json: null, written: () => undefined }
      const documents = [...news].map(([version, document]) => ({
        version: toText(version),
        document: toText(document),
      }))
      return {
        json: JSON.stringify(documents),
        written: () => {
          if (known.size + news.size > KNOWN_MAX) known.clear()
          for (const version of news.keys()) known.add(version)
        },
      }
    },
    forget: () => known.clear(),
  }
}
