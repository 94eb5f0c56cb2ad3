/** Texts that a pattern matches, derived from its tree. */
import type { Random } from '../digest.ts'
import { matches, type Pattern } from '../pattern/match.ts'
import { isInSet, type PatternNode, type SetNode } from '../pattern/node.ts'
import { type Effort, spend, spending } from './effort.ts'

/** Draws before a pattern counts as impossible. */
const ATTEMPTS_MAX = 60
/** Attempts that look for a nice text, before every character is as likely as any other. */
const PLAIN_ATTEMPTS = 2
/** How far a repeat goes beyond what it must. */
const SPREAD_OF_SIGNS = 6
const SPREAD_OF_GROUPS = 2
const FILLER = 'the quick brown fox jumps over the lazy dog '

/** A length in code points, both ends included. */
export interface LengthRange {
  readonly min: number
  readonly max: number
}

interface Derivation {
  readonly codes: number[]
  readonly random: Random
  readonly effort: Effort
  /** From 0; the later, the wilder. */
  readonly attempt: number
}

/** One text that matches and is as long as asked and is `good`; `undefined` when none was found. */
export function textFor(
  pattern: Pattern,
  length: LengthRange,
  random: Random,
  effort: Effort,
  good: (text: string) => boolean,
): string | undefined {
  if (pattern.tree.min > length.max) return undefined
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const derivation = { codes: [], random, effort, attempt }
    derive(pattern.tree, length.min, length.max, derivation)
    const text = toText(derivation.codes)
    for (const variant of filled(text, derivation.codes.length, length)) {
      if (matches(pattern, variant, spending(effort)) && good(variant)) return variant
    }
  }
  return undefined
}

function toText(codes: readonly number[]): string {
  let text = ''
  for (const code of codes) text += String.fromCodePoint(code)
  return text
}

/** The text, and when it is too short, the text with something around it, which a pattern without anchors allows. */
function filled(text: string, chars: number, length: LengthRange): string[] {
  const missing = length.min - chars
  if (missing <= 0) return [text]
  const filler = FILLER.repeat(1 + Math.ceil(missing / FILLER.length))
  return [text + ` ${filler}`.slice(0, missing), filler.slice(-missing) + text]
}

/** Adds a text of `low` to `high` code points where the node allows it; returns how many were added. */
function derive(node: PatternNode, low: number, high: number, derivation: Derivation): number {
  spend(derivation.effort, 1)
  switch (node.kind) {
    case 'set': {
      const code = signOf(node, derivation)
      if (code !== undefined) derivation.codes.push(code)
      return 1
    }
    case 'sequence':
      return deriveSequence(node.nodes, low, high, derivation)
    case 'choice':
      return derive(chooseOne(node.nodes, low, high, derivation), low, high, derivation)
    case 'repeat': {
      const count = chooseCount(node, low, high, derivation)
      return deriveCopies(node.node, count, low, high, derivation)
    }
    case 'assert':
    case 'look':
      return 0
  }
}

function deriveSequence(
  nodes: readonly PatternNode[],
  low: number,
  high: number,
  derivation: Derivation,
): number {
  let restMin = 0
  let restMax = 0
  for (const node of nodes) {
    restMin += node.min
    if (node.max !== Number.POSITIVE_INFINITY) restMax += node.max
  }
  let endless = nodes.filter(({ max }) => max === Number.POSITIVE_INFINITY).length
  let added = 0
  for (const node of nodes) {
    restMin -= node.min
    if (node.max === Number.POSITIVE_INFINITY) endless--
    else restMax -= node.max
    const needed = low - added - (endless > 0 ? Number.POSITIVE_INFINITY : restMax)
    added += derive(node, Math.max(node.min, needed), high - added - restMin, derivation)
  }
  return added
}

function deriveCopies(
  node: PatternNode,
  count: number,
  low: number,
  high: number,
  derivation: Derivation,
): number {
  let added = 0
  for (let rest = count - 1; rest >= 0; rest--) {
    const needed = rest === 0 ? low - added : low - added - node.max * rest
    added += derive(node, Math.max(node.min, needed), high - added - node.min * rest, derivation)
  }
  return added
}

function chooseOne(
  nodes: readonly PatternNode[],
  low: number,
  high: number,
  { random }: Derivation,
): PatternNode {
  const fitting = nodes.filter(({ min, max }) => min <= high && max >= low)
  return random.pick(fitting.length > 0 ? fitting : nodes)
}

function chooseCount(
  node: Extract<PatternNode, { kind: 'repeat' }>,
  low: number,
  high: number,
  { random, attempt }: Derivation,
): number {
  const { from, to } = node
  const inner = node.node
  const isSign = inner.kind === 'set'
  const needed = inner.max > 0 && low > 0 ? Math.ceil(low / inner.max) : 0
  const least = Math.min(to, Math.max(from, needed))
  const room = inner.min > 0 ? Math.floor(high / inner.min) : Number.POSITIVE_INFINITY
  const most = Math.max(least, Math.min(to, room))
  const spread = isSign ? SPREAD_OF_SIGNS : SPREAD_OF_GROUPS
  // An early attempt stays at what is needed or a little more; a later one tries further.
  const wanted = random.below(spread + Math.floor(attempt / 4) + 1)
  const nice = isSign && attempt < PLAIN_ATTEMPTS && from < 2 ? Math.max(wanted, 3) : wanted
  return Math.min(most, least + nice)
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => 0x20 + index)
const PLAIN = PRINTABLE.filter((code) => /[a-z0-9]/.test(String.fromCharCode(code)))
/** One character or so of scripts that a property may name. */
const FOREIGN = Array.from('éßÉñαΩяЖאعकกあア中한€😀\u00a0\n\t', (sign) => sign.codePointAt(0)!)
const SURROGATES = { from: 0xd800, to: 0xdfff }

function signOf(set: SetNode, derivation: Derivation): number | undefined {
  const { random, attempt } = derivation
  const allowed = (codes: readonly number[]): number[] => codes.filter((code) => isInSet(set, code))
  if (attempt < PLAIN_ATTEMPTS) {
    const plain = allowed(PLAIN)
    if (plain.length > 0) return random.pick(plain)
  }
  if (!set.negated && set.ranges.length > 0) {
    const code = signOfRange(random.pick(set.ranges), random)
    if (code !== undefined) return code
  }
  const printable = allowed(PRINTABLE)
  if (printable.length > 0) return random.pick(printable)
  const foreign = allowed(FOREIGN)
  return foreign.length > 0 ? random.pick(foreign) : undefined
}

function signOfRange([from, to]: readonly [number, number], random: Random): number | undefined {
  const [low, high] = from <= 0x20 && to >= 0x7e ? [0x20, 0x7e] : [from, to]
  const code = low + random.below(high - low + 1)
  return code >= SURROGATES.from && code <= SURROGATES.to ? undefined : code
}
