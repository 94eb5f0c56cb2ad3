/**
 * Regular expressions read once and matched by following all ways through them at once (Thompson's construction), so
 * that no text makes one go back. The cost is linear in the text, and with look-aheads bounded by `Spend`.
 */
import { fillForms, foldCase } from './case.ts'
import {
  isAnyInSet,
  isInSet,
  type PatternNode,
  type PatternOptions,
  type Place,
  type SetNode,
} from './node.ts'
import { parsePattern } from './parse.ts'

export interface Pattern {
  readonly source: string
  readonly tree: PatternNode
  readonly ignoreCase: boolean
  /** Instructions, made when they are first needed. */
  program: readonly Instruction[] | undefined
}

/** Is told of work, in steps of about a microsecond; throws when there was too much of it. */
export type Spend = (steps: number) => void

type Instruction =
  | { readonly do: 'set'; readonly set: SetNode }
  | { do: 'split'; first: number; second: number }
  | { do: 'jump'; to: number }
  | { readonly do: 'assert'; readonly at: Place }
  | { readonly do: 'look'; readonly program: readonly Instruction[]; readonly negated: boolean }
  | { readonly do: 'match' }

/** What is searched, and how. */
interface Search {
  readonly codes: readonly number[]
  readonly ignoreCase: boolean
  readonly spend: Spend
  /** Of the character that was read last; one list for the whole search. */
  readonly forms: number[]
}

/** Throws `PatternProblem`. */
export function readPattern(source: string, options: PatternOptions = {}): Pattern {
  const { ignoreCase = false } = options
  return { source, tree: parsePattern(source, options), ignoreCase, program: undefined }
}

/** Whether the pattern is found anywhere in the text. */
export function matches(pattern: Pattern, text: string, spend: Spend): boolean {
  pattern.program ??= compile(pattern.tree)
  const codes = Array.from(text, (sign) => sign.codePointAt(0)!)
  return run(pattern.program, { codes, ignoreCase: pattern.ignoreCase, spend, forms: [] }, 0, true)
}

function compile(tree: PatternNode): Instruction[] {
  const program: Instruction[] = []
  emit(program, tree)
  program.push({ do: 'match' })
  return program
}

function emit(program: Instruction[], node: PatternNode): void {
  switch (node.kind) {
    case 'set':
      program.push({ do: 'set', set: node })
      return
    case 'assert':
      program.push({ do: 'assert', at: node.at })
      return
    case 'look':
      program.push({ do: 'look', program: compile(node.node), negated: node.negated })
      return
    case 'sequence':
      for (const part of node.nodes) emit(program, part)
      return
    case 'choice':
      emitChoice(program, node.nodes)
      return
    case 'repeat':
      emitRepeat(program, node.node, node.from, node.to)
  }
}

function emitChoice(program: Instruction[], nodes: readonly PatternNode[]): void {
  const jumps: { do: 'jump'; to: number }[] = []
  nodes.forEach((node, index) => {
    const isLast = index === nodes.length - 1
    const split = { do: 'split' as const, first: program.length + 1, second: 0 }
    if (!isLast) program.push(split)
    emit(program, node)
    if (isLast) return
    const jump = { do: 'jump' as const, to: 0 }
    jumps.push(jump)
    program.push(jump)
    split.second = program.length
  })
  for (const jump of jumps) jump.to = program.length
}

function emitRepeat(program: Instruction[], node: PatternNode, from: number, to: number): void {
  for (let count = 0; count < from; count++) emit(program, node)
  if (to === Number.POSITIVE_INFINITY) {
    const start = program.length
    const split = { do: 'split' as const, first: start + 1, second: 0 }
    program.push(split)
    emit(program, node)
    program.push({ do: 'jump', to: start })
    split.second = program.length
    return
  }
  const splits = Array.from({ length: to - from }, () => {
    const split = { do: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(program, node)
    return split
  })
  for (const split of splits) split.second = program.length
}

/** All threads advance together. */
function run(program: readonly Instruction[], search: Search, start: number, anywhere: boolean): boolean {
  const { codes, spend } = search
  spend(1 + Math.ceil(program.length / 32))
  let threads: number[] = []
  let waiting: number[] = []
  const seenAt = new Int32Array(program.length).fill(-1)
  for (let at = start; at <= codes.length; at++) {
    if (at === start || anywhere) threads.push(0)
    waiting.length = 0
    if (follow(program, search, at, threads, seenAt, waiting)) return true
    if (at === codes.length) return false
    advance(program, search, codes[at]!, waiting)
    ;[threads, waiting] = [waiting, threads]
    if (threads.length === 0 && !anywhere) return false
  }
  return false
}

/**
 * Adds to `waiting` the instructions that wait for a character, reached from `stack` without reading one; true when
 * the end of the pattern is reached.
 */
function follow(
  program: readonly Instruction[],
  search: Search,
  at: number,
  stack: number[],
  seenAt: Int32Array,
  waiting: number[],
): boolean {
  let steps = 8
  while (stack.length > 0) {
    const counter = stack.pop()!
    if (seenAt[counter] === at) continue
    seenAt[counter] = at
    steps++
    const instruction = program[counter]!
    if (instruction.do === 'match') return true
    if (instruction.do === 'set') {
      waiting.push(counter)
      steps += instruction.set.properties.length
    } else if (instruction.do === 'split') stack.push(instruction.first, instruction.second)
    else if (instruction.do === 'jump') stack.push(instruction.to)
    else if (holds(instruction, search, at)) stack.push(counter + 1)
  }
  search.spend(Math.ceil(steps / 8))
  return false
}

/** Leaves of those that wait the ones that take the character, each a step further. */
function advance(program: readonly Instruction[], search: Search, code: number, waiting: number[]): void {
  const { ignoreCase, forms } = search
  if (ignoreCase && waiting.length > 0) fillForms(forms, code)
  let kept = 0
  for (const counter of waiting) {
    const instruction = program[counter]!
    if (instruction.do !== 'set') continue
    const { set } = instruction
    if (ignoreCase ? isAnyInSet(set, forms) : isInSet(set, code)) waiting[kept++] = counter + 1
  }
  waiting.length = kept
}

function holds(
  instruction: Extract<Instruction, { do: 'assert' | 'look' }>,
  search: Search,
  at: number,
): boolean {
  if (instruction.do === 'look') {
    return run(instruction.program, search, at, false) !== instruction.negated
  }
  if (instruction.at === 'start') return at === 0
  if (instruction.at === 'end') return at === search.codes.length
  const isBoundary = isWord(search, at - 1) !== isWord(search, at)
  return isBoundary === (instruction.at === 'word')
}

function isWord({ codes, ignoreCase }: Search, at: number): boolean {
  const read = codes[at]
  if (read === undefined) return false
  const code = ignoreCase ? foldCase(read) : read
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    (code >= 0x61 && code <= 0x7a)
  )
}
