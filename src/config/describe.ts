/** The schema in words: for error messages and for the reference page. */
import type { Shape } from './fields.ts'

/** What a value of this shape is, such as `a whole number from 0 to 65535`. */
export function describeShape(shape: Shape): string {
  if (shape['x-shape']) return shape['x-shape']
  if (shape.properties) return 'a section with keys'
  if (shape.patternProperties) return 'a section with names'
  if (shape.items) return describeList(shape)
  const unit = shape['x-unit']
  if (unit) {
    const example = unit === 'duration' ? 'a duration such as 30s' : 'a size such as 20MiB'
    return `${example}, from ${shape['x-minimum']} to ${shape['x-maximum']}`
  }
  if (shape.const !== undefined) return String(shape.const)
  if (shape.enum) return `one of ${shape.enum.join(', ')}`
  if (shape.type === 'integer') return `a whole number from ${shape.minimum} to ${shape.maximum}`
  return 'text'
}

function describeList(shape: Shape): string {
  const item = shape.items!['x-shape'] ?? 'texts'
  if (shape.minItems) return `a list of at least ${shape.minItems} and at most ${shape.maxItems}: ${item}`
  return `a list of at most ${shape.maxItems}: ${item}`
}
