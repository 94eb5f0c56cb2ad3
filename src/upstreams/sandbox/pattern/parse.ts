/**
 * Regular expressions as trees: the part of ECMAScript's (with the flag `u`) that can be matched without going back.
 * Own code instead of RegExp, because patterns and texts come from strangers, and RegExp can be made to run for years.
 * Not read: back references, look-behind, inline flags.
 */
import { parseClass, parseEscape } from './class.ts'
import {
  type Cursor,
  literal,
  mistake,
  type PatternNode,
  type PatternOptions,
  PatternProblem,
  type Place,
  type Ranges,
  set,
} from './node.ts'

/** Characters of a pattern. */
const PATTERN_CHARS_MAX = 4_000
const GROUPS_DEPTH_MAX = 40
const DEFAULTS: Required<PatternOptions> = { ignoreCase: false, statesMax: 10_000, lookAheadsDepthMax: 2 }

/** Throws `PatternProblem`. */
export function parsePattern(pattern: string, options: PatternOptions): PatternNode {
  if (pattern.length > PATTERN_CHARS_MAX) throw new PatternProblem('it is too long', true)
  const cursor: Cursor = { signs: [...pattern], at: 0, options: { ...DEFAULTS, ...options } }
  const tree = parseChoice(cursor, 0, 0)
  if (cursor.at < cursor.signs.length) throw mistake(cursor, 'there is a ) without its (')
  return tree
}

function parseChoice(cursor: Cursor, depth: number, looks: number): PatternNode {
  if (depth > GROUPS_DEPTH_MAX) {
    throw new PatternProblem(`groups are nested deeper than ${GROUPS_DEPTH_MAX}`, true)
  }
  const nodes = [parseSequence(cursor, depth, looks)]
  while (cursor.signs[cursor.at] === '|') {
    cursor.at++
    nodes.push(parseSequence(cursor, depth, looks))
  }
  return nodes.length === 1 ? nodes[0]! : choiceOf(cursor, nodes)
}

function parseSequence(cursor: Cursor, depth: number, looks: number): PatternNode {
  const nodes: PatternNode[] = []
  for (;;) {
    const sign = cursor.signs[cursor.at]
    if (sign === undefined || sign === '|' || sign === ')') break
    const atom = parseAtom(cursor, depth, looks)
    nodes.push(parseQuantifier(cursor, atom))
  }
  return nodes.length === 1 ? nodes[0]! : sequenceOf(cursor, nodes)
}

function parseAtom(cursor: Cursor, depth: number, looks: number): PatternNode {
  const sign = cursor.signs[cursor.at++]!
  switch (sign) {
    case '^':
      return assertion('start')
    case '$':
      return assertion('end')
    case '(':
      return parseGroup(cursor, depth, looks)
    case '[':
      return parseClass(cursor)
    case '.':
      return set(NEW_LINES, true)
    case '\\':
      return parseEscapedAtom(cursor)
    case '*':
    case '+':
    case '?':
      throw mistake(cursor, 'there is nothing to repeat')
    default:
      return literal(sign)
  }
}

const NEW_LINES: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]

function parseEscapedAtom(cursor: Cursor): PatternNode {
  const sign = cursor.signs[cursor.at]
  if (sign === 'b' || sign === 'B') {
    cursor.at++
    return assertion(sign === 'b' ? 'word' : 'inside')
  }
  if (sign !== undefined && /[1-9k]/.test(sign)) {
    throw mistake(cursor, 'back references are not supported')
  }
  return parseEscape(cursor)
}

function parseGroup(cursor: Cursor, depth: number, looks: number): PatternNode {
  const opening = readOpening(cursor)
  if (opening !== undefined) checkLooks(cursor, looks)
  const node = parseChoice(cursor, depth + 1, looks + (opening === undefined ? 0 : 1))
  if (cursor.signs[cursor.at++] !== ')') throw mistake(cursor, 'there is a ( without its )')
  // In a group, an assertion may be repeated.
  if (opening === undefined)
    return node.kind === 'assert' || node.kind === 'look' ? sequenceOf(cursor, [node]) : node
  return { kind: 'look', node, negated: opening === 'not', min: 0, max: 0, states: node.states + 2 }
}

function checkLooks(cursor: Cursor, depth: number): void {
  const { lookAheadsDepthMax } = cursor.options
  if (depth < lookAheadsDepthMax) return
  if (lookAheadsDepthMax === 0) throw mistake(cursor, 'look-aheads are not supported here')
  throw new PatternProblem(`look-aheads are nested deeper than ${lookAheadsDepthMax}`, true)
}

/** What stands behind `(`: nothing, `?:`, `?<name>` or a look-ahead. */
function readOpening(cursor: Cursor): 'is' | 'not' | undefined {
  const { signs } = cursor
  if (signs[cursor.at] !== '?') return undefined
  const sign = signs[cursor.at + 1]
  cursor.at += 2
  if (sign === ':') return undefined
  if (sign === '=') return 'is'
  if (sign === '!') return 'not'
  if (sign !== '<' || signs[cursor.at] === '=' || signs[cursor.at] === '!') {
    throw mistake(cursor, 'look-behind and inline flags are not supported')
  }
  const end = signs.indexOf('>', cursor.at)
  const name = signs.slice(cursor.at, end === -1 ? cursor.at : end).join('')
  if (!/^[\p{L}_$][\p{L}\p{N}_$]{0,100}$/u.test(name)) {
    throw mistake(cursor, 'the name of the group is none')
  }
  cursor.at = end + 1
  return undefined
}

function parseQuantifier(cursor: Cursor, atom: PatternNode): PatternNode {
  const bounds = readBounds(cursor)
  if (bounds === undefined) return atom
  if (atom.kind === 'assert' || atom.kind === 'look') throw mistake(cursor, 'there is nothing to repeat')
  // Lazy or greedy is the same for whether a text matches.
  if (cursor.signs[cursor.at] === '?') cursor.at++
  if (readBounds(cursor) !== undefined) throw mistake(cursor, 'there is nothing to repeat')
  return repeatOf(cursor, atom, bounds[0], bounds[1])
}

function readBounds(cursor: Cursor): readonly [number, number] | undefined {
  const sign = cursor.signs[cursor.at]
  if (sign === '*' || sign === '+' || sign === '?') {
    cursor.at++
    return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Number.POSITIVE_INFINITY]
  }
  if (sign !== '{') return undefined
  const text = cursor.signs.slice(cursor.at, cursor.at + 20).join('')
  const match = /^\{(\d{1,7})(,(\d{1,7})?)?\}/.exec(text)
  if (match === null) return undefined
  cursor.at += match[0].length
  const from = Number(match[1])
  const to = match[3] !== undefined ? Number(match[3]) : match[2] ? Number.POSITIVE_INFINITY : from
  if (to < from) throw mistake(cursor, 'the bounds are the wrong way round')
  return [from, to]
}

function assertion(at: Place): PatternNode {
  return { kind: 'assert', at, min: 0, max: 0, states: 1 }
}

function sequenceOf(cursor: Cursor, nodes: readonly PatternNode[]): PatternNode {
  let [min, max, states] = [0, 0, 0]
  for (const node of nodes) {
    min += node.min
    max += node.max
    states += node.states
  }
  return { kind: 'sequence', nodes, min, max, states: counted(cursor, states) }
}

function choiceOf(cursor: Cursor, nodes: readonly PatternNode[]): PatternNode {
  let [min, max, states] = [Number.POSITIVE_INFINITY, 0, 0]
  for (const node of nodes) {
    min = Math.min(min, node.min)
    max = Math.max(max, node.max)
    states += node.states + 2
  }
  return { kind: 'choice', nodes, min, max, states: counted(cursor, states) }
}

function repeatOf(cursor: Cursor, node: PatternNode, from: number, to: number): PatternNode {
  const isEndless = to === Number.POSITIVE_INFINITY
  const max = node.max === 0 || to === 0 ? 0 : node.max * to
  const states = isEndless ? node.states * (from + 1) + 2 : node.states * to + (to - from)
  return { kind: 'repeat', node, from, to, min: node.min * from, max, states: counted(cursor, states) }
}

/** At least one, so that what matches nothing cannot be repeated for nothing either. */
function counted({ options }: Cursor, states: number): number {
  if (states <= options.statesMax) return Math.max(1, states)
  throw new PatternProblem('it is too long once its repetitions are written out', true)
}
