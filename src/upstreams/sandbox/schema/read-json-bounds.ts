/** Reads what a JSON Schema says about numbers, texts and sizes. */
import { boundsOfFormat, checkPair, defined, type Reading, readPatternAt, tighter } from './reading.ts'
import type { Shape } from './shape.ts'

export type Node = Readonly<Record<string, unknown>>

/** A keyword's number; complained about when it is none. */
function numberAt(reading: Reading, node: Node, name: string, path: string): number | undefined {
  const value = node[name]
  if (value === undefined || typeof value === 'number') return value
  reading.complaints.add(`${path}.${name}`, 'must be a number')
  return undefined
}

export function sizesAt(
  reading: Reading,
  node: Node,
  suffix: string,
  path: string,
): readonly [number | undefined, number | undefined] {
  const read = (name: string): number | undefined => {
    const size = numberAt(reading, node, name, path)
    if (size === undefined || (Number.isInteger(size) && size >= 0)) return size
    reading.complaints.add(`${path}.${name}`, 'must be a non-negative integer')
    return undefined
  }
  const [min, max] = [read(`min${suffix}`), read(`max${suffix}`)]
  checkPair(reading, path, [`min${suffix}`, min], [`max${suffix}`, max])
  return [min, max]
}

export function readNumber(reading: Reading, node: Node, whole: boolean, path: string): Shape['number'] {
  let [minimum, maximum] = [
    numberAt(reading, node, 'minimum', path),
    numberAt(reading, node, 'maximum', path),
  ]
  // Draft 4: a flag that makes the other bound exclusive.
  const [above, below] = [
    node.exclusiveMinimum === true ? minimum : exclusiveAt(reading, node, 'exclusiveMinimum', path),
    node.exclusiveMaximum === true ? maximum : exclusiveAt(reading, node, 'exclusiveMaximum', path),
  ]
  checkPair(reading, path, ['minimum', minimum], ['maximum', maximum])
  const multipleOf = numberAt(reading, node, 'multipleOf', path)
  if (multipleOf !== undefined && !(multipleOf > 0)) {
    reading.complaints.add(`${path}.multipleOf`, 'must be greater than 0')
  }
  if (whole && typeof node.format === 'string') {
    const { min, max } = boundsOfFormat(node.format)
    minimum = tighter(Math.max, minimum, min)
    maximum = tighter(Math.min, maximum, max)
  }
  return unlessEmpty(defined({ minimum, maximum, above, below, multipleOf }))
}

function exclusiveAt(reading: Reading, node: Node, name: string, path: string): number | undefined {
  return typeof node[name] === 'boolean' ? undefined : numberAt(reading, node, name, path)
}

/** No bounds at all are none. */
export function unlessEmpty<T extends object>(bounds: T): T | undefined {
  return Object.keys(bounds).length > 0 ? bounds : undefined
}

export function readString(reading: Reading, node: Node, path: string): Shape['string'] {
  const [minLength, maxLength] = sizesAt(reading, node, 'Length', path)
  if (node.pattern !== undefined && typeof node.pattern !== 'string') {
    reading.complaints.add(`${path}.pattern`, 'must be a string')
  }
  const pattern =
    typeof node.pattern === 'string' ? readPatternAt(reading, `${path}.pattern`, node.pattern) : undefined
  const format = typeof node.format === 'string' ? node.format : undefined
  return unlessEmpty(defined({ minLength, maxLength, pattern, format }))
}
