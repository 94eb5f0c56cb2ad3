/** What a regular expression's tree is made of. */

/** `min` and `max` are lengths in code points of what the node can match; `states` its size when written out. */
interface Measured {
  readonly min: number
  readonly max: number
  readonly states: number
}

/** In order, apart from one another, both ends included. */
export type Ranges = readonly (readonly [from: number, to: number])[]

/** One code point of `ranges` or with one of the `properties`; of all others when `negated`. */
export interface SetNode extends Measured {
  readonly kind: 'set'
  readonly negated: boolean
  readonly ranges: Ranges
  readonly properties: readonly RegExp[]
}

/** What holds between two characters. `word` is the edge of a word, `inside` any other place. */
export type Place = 'start' | 'end' | 'word' | 'inside'

export type PatternNode =
  | SetNode
  | (Measured & { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly PatternNode[] })
  | (Measured & {
      readonly kind: 'repeat'
      readonly node: PatternNode
      readonly from: number
      readonly to: number
    })
  | (Measured & { readonly kind: 'assert'; readonly at: Place })
  | (Measured & { readonly kind: 'look'; readonly node: PatternNode; readonly negated: boolean })

/** Why a regular expression cannot be used, in words for the one who wrote it. */
export class PatternProblem extends Error {
  /** Right, but beyond what is taken; otherwise it is simply wrong. */
  readonly tooLarge: boolean

  constructor(message: string, tooLarge = false) {
    super(message)
    this.name = 'PatternProblem'
    this.tooLarge = tooLarge
  }
}

/** What a caller takes of a regular expression. */
export interface PatternOptions {
  /** Letters match in either case, as with ECMAScript's flags `iu`. */
  readonly ignoreCase?: boolean
  /** Instructions that it may become once its counted repeats are written out. */
  readonly statesMax?: number
  /** Look-aheads inside one another; each level multiplies the cost of a match by the text's length. */
  readonly lookAheadsDepthMax?: number
}

/** Where a parser is in its pattern. */
export interface Cursor {
  /** Code points as strings. */
  readonly signs: readonly string[]
  readonly options: Required<PatternOptions>
  at: number
}

/** A mistake of whoever wrote the pattern, with its place. */
export function mistake({ at, signs }: Cursor, what: string): PatternProblem {
  return new PatternProblem(`${what} (at character ${Math.min(at, signs.length)})`)
}

/** Each property counts as a state of its own: to ask for it costs as much. */
export function set(ranges: Ranges, negated = false, properties: readonly RegExp[] = []): SetNode {
  return { kind: 'set', negated, ranges, properties, min: 1, max: 1, states: 1 + properties.length }
}

export function literal(sign: string): SetNode {
  const code = sign.codePointAt(0)!
  return set([[code, code]])
}

/** Any ranges, sorted and joined where they touch. */
export function inOrder(ranges: Ranges): Ranges {
  const joined: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

/** Whether a code point is in the set. */
export function isInSet({ ranges, properties, negated }: SetNode, code: number): boolean {
  const found = isInRanges(ranges, code) || (properties.length > 0 && hasProperty(properties, code))
  return found !== negated
}

/** Whether any form of a character is one of the set's; a negated set has none of them. */
export function isAnyInSet({ ranges, properties, negated }: SetNode, forms: readonly number[]): boolean {
  for (const code of forms) {
    if (isInRanges(ranges, code) || (properties.length > 0 && hasProperty(properties, code))) return !negated
  }
  return negated
}

/** Halves what is left of the ranges until one is: a class may have thousands. */
function isInRanges(ranges: Ranges, code: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const [from, to] = ranges[middle]!
    if (code < from) high = middle
    else if (code > to) low = middle + 1
    else return true
  }
  return false
}

function hasProperty(properties: readonly RegExp[], code: number): boolean {
  const sign = String.fromCodePoint(code)
  return properties.some((property) => property.test(sign))
}
