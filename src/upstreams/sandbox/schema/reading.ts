/** What the readers of both schema dialects share: where they are, how much they have read, and their complaints. */
import { invalidField } from '../../../errors.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import type { Complaints } from '../../translation/checks/complaints.ts'
import { type Pattern, readPattern } from '../pattern/match.ts'
import { PatternProblem } from '../pattern/node.ts'
import { tooManyStates } from './effort.ts'
import type { Kind } from './shape.ts'

/** Schemas inside one another that Gemini takes. */
const DEPTH_MAX = 32
/** Schemas in one schema; more are too many states. */
const NODES_MAX = 5_000

export interface Reading {
  readonly complaints: Complaints
  /** Where the schema is in the request, in snake_case. */
  readonly root: string
  nodes: number
}

/** Counts one schema. Throws when it is one too many, or too deep. */
export function enter(reading: Reading, depth: number): void {
  if (depth > DEPTH_MAX) {
    throw invalidField(reading.root, 'A schema in the request exceeds the maximum allowed nesting depth.')
  }
  if (++reading.nodes > NODES_MAX) throw tooManyStates()
}

/** The path of a property, as the validator writes it. */
export function propertyPath(path: string, name: string): string {
  return `${path}.properties[${shorten(name)}]`
}

/** Complains when a pair of bounds cannot both hold. */
export function checkPair(
  reading: Reading,
  path: string,
  [lowName, low]: readonly [string, number | undefined],
  [highName, high]: readonly [string, number | undefined],
): void {
  if (low !== undefined && high !== undefined && low > high) {
    reading.complaints.add(`${path}.${lowName}`, `must be less than or equal to ${highName}`)
  }
}

/** `undefined` when it cannot be read; it is then complained about. */
export function readPatternAt(reading: Reading, path: string, source: string): Pattern | undefined {
  try {
    return readPattern(source)
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error
    if (error.tooLarge) throw tooManyStates()
    reading.complaints.add(path, `invalid regular expression: ${error.message}`)
    return undefined
  }
}

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 }

/** The bounds of the integers of a format; of those that JavaScript holds exactly for 64 bits. */
export function boundsOfFormat(format: string | undefined): { min?: number; max?: number } {
  if (format === 'int32') return INT32
  if (format === 'uint32') return { min: 0, max: 2 ** 32 - 1 }
  if (format === 'uint64') return { min: 0, max: Number.MAX_SAFE_INTEGER }
  return format === 'int64' ? { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } : {}
}

/** The larger of two lower bounds, or the smaller of two upper ones. */
export function tighter(
  choose: (...values: number[]) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : choose(a, b)
}

/** The same object without its undefined members. */
export function defined<T extends object>(
  members: T,
): { [Name in keyof T as T[Name] extends undefined ? never : Name]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}

export function withNull(kinds: ReadonlySet<Kind>): ReadonlySet<Kind> {
  return new Set<Kind>([...kinds, 'null'])
}
