/** Whether a shape is a choice of texts, as an answer that is one of a list needs. */
import type { Shape } from './shape.ts'

/** References that are followed. */
const DEPTH_MAX = 50

export function holdsOnlyTexts(shape: Shape, depth = 0): boolean {
  if (depth > DEPTH_MAX) return false
  if (shape.values?.every((value) => typeof value === 'string')) return true
  const inner = (other: Shape): boolean => holdsOnlyTexts(other, depth + 1)
  if (shape.ref && inner(shape.ref.shape)) return true
  if (shape.all?.some(inner)) return true
  return shape.any?.every(inner) === true || shape.one?.every(inner) === true
}
