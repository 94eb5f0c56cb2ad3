// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/** The JSON Schema (draft 2020-12) of the file, for editors: `# yaml-language-server: $schema=./wasat.schema.json`. */
import type { Shape } from './fields.ts'
import { configShape } from './schema.ts'

/** Any value may be written as a reference to the environment or a file instead. */
const REFERENCE = { type: 'string', pattern: '\\$\\{', description: 'A reference such as ${NAME}.' }

/** An amount is a number in most files; its text is looked at when it is loaded. */
const NUMBER = { type: 'number', minimum: 0 }

export function configJsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Wasat configuration',
    ...printed(configShape),
  }
}

function printed(shape: Shape): Record<string, unknown> {
  const { properties, patternProperties, anyOf, items, required, ...own } = shape
  if (properties) return printedSection(shape)
  if (patternProperties) return { ...own, patternProperties: printedMembers(patternProperties) }
  if (anyOf) return { ...own, anyOf: anyOf.map(printed) }
  if (items) return { ...own, items: printed(items) }
  if (shape['x-decimal']) return withReference(shape, NUMBER)
  return shape.const === undefined && isNarrow(shape) ? withReference(shape) : { ...shape }
}

function printedSection(shape: Shape): Record<string, unknown> {
  const { required = [], ...own } = shape
  // The program always has every field; the file only needs those that have no default.
  const needed = required.filter((key) => {
    const child = shape.properties![key]!
    return child.default === undefined && !child.properties && !child['x-detected']
  })
  const members = printedMembers(shape.properties!)
  return { ...own, properties: members, ...(needed.length > 0 && { required: needed }) }
}

function printedMembers(members: Readonly<Record<string, Shape>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([key, child]) => [key, printed(child)]))
}

/** Whether a reference in the place of the value would not fit. */
function isNarrow(shape: Shape): boolean {
  return shape.type !== 'string' || shape.pattern !== undefined || shape.enum !== undefined
}

function withReference(
  { description, default: fallback, ...rest }: Shape,
  ...others: readonly object[]
): Record<string, unknown> {
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [rest, ...others, REFERENCE],
  }
}
