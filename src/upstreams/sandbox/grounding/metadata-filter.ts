/**
 * `metadataFilter` of a file search, in the filter language of AIP-160: comparisons (`=`, `!=`, `<`, `<=`, `>`, `>=`,
 * and `:` for "has"), `AND`, `OR` (which binds tighter), `NOT` or `-`, parentheses; comparisons side by side are ANDed.
 * Left out: functions, wildcards, nested fields, bare words.
 */
import { invalidField } from '../../../errors.ts'

const FILTER_CHARS_MAX = 4_096
const TOKENS_MAX = 1_000
const DEPTH_MAX = 32

/** One entry of a document's `customMetadata`: a key with one of `stringValue`, `numericValue`, `stringListValue`. */
export type MetadataEntry = Readonly<Record<string, unknown>>

export type MetadataFilter = (metadata: readonly MetadataEntry[]) => boolean

type Token =
  | { readonly kind: 'mark'; readonly text: string }
  | { readonly kind: 'word' | 'text'; readonly text: string }

const TOKEN =
  /\s*(?:(?<mark>[()]|<=|>=|!=|[=<>:]|-(?=[\s("'A-Za-z_]))|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<word>[^\s()"'=<>!:]+))/uy

/** Reads a filter. Throws `invalid_argument` that names the field and the place. */
export function readMetadataFilter(filter: string, field: string): MetadataFilter {
  const refuse = (reason: string) => invalidField(field, `Invalid metadata filter: ${reason}`)
  if (filter.length > FILTER_CHARS_MAX) throw refuse(`longer than ${FILTER_CHARS_MAX} characters.`)
  const tokens = tokensOf(filter, refuse)
  let at = 0
  const peek = (): Token | undefined => tokens[at]
  const isWord = (text: string) => peek()?.kind === 'word' && peek()?.text === text
  const isMark = (text: string) => peek()?.kind === 'mark' && peek()?.text === text
  const endsGroup = () => peek() === undefined || isMark(')')

  function sequence(depth: number): MetadataFilter {
    if (depth > DEPTH_MAX) throw refuse(`nested deeper than ${DEPTH_MAX}.`)
    const terms = [alternatives(depth)]
    while (!endsGroup()) {
      if (isWord('AND')) at++
      terms.push(alternatives(depth))
    }
    return (metadata) => terms.every((term) => term(metadata))
  }
  function alternatives(depth: number): MetadataFilter {
    const terms = [term(depth)]
    while (isWord('OR')) {
      at++
      terms.push(term(depth))
    }
    return (metadata) => terms.some((one) => one(metadata))
  }
  function term(depth: number): MetadataFilter {
    let isNot = false
    for (; isWord('NOT') || isMark('-'); at++) isNot = !isNot
    const one = isMark('(') ? group(depth) : comparison()
    return isNot ? (metadata) => !one(metadata) : one
  }
  function group(depth: number): MetadataFilter {
    at++
    const inner = sequence(depth + 1)
    if (!isMark(')')) throw refuse('a closing parenthesis is missing.')
    at++
    return inner
  }
  function comparison(): MetadataFilter {
    const [key, operator, value] = tokens.slice(at, at + 3)
    if (key === undefined) throw refuse('it ends where a comparison is expected.')
    if (key.kind === 'mark' || KEYWORDS.has(key.text)) throw refuse(`unexpected '${key.text}'.`)
    const compare = operator?.kind === 'mark' ? COMPARISONS.get(operator.text) : undefined
    if (compare === undefined) throw refuse(`a comparison is expected after '${key.text}'.`)
    if (value === undefined || value.kind === 'mark') throw refuse(`a value is missing after '${key.text}'.`)
    at += 3
    return (metadata) => metadata.some((entry) => entry.key === key.text && compare(entry, value.text))
  }

  if (tokens.length === 0) return () => true
  const whole = sequence(0)
  if (at < tokens.length) throw refuse(`unexpected '${peek()?.text}'.`)
  return whole
}

const KEYWORDS: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT'])

function tokensOf(filter: string, refuse: (reason: string) => Error): Token[] {
  const tokens: Token[] = []
  const text = filter.trim()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) throw refuse(`cannot be read at character ${at + 1}.`)
    if (tokens.length >= TOKENS_MAX) throw refuse(`more than ${TOKENS_MAX} parts.`)
    const { mark, word, double, single } = groups
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'text', text: (double ?? single ?? '').replace(/\\(.)/gs, '$1') })
  }
  return tokens
}

/** A document without the key compares with nothing, so `!=` does not hold for it either; `NOT` does. */
type Compare = (entry: MetadataEntry, value: string) => boolean

const COMPARISONS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['=', (entry, value) => valuesOf(entry).some((own) => order(own, value) === 0)],
  [':', (entry, value) => valuesOf(entry).some((own) => value === '*' || order(own, value) === 0)],
  ['!=', (entry, value) => valuesOf(entry).every((own) => order(own, value) !== 0)],
  ['<', (entry, value) => valuesOf(entry).some((own) => order(own, value) < 0)],
  ['<=', (entry, value) => valuesOf(entry).some((own) => order(own, value) <= 0)],
  ['>', (entry, value) => valuesOf(entry).some((own) => order(own, value) > 0)],
  ['>=', (entry, value) => valuesOf(entry).some((own) => order(own, value) >= 0)],
])

function valuesOf(entry: MetadataEntry): (string | number)[] {
  const { stringValue, numericValue, stringListValue } = entry
  if (typeof numericValue === 'number') return [numericValue]
  if (typeof stringValue === 'string') return [stringValue]
  const list = (stringListValue as { values?: unknown } | undefined)?.values
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
}

/** Numbers by size, texts by code units; NaN, which no comparison holds for, when a number meets a word. */
function order(own: string | number, value: string): number {
  if (typeof own === 'number') return value.trim() === '' ? Number.NaN : own - Number(value)
  if (own === value) return 0
  return own < value ? -1 : 1
}
