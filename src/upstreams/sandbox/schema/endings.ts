/** Whether recursive schemas come to an end, and how soon. */
import type { ObjectBounds, Ref, Shape } from './shape.ts'
import { shapesOfMember } from './shape.ts'

/**
 * How many values inside one another a shape needs at least; infinite when it can never end. References count with
 * the height that they have so far. Requirements that only meet when shapes are put together are not seen.
 */
export function heightOf(shape: Shape): number {
  let height = shape.values === undefined ? ownHeight(shape) : 0
  if (shape.ref) height = Math.max(height, shape.ref.height)
  for (const part of shape.all ?? []) height = Math.max(height, heightOf(part))
  for (const branches of [shape.any, shape.one]) {
    if (branches) height = Math.max(height, Math.min(...branches.map(heightOf)))
  }
  return height
}

function ownHeight({ kinds, array, object }: Shape): number {
  if (kinds === undefined) return 0
  let height = Number.POSITIVE_INFINITY
  for (const kind of kinds) {
    if (kind === 'array') height = Math.min(height, array === undefined ? 0 : heightOfArray(array))
    else if (kind === 'object') height = Math.min(height, object === undefined ? 0 : heightOfObject(object))
    else return 0
  }
  return height
}

function heightOfArray({ minItems = 0, prefix = [], items }: NonNullable<Shape['array']>): number {
  const needed = prefix.slice(0, minItems)
  if (minItems > prefix.length && items) needed.push(items)
  return Math.max(0, ...needed.map((shape) => 1 + heightOf(shape)))
}

function heightOfObject(bounds: ObjectBounds): number {
  let height = 0
  for (const name of bounds.required ?? []) {
    for (const shape of shapesOfMember(bounds, name, () => false)) {
      height = Math.max(height, 1 + heightOf(shape))
    }
  }
  return height
}

/** Finds the height of every reference: rounds from the ends inwards, until nothing changes. */
export function measure(refs: readonly Ref[]): void {
  for (let changed = true; changed; ) {
    changed = false
    for (const ref of refs) {
      const height = heightOf(ref.shape)
      if (height >= ref.height) continue
      ref.height = height
      changed = true
    }
  }
}

/** Whether a reference leads back to itself without a value in between, so that it says nothing. */
export function hasEmptyCircle(refs: readonly Ref[]): boolean {
  const inward = new Map(refs.map((ref) => [ref, 0]))
  const outward = new Map(refs.map((ref) => [ref, refsAtOnce(ref.shape)]))
  for (const targets of outward.values()) {
    for (const target of targets) inward.set(target, inward.get(target)! + 1)
  }
  const free = refs.filter((ref) => inward.get(ref) === 0)
  for (const ref of free) {
    for (const target of outward.get(ref)!) {
      const left = inward.get(target)! - 1
      inward.set(target, left)
      if (left === 0) free.push(target)
    }
  }
  return free.length < refs.length
}

/** References that speak of the same value as the shape. */
function refsAtOnce(shape: Shape): Ref[] {
  const parts = [...(shape.all ?? []), ...(shape.any ?? []), ...(shape.one ?? [])]
  if (shape.not) parts.push(shape.not)
  const refs = parts.flatMap(refsAtOnce)
  if (shape.ref) refs.push(shape.ref)
  return refs
}
