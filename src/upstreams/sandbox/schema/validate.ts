/** Whether a value is what a schema asks for. An interpreter: hostile schemas are never compiled. */
import { GatewayError } from '../../../errors.ts'
import { matches } from '../pattern/match.ts'
import { createEffort, type Effort, spend, spending, tooManyStates } from './effort.ts'
import { hasFormat } from './formats.ts'
import { keyOf, kindOf, lengthOf } from './json-value.ts'
import {
  type ArrayBounds,
  type NumberBounds,
  type ObjectBounds,
  type Shape,
  type StringBounds,
  shapesOfMember,
} from './shape.ts'

/** Problems that are listed. */
const PROBLEMS_MAX = 20
/** How far a quotient may be from a whole number: 0.3 is a multiple of 0.1, whatever binary fractions say. */
const QUOTIENT_TOLERANCE = 1e-9

/** Shapes inside one another while a value is examined, over references too. */
const DEPTH_MAX = 1_000

interface Check {
  readonly effort: Effort
  problems: string[]
  depth: number
}

/** What is wrong with the value, as `$.path: text`; empty when nothing is. */
export function validate(shape: Shape, value: unknown): readonly string[] {
  try {
    return problemsOf(shape, value, createEffort())
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return ['$: the schema is too complex to be checked']
  }
}

/** Whether the value is good. Throws `invalid_argument` when that costs more than is left. */
export function isValid(shape: Shape, value: unknown, effort: Effort): boolean {
  return problemsOf(shape, value, effort).length === 0
}

function problemsOf(shape: Shape, value: unknown, effort: Effort): readonly string[] {
  const check: Check = { effort, problems: [], depth: 0 }
  examine(shape, value, '$', check)
  return check.problems
}

function examine(shape: Shape, value: unknown, path: string, check: Check): void {
  spend(check.effort, 1)
  if (check.problems.length >= PROBLEMS_MAX) return
  if (++check.depth > DEPTH_MAX) throw tooManyStates()
  examineValue(shape, value, path, check)
  examineCombined(shape, value, path, check)
  check.depth--
}

function complain(check: Check, path: string, text: string): void {
  check.problems.push(`${path}: ${text}`)
}

function examineValue(shape: Shape, value: unknown, path: string, check: Check): void {
  const kind = kindOf(value)
  if (kind === undefined) return complain(check, path, 'is no JSON value')
  if (shape.kinds !== undefined && !shape.kinds.has(kind)) {
    return complain(check, path, `is ${kind}, not ${[...shape.kinds].join(' or ') || 'anything allowed'}`)
  }
  if (shape.values !== undefined && !isListed(shape.values, value, check.effort)) {
    complain(check, path, 'is none of the listed values')
  }
  if (typeof value === 'number') examineNumber(shape, value, path, check)
  else if (typeof value === 'string' && shape.string) examineString(shape.string, value, path, check)
  else if (Array.isArray(value) && shape.array) examineArray(shape.array, value, path, check)
  else if (kind === 'object' && shape.object) {
    examineObject(shape.object, value as Record<string, unknown>, path, check)
  }
}

function isListed(values: readonly unknown[], value: unknown, effort: Effort): boolean {
  spend(effort, Math.ceil(values.length / 4))
  if (typeof value !== 'object' || value === null) return values.includes(value)
  const key = keyOf(value)
  return values.some((listed) => typeof listed === 'object' && keyOf(listed) === key)
}

function examineNumber(shape: Shape, value: number, path: string, check: Check): void {
  if (shape.whole && !Number.isInteger(value)) complain(check, path, 'is not an integer')
  const { minimum, maximum, above, below, multipleOf }: NumberBounds = shape.number ?? {}
  if (minimum !== undefined && value < minimum) complain(check, path, `is less than ${minimum}`)
  if (maximum !== undefined && value > maximum) complain(check, path, `is more than ${maximum}`)
  if (above !== undefined && value <= above) complain(check, path, `is not above ${above}`)
  if (below !== undefined && value >= below) complain(check, path, `is not below ${below}`)
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    complain(check, path, `is no multiple of ${multipleOf}`)
  }
}

export function isMultiple(value: number, unit: number): boolean {
  if (value % unit === 0) return true
  // Rests of whole numbers are exact.
  if (Number.isInteger(value) && Number.isInteger(unit)) return false
  const quotient = value / unit
  // So large a number has no places behind the point that could disagree.
  if (!Number.isFinite(quotient)) return true
  return Math.abs(quotient - Math.round(quotient)) <= QUOTIENT_TOLERANCE
}

function examineString(bounds: StringBounds, value: string, path: string, check: Check): void {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = bounds
  spend(check.effort, Math.ceil(value.length / 64))
  const length = lengthOf(value)
  if (length < minLength) complain(check, path, `has fewer than ${minLength} characters`)
  if (length > maxLength) complain(check, path, `has more than ${maxLength} characters`)
  if (pattern && !matches(pattern, value, spending(check.effort)))
    complain(check, path, 'does not match the pattern')
  if (format && !hasFormat(format, value)) complain(check, path, `is no ${format}`)
}

function examineArray(bounds: ArrayBounds, value: readonly unknown[], path: string, check: Check): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, prefix = [], items, contains } = bounds
  if (value.length < minItems) complain(check, path, `has fewer than ${minItems} items`)
  if (value.length > maxItems) complain(check, path, `has more than ${maxItems} items`)
  value.forEach((item, index) => {
    const shape = index < prefix.length ? prefix[index] : items
    if (shape) examine(shape, item, `${path}[${index}]`, check)
  })
  if (bounds.unique && new Set(value.map(keyOf)).size < value.length) complain(check, path, 'repeats an item')
  if (contains === undefined) return
  const found = value.filter((item) => isValid(contains.shape, item, check.effort)).length
  if (found < contains.min) complain(check, path, 'does not contain what it must')
  if (found > contains.max) complain(check, path, 'contains too much of what it may')
}

function examineObject(
  bounds: ObjectBounds,
  value: Record<string, unknown>,
  path: string,
  check: Check,
): void {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = bounds
  const names = Object.keys(value)
  if (names.length < minProperties) complain(check, path, `has fewer than ${minProperties} members`)
  if (names.length > maxProperties) complain(check, path, `has more than ${maxProperties} members`)
  spend(check.effort, Math.ceil((bounds.required?.length ?? 0) / 4))
  for (const name of bounds.required ?? []) {
    if (!Object.hasOwn(value, name)) complain(check, path, `lacks ${JSON.stringify(name.slice(0, 100))}`)
  }
  for (const name of names) {
    const at = `${path}.${name.slice(0, 100)}`
    if (bounds.names) examine(bounds.names, name, `${at} (name)`, check)
    const shapes = shapesOfMember(bounds, name, (pattern, text) =>
      matches(pattern, text, spending(check.effort)),
    )
    for (const shape of shapes) examine(shape, value[name], at, check)
  }
}

function examineCombined(shape: Shape, value: unknown, path: string, check: Check): void {
  if (shape.ref) examine(shape.ref.shape, value, path, check)
  for (const part of shape.all ?? []) examine(part, value, path, check)
  if (shape.any && !shape.any.some((branch) => holds(branch, value, path, check))) {
    complain(check, path, 'is none of the alternatives')
  }
  if (shape.one) {
    const holding = shape.one.filter((branch) => holds(branch, value, path, check)).length
    if (holding !== 1) complain(check, path, `is ${holding} of the alternatives instead of exactly one`)
  }
  if (shape.not && holds(shape.not, value, path, check)) complain(check, path, 'is what it must not be')
}

/** Whether a branch holds, without a word about why not. */
function holds(shape: Shape, value: unknown, path: string, check: Check): boolean {
  const { problems } = check
  check.problems = []
  examine(shape, value, path, check)
  const isGood = check.problems.length === 0
  check.problems = problems
  return isGood
}
