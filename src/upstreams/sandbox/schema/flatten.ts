/** Puts together what several shapes say about one value. */

import type { Pattern } from '../pattern/match.ts'
import { type Effort, spend } from './effort.ts'
import { keyOf } from './json-value.ts'
import type { ArrayBounds, Kind, ObjectBounds, Ref, Shape } from './shape.ts'

export interface Flat {
  /** Undefined: all of them. */
  kinds: ReadonlySet<Kind> | undefined
  whole: boolean
  values: readonly unknown[] | undefined
  minimum: number
  maximum: number
  above: number
  below: number
  readonly multiples: number[]
  minLength: number
  maxLength: number
  readonly patterns: Pattern[]
  readonly formats: string[]
  readonly arrays: ArrayBounds[]
  readonly objects: ObjectBounds[]
  /** Groups of which a branch is still to be chosen. */
  readonly choices: (readonly Shape[])[]
  /** Whether only a look at the whole value can tell that it is good. */
  needsCheck: boolean
  readonly refs: Ref[]
  description: string
}

/** `decided` are the choices that are made already. */
export function flatten(
  shapes: readonly Shape[],
  decided: ReadonlySet<readonly Shape[]>,
  effort: Effort,
): Flat {
  const flat: Flat = {
    ...{ kinds: undefined, whole: false, values: undefined },
    ...{ minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY },
    ...{ above: Number.NEGATIVE_INFINITY, below: Number.POSITIVE_INFINITY },
    ...{ minLength: 0, maxLength: Number.POSITIVE_INFINITY, needsCheck: false, description: '' },
    ...{ multiples: [], patterns: [], formats: [], arrays: [], objects: [], choices: [], refs: [] },
  }
  const seen = new Set<Shape>()
  const waiting = [...shapes]
  for (const shape of waiting) {
    if (seen.has(shape)) continue
    seen.add(shape)
    spend(effort, 1)
    addValue(flat, shape, effort)
    addBounds(flat, shape)
    if (shape.all) waiting.push(...shape.all)
    if (shape.ref) {
      flat.refs.push(shape.ref)
      waiting.push(shape.ref.shape)
    }
    for (const group of [shape.any, shape.one]) if (group && !decided.has(group)) flat.choices.push(group)
    if (shape.one || shape.not) flat.needsCheck = true
  }
  return flat
}

function addValue(flat: Flat, shape: Shape, effort: Effort): void {
  const { kinds, values } = shape
  if (kinds) flat.kinds = flat.kinds === undefined ? kinds : flat.kinds.intersection(kinds)
  if (shape.whole) flat.whole = true
  if (values) flat.values = flat.values === undefined ? values : common(flat.values, values, effort)
  flat.description ||= shape.description ?? ''
}

function common(some: readonly unknown[], others: readonly unknown[], effort: Effort): readonly unknown[] {
  spend(effort, some.length + others.length)
  const keys = new Set(others.map(keyOf))
  return some.filter((value) => keys.has(keyOf(value)))
}

function addBounds(flat: Flat, { number, string, array, object }: Shape): void {
  if (number) {
    flat.minimum = Math.max(flat.minimum, number.minimum ?? Number.NEGATIVE_INFINITY)
    flat.maximum = Math.min(flat.maximum, number.maximum ?? Number.POSITIVE_INFINITY)
    flat.above = Math.max(flat.above, number.above ?? Number.NEGATIVE_INFINITY)
    flat.below = Math.min(flat.below, number.below ?? Number.POSITIVE_INFINITY)
    if (number.multipleOf !== undefined) flat.multiples.push(number.multipleOf)
  }
  if (string) {
    flat.minLength = Math.max(flat.minLength, string.minLength ?? 0)
    flat.maxLength = Math.min(flat.maxLength, string.maxLength ?? Number.POSITIVE_INFINITY)
    if (string.pattern) flat.patterns.push(string.pattern)
    if (string.format) flat.formats.push(string.format)
  }
  if (array) flat.arrays.push(array)
  if (object) flat.objects.push(object)
}
