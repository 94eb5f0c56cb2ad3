/** A price that is pinned: the ledger keeps its document, so that any row can be recomputed for ever. */
import { createHash } from 'node:crypto'
import type { Price, Rates } from '../nouns/money.ts'

const HASH_DIGITS = 12

/** `name` is for people; the hash of the rates makes equal versions equal rates. */
export function priceOf(name: string, rates: Rates): Price {
  const document = JSON.stringify(sorted(rates))
  const hash = createHash('sha256').update(document).digest('hex').slice(0, HASH_DIGITS)
  return Object.freeze({ version: `${name}@${hash}`, rates, document })
}

function sorted(rates: object): object {
  const members = Object.entries(rates).filter(([, value]) => value !== undefined)
  members.sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === 'object' ? sorted(value) : value]),
  )
}

const TOKEN_RATES = [
  'input',
  'inputAudio',
  'inputImage',
  'inputVideo',
  'cachedInput',
  'cachedInputAudio',
  'cacheWriteInput',
  'output',
  'thoughts',
  'outputAudio',
  'outputImage',
]
const TIERS = ['batch', 'flex', 'priority']
const NUMBERS: ReadonlySet<string> = new Set([
  ...TOKEN_RATES,
  ...['groundedPrompt', 'searchQuery', 'request', 'item', 'inputTokensMax', 'outputTokensMax'],
])
/** What else a document may hold, and what in turn that may. */
const SECTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  longContext: new Set([...TOKEN_RATES, 'abovePromptTokens']),
  tierPercent: new Set(TIERS),
  cachedTierPercent: new Set(TIERS),
}
const NO_NUMBERS: ReadonlySet<string> = new Set()

/**
 * The rates that `Price.document` was made of. Throws `Error` for what is no such document: whoever recomputes with half
 * of the rates would find wrong rows where there are none.
 */
export function priceOfDocument(document: string): Rates {
  const parsed: unknown = JSON.parse(document)
  if (!isSection(parsed)) throw unreadable('not a section')
  for (const [name, value] of Object.entries(parsed)) {
    const numbers = Object.hasOwn(SECTIONS, name) ? SECTIONS[name]! : NO_NUMBERS
    if (NUMBERS.has(name)) requireNumber(name, value)
    else if (numbers === NO_NUMBERS || !isSection(value)) throw unreadable(name)
    else {
      for (const [inner, number] of Object.entries(value)) {
        if (!numbers.has(inner)) throw unreadable(`${name}.${inner}`)
        requireNumber(`${name}.${inner}`, number)
      }
      Object.freeze(value)
    }
  }
  requireTexts(parsed, '')
  if (isSection(parsed.longContext)) {
    requireTexts(parsed.longContext, 'longContext.')
    requireNumber('longContext.abovePromptTokens', parsed.longContext.abovePromptTokens)
  }
  return Object.freeze(parsed) as unknown as Rates
}

function requireTexts(section: Readonly<Record<string, unknown>>, prefix: string): void {
  for (const name of ['input', 'output']) requireNumber(`${prefix}${name}`, section[name])
}

function requireNumber(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unreadable(name)
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(what: string): Error {
  return new Error(`this is not the document of a price: ${what}`)
}
