/** The parts of a pattern that stand for one character: escapes and classes in brackets. */
import {
  type Cursor,
  inOrder,
  literal,
  mistake,
  PatternProblem,
  type Ranges,
  type SetNode,
  set,
} from './node.ts'

const CODE_POINT_MAX = 0x10_ffff
/** Properties in one class; each is asked for on its own. */
const PROPERTIES_MAX = 16

const DIGITS: Ranges = [[0x30, 0x39]]
const WORDS: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const BLANKS: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]

const CLASSES: ReadonlyMap<string, Ranges> = new Map([
  ['d', DIGITS],
  ['w', WORDS],
  ['s', BLANKS],
  ['D', complement(DIGITS)],
  ['W', complement(WORDS)],
  ['S', complement(BLANKS)],
])

/** With either case, the long s and the sign of the kelvin are `s` and `k`, so they are no others. */
const NO_WORDS_IN_ANY_CASE = complement([...WORDS, [0x17f, 0x17f], [0x212a, 0x212a]])

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['f', '\f'],
  ['0', '\0'],
])

/** `ranges` must be in order. */
function complement(ranges: Ranges): Ranges {
  const others: [number, number][] = []
  let next = 0
  for (const [from, to] of ranges) {
    if (from > next) others.push([next, from - 1])
    next = to + 1
  }
  if (next <= CODE_POINT_MAX) others.push([next, CODE_POINT_MAX])
  return others
}

/** Reads what follows a backslash. */
export function parseEscape(cursor: Cursor): SetNode {
  const sign = cursor.signs[cursor.at++]
  if (sign === undefined) throw mistake(cursor, 'it ends in a backslash')
  const ranges = sign === 'W' && cursor.options.ignoreCase ? NO_WORDS_IN_ANY_CASE : CLASSES.get(sign)
  if (ranges !== undefined) return set(ranges)
  const control = CONTROLS.get(sign)
  if (control !== undefined) return literal(control)
  if (sign === 'p' || sign === 'P') return parseProperty(cursor, sign)
  if (sign === 'x') return literal(readHex(cursor, sign, 2))
  if (sign === 'u') return literal(readUnicode(cursor))
  if (sign === 'c') return literal(readControl(cursor))
  if (/[A-Za-z0-9]/.test(sign)) throw mistake(cursor, `there is no \\${sign} here`)
  return literal(sign)
}

function readHex(cursor: Cursor, letter: string, digits: number): string {
  const text = cursor.signs.slice(cursor.at, cursor.at + digits).join('')
  if (text.length !== digits || !/^[0-9a-f]+$/i.test(text)) {
    throw mistake(cursor, `\\${letter} needs ${digits} hex digits`)
  }
  cursor.at += digits
  return String.fromCodePoint(Number.parseInt(text, 16))
}

function readUnicode(cursor: Cursor): string {
  if (cursor.signs[cursor.at] !== '{') {
    const first = readHex(cursor, 'u', 4)
    const next = cursor.signs.slice(cursor.at, cursor.at + 6).join('')
    const pair = /^\\u(d[c-f][0-9a-f]{2})$/i.exec(next)
    if (!/[\ud800-\udbff]/.test(first) || pair === null) return first
    cursor.at += 6
    return first + String.fromCharCode(Number.parseInt(pair[1]!, 16))
  }
  const text = cursor.signs.slice(cursor.at, cursor.at + 10).join('')
  const code = Number.parseInt(/^\{([0-9a-f]{1,8})\}/i.exec(text)?.[1] ?? '', 16)
  if (!(code <= CODE_POINT_MAX)) throw mistake(cursor, '\\u{ } needs the number of a character')
  cursor.at += text.indexOf('}') + 1
  return String.fromCodePoint(code)
}

function readControl(cursor: Cursor): string {
  const letter = cursor.signs[cursor.at++] ?? ''
  if (!/^[a-z]$/i.test(letter)) throw mistake(cursor, '\\c needs a letter')
  return String.fromCharCode(letter.charCodeAt(0) % 32)
}

/** A property is looked up by the runtime, one character at a time: the only place where a RegExp is made. */
function parseProperty(cursor: Cursor, sign: string): SetNode {
  const text = cursor.signs.slice(cursor.at, cursor.at + 60).join('')
  const braces = /^\{[\w=]{1,50}\}/.exec(text)?.[0]
  if (braces === undefined) throw mistake(cursor, `\\${sign} needs a property of characters in { }`)
  cursor.at += braces.length
  try {
    return set([], false, [new RegExp(`^\\${sign}${braces}$`, 'u')])
  } catch {
    throw mistake(cursor, `\\${sign} needs a property of characters in { }`)
  }
}

/** Reads what follows `[`. */
export function parseClass(cursor: Cursor): SetNode {
  const { signs } = cursor
  const negated = signs[cursor.at] === '^'
  if (negated) cursor.at++
  const ranges: (readonly [number, number])[] = []
  const properties = new Map<string, RegExp>()
  while (signs[cursor.at] !== ']') {
    const first = readMember(cursor)
    const isRange =
      signs[cursor.at] === '-' && signs[cursor.at + 1] !== ']' && signs[cursor.at + 1] !== undefined
    const from = isRange ? soleOf(first) : undefined
    if (from === undefined) {
      ranges.push(...first.ranges)
      for (const property of first.properties) properties.set(property.source, property)
      if (properties.size > PROPERTIES_MAX) throw new PatternProblem('a class has too many properties', true)
      continue
    }
    cursor.at++
    const to = soleOf(readMember(cursor))
    if (to === undefined || to < from) throw mistake(cursor, 'the range in [ ] is not one')
    ranges.push([from, to])
  }
  cursor.at++
  return set(inOrder(ranges), negated, [...properties.values()])
}

function readMember(cursor: Cursor): SetNode {
  const sign = cursor.signs[cursor.at]
  if (sign === undefined) throw mistake(cursor, 'there is a [ without its ]')
  cursor.at++
  if (sign !== '\\') return literal(sign)
  if (cursor.signs[cursor.at] !== 'b') return parseEscape(cursor)
  cursor.at++
  return literal('\b')
}

/** The only code point of a member; `undefined` for `\d` and its like. */
function soleOf({ ranges, properties }: SetNode): number | undefined {
  const [first] = ranges
  const sole = ranges.length === 1 && properties.length === 0 && first?.[0] === first?.[1]
  return sole ? first?.[0] : undefined
}
