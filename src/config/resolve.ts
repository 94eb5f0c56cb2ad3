/** Walks the schema over what was written: fills defaults, checks, converts units, and notes where each value came from. */
import { Check } from 'typebox/schema'
import { nearest } from '../wire/nearest.ts'
import { describeShape } from './describe.ts'
import type { Located, LocatedList, LocatedMap, LocatedScalar, Origin, Place } from './document.ts'
import type { Shape } from './fields.ts'
import { type ConfigProblem, pathText } from './problems.ts'
import { configShape } from './schema.ts'
import { guessUnit, parseUnit } from './units.ts'

type Path = readonly (string | number)[]

/** Longer values are cut in messages. */
const SHOWN_CHARACTERS_MAX = 60
/** More problems than this help nobody. */
export const PROBLEMS_MAX = 50

/** What a walk leaves behind beside the value. */
export interface Findings {
  readonly problems: ConfigProblem[]
  readonly origins: Map<string, Origin>
  /** Where each value that was written stands, for the rules that look at several values at once. */
  readonly places: Map<string, Place>
}

/** The whole configuration, frozen. Fields with a problem are undefined: use it only when there is none. */
export function resolve(root: Located, findings: Findings): unknown {
  return resolveShape(configShape, root, [], findings)
}

function resolveShape(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  if (node) findings.places.set(pathText(path), node.place)
  if (node?.kind === 'scalar' && node.broken) return undefined
  if (shape.properties) return resolveSection(shape, node, path, findings)
  if (shape.patternProperties) return resolveNames(shape, node, path, findings)
  if (shape.anyOf) return resolveUnion(shape, node, path, findings)
  if (shape.items) return resolveList(shape, node, path, findings)
  return resolveLeaf(shape, node, path, findings)
}

/** Tells a problem with the place it is about; a value from a flag or variable is told by that name. */
export function report(
  findings: Findings,
  path: Path | string,
  place: Place | undefined,
  message: string,
  suggestion?: string,
): void {
  if (findings.problems.length >= PROBLEMS_MAX) return
  findings.problems.push({
    message: place?.label ? `${place.label}: ${message}` : message,
    ...(place?.line !== undefined && { line: place.line, column: place.column! }),
    path: typeof path === 'string' ? path : pathText(path),
    ...(suggestion && { suggestion }),
  })
}

/** A section whose lines are all commented out is `null` in YAML; it means the defaults. */
function isNull(node: Located): boolean {
  return node.kind === 'scalar' && node.value === null
}

function asMap(
  shape: Shape,
  node: Located | undefined,
  path: Path,
  findings: Findings,
): LocatedMap | undefined {
  if (node === undefined || isNull(node)) return undefined
  if (node.kind === 'map') return node
  report(findings, path, node.place, `${nameOf(path)} must be ${describeShape(shape)}, not ${show(node)}`)
  return undefined
}

/** A list is one leaf: its entries have no origin of their own. */
function noteOrigin(path: Path, origin: Origin, findings: Findings): void {
  if (!path.some((step) => typeof step === 'number')) findings.origins.set(pathText(path), origin)
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'the file' : pathText(path)
}

function resolveSection(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  const map = asMap(shape, node, path, findings)
  // Told already; that its keys are missing too helps nobody.
  if (map === undefined && node !== undefined && !isNull(node)) return undefined
  const properties = shape.properties!
  for (const [key, { place }] of map?.entries ?? []) {
    if (!Object.hasOwn(properties, key)) reportUnknownKey(key, properties, path, place, findings)
  }
  const result: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(properties)) {
    const childNode = map?.entries.get(key)?.node
    const needed = shape.required?.includes(key) && !hasDefault(child)
    if (childNode === undefined && needed) {
      const place = map?.place ?? node?.place
      report(findings, [...path, key], place, `${pathText([...path, key])} is missing`, child.description)
    } else if (childNode !== undefined || shape.required?.includes(key)) {
      result[key] = resolveShape(child, childNode, [...path, key], findings)
    }
  }
  return Object.freeze(result)
}

/** Sections always have one: their own fields' defaults. */
function hasDefault(shape: Shape): boolean {
  return shape.default !== undefined || shape.properties !== undefined || shape['x-detected'] === true
}

function reportUnknownKey(
  key: string,
  properties: Readonly<Record<string, Shape>>,
  path: Path,
  place: Place,
  findings: Findings,
): void {
  const names = Object.keys(properties)
  const elsewhere = findKey(configShape, key, [])
  const near = nearest(key, names)
  let suggestion = `the keys here are: ${names.join(', ')}`
  if (near) suggestion = `did you mean ${near}?`
  else if (elsewhere) suggestion = `did you mean ${pathText(elsewhere)}?`
  report(findings, [...path, key], place, `${pathText([...path, key])} is not a known key`, suggestion)
}

/** Where in the sections a key of that name lives. */
function findKey(shape: Shape, key: string, path: Path): Path | undefined {
  for (const [name, child] of Object.entries(shape.properties ?? {})) {
    if (name === key && path.length > 0) return [...path, name]
    const found = findKey(child, key, [...path, name])
    if (found) return found
  }
  return undefined
}

/** Names chosen by the operator: no prototype, so that `constructor` is just a name that is not there. */
function resolveNames(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  const map = asMap(shape, node, path, findings)
  const [pattern, child] = Object.entries(shape.patternProperties!)[0]!
  const allowed = new RegExp(pattern)
  const result: Record<string, unknown> = Object.create(null)
  if (!map || map.entries.size === 0) findings.origins.set(pathText(path), map ? 'file' : 'default')
  if (map && map.entries.size < (shape.minProperties ?? 0)) {
    report(findings, path, map.place, `${pathText(path)} is empty`, 'leave the key out for the default')
  }
  for (const [name, entry] of map?.entries ?? []) {
    const entryPath = [...path, name]
    if (allowed.test(name)) result[name] = resolveShape(child, entry.node, entryPath, findings)
    else
      report(findings, entryPath, entry.place, `${pathText(entryPath)}: the name must be ${shape['x-names']}`)
  }
  return Object.freeze(result)
}

/** Three sorts of union: sections told apart by `kind`, a text or a section, and a section or a list of them. */
function resolveUnion(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  const variants = shape.anyOf!
  if (variants.every((variant) => variant.properties?.kind)) return resolveKinds(shape, node, path, findings)
  const section = variants.find((variant) => variant.properties)
  const text = variants.find((variant) => variant.type === 'string')
  if (node?.kind === 'map' && section) return resolveShape(section, node, path, findings)
  if (node?.kind === 'scalar' && typeof node.value === 'string' && text)
    return resolveLeaf(text, node, path, findings)
  const list = variants.find((variant) => variant.items)
  if (node?.kind === 'list' && list) return resolveList(list, node, path, findings)
  report(findings, path, node?.place, `${pathText(path)} must be ${describeShape(shape)}, not ${show(node)}`)
  return undefined
}

function resolveKinds(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  const kinds = shape.anyOf!.map((variant) => String(variant.properties!.kind!.const))
  const list = `kinds: ${kinds.join(', ')}`
  if (node?.kind !== 'map') {
    // A key is sometimes written where the section belongs, so the value is not repeated.
    const message = `${pathText(path)} must be a section with a kind, not ${show(node, true)}`
    report(findings, path, node?.place, message, list)
    return undefined
  }
  const kind = node.entries.get('kind')?.node
  const chosen = kind?.kind === 'scalar' ? kinds.indexOf(String(kind.value)) : -1
  if (chosen >= 0) return resolveShape(shape.anyOf![chosen]!, node, path, findings)
  if (kind?.kind === 'scalar' && kind.broken) return undefined
  const near = kind?.kind === 'scalar' ? nearest(String(kind.value), kinds) : undefined
  const message = kind
    ? `${pathText(path)}: there is no kind ${show(kind)}`
    : `${pathText([...path, 'kind'])} is missing`
  const suggestion = near ? `did you mean ${near}? ${list}` : list
  report(findings, [...path, 'kind'], kind?.place ?? node.place, message, suggestion)
  return undefined
}

function resolveList(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  if ((node === undefined || isNull(node)) && shape.default !== undefined) {
    noteOrigin(path, 'default', findings)
    return Object.freeze([...(shape.default as unknown[])])
  }
  const list = asList(shape, node, path, findings)
  if (!list) return undefined
  noteOrigin(path, list.place.origin, findings)
  if (list.items.length < (shape.minItems ?? 0) || list.items.length > (shape.maxItems ?? Infinity)) {
    const message = `${pathText(path)} must be ${describeShape(shape)}, not ${list.items.length} entries`
    report(findings, path, list.place, message)
    return undefined
  }
  return Object.freeze(
    list.items.map((item, index) => resolveShape(shape.items!, item, [...path, index], findings)),
  )
}

function asList(
  shape: Shape,
  node: Located | undefined,
  path: Path,
  findings: Findings,
): LocatedList | undefined {
  if (node?.kind === 'list') return node
  const message = `${pathText(path)} must be ${describeShape(shape)}, not ${show(node, shape.items?.writeOnly)}`
  const lonely = node?.kind === 'scalar' && typeof node.value === 'string'
  report(findings, path, node?.place, message, lonely ? 'put it in [ ]' : undefined)
  return undefined
}

function resolveLeaf(shape: Shape, node: Located | undefined, path: Path, findings: Findings): unknown {
  if (node === undefined) {
    noteOrigin(path, 'default', findings)
    const unit = shape['x-unit']
    return unit ? parseUnit(unit, String(shape.default)) : shape.default
  }
  const value = node.kind === 'scalar' ? coerced(shape, node) : undefined
  noteOrigin(path, node.place.origin, findings)
  const result = node.kind === 'scalar' ? accepted(shape, value) : undefined
  if (result !== undefined) return result
  const message = `${pathText(path)} must be ${describeShape(shape)}, not ${show(node, shape.writeOnly)}`
  report(findings, path, node.place, message, leafSuggestion(shape, value))
  return undefined
}

/** The value in the program's form, or undefined when the schema does not allow it. */
function accepted(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null || !Check(shape as never, value)) return undefined
  const unit = shape['x-unit']
  if (!unit) return value
  const parsed = parseUnit(unit, String(value))
  if (parsed === undefined) return undefined
  const minimum = parseUnit(unit, shape['x-minimum']!)!
  const maximum = parseUnit(unit, shape['x-maximum']!)!
  return parsed >= minimum && parsed <= maximum ? parsed : undefined
}

function coerced(shape: Shape, node: LocatedScalar): unknown {
  if (shape['x-decimal'] && node.text !== undefined) return node.text
  const isNumeral = typeof node.value === 'string' && /^-?[0-9]{1,15}$/.test(node.value)
  return shape.type === 'integer' && node.loose && isNumeral ? Number(node.value) : node.value
}

function leafSuggestion(shape: Shape, value: unknown): string | undefined {
  if (shape.enum && typeof value === 'string') {
    const near = nearest(value, shape.enum.map(String))
    return near && `did you mean ${near}?`
  }
  const unit = shape['x-unit']
  if (!unit || parseUnit(unit, String(value)) !== undefined) return undefined
  const guess = guessUnit(unit, value)
  return guess && accepted(shape, guess) !== undefined ? `did you mean ${guess}?` : undefined
}

function show(node: Located | undefined, secret = false): string {
  if (node === undefined || isNull(node)) return 'nothing'
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a section' : 'a list'
  if (secret) return 'what is there'
  const text = node.text ?? JSON.stringify(node.value) ?? 'nothing'
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}
