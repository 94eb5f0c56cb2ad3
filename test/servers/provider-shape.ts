/** What a provider's request may look like, said as data; each server words what is wrong as its provider does. */

export type Path = readonly (string | number)[]

export type Fault =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'missing' }
  /** `expected` is a JSON type's name. */
  | { readonly kind: 'type'; readonly expected: string }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'range'; readonly bound: 'minimum' | 'maximum'; readonly limit: number }
  | { readonly kind: 'length'; readonly bound: 'minimum' | 'maximum'; readonly limit: number }
  | { readonly kind: 'pattern'; readonly pattern: string }

/** The first thing that is wrong. */
export class ShapeError extends Error {
  readonly path: Path
  readonly fault: Fault
  readonly value: unknown

  constructor(path: Path, fault: Fault, value: unknown) {
    super(`${path.join('.')}: ${fault.kind}`)
    this.path = path
    this.fault = fault
    this.value = value
  }
}

/** Throws `ShapeError`. */
export type Shape = (value: unknown, path: Path) => void

export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const anything: Shape = () => undefined

function typed(expected: string, fits: (value: unknown) => boolean): Shape {
  return (value, path) => {
    if (!fits(value)) throw new ShapeError(path, { kind: 'type', expected }, value)
  }
}

export const aBoolean = typed('boolean', (value) => typeof value === 'boolean')
export const anObject = typed('object', isJson)

export function text(rules: { pattern?: RegExp; min?: number; max?: number } = {}): Shape {
  const isText = typed('string', (value) => typeof value === 'string')
  return (value, path) => {
    isText(value, path)
    const { pattern, min, max } = rules
    const said = value as string
    if (min !== undefined && said.length < min)
      throw new ShapeError(path, { kind: 'length', bound: 'minimum', limit: min }, value)
    if (max !== undefined && said.length > max)
      throw new ShapeError(path, { kind: 'length', bound: 'maximum', limit: max }, value)
    if (pattern && !pattern.test(said))
      throw new ShapeError(path, { kind: 'pattern', pattern: pattern.source }, value)
  }
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

function bounded(value: number, path: Path, { min, max }: Bounds): void {
  if (min !== undefined && value < min)
    throw new ShapeError(path, { kind: 'range', bound: 'minimum', limit: min }, value)
  if (max !== undefined && value > max)
    throw new ShapeError(path, { kind: 'range', bound: 'maximum', limit: max }, value)
}

export function number(bounds: Bounds = {}): Shape {
  const isNumber = typed('number', (value) => typeof value === 'number')
  return (value, path) => {
    isNumber(value, path)
    bounded(value as number, path, bounds)
  }
}

export function integer(bounds: Bounds = {}): Shape {
  const isInteger = typed('integer', Number.isInteger)
  return (value, path) => {
    isInteger(value, path)
    bounded(value as number, path, bounds)
  }
}

export function word(...words: readonly string[]): Shape {
  return (value, path) => {
    if (!words.includes(value as string)) throw new ShapeError(path, { kind: 'word', words }, value)
  }
}

export function nullable(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path)
  }
}

export function list(shape: Shape, { min, max }: Bounds = {}): Shape {
  const isList = typed('array', Array.isArray)
  return (value, path) => {
    isList(value, path)
    const items = value as readonly unknown[]
    if (min !== undefined && items.length < min)
      throw new ShapeError(path, { kind: 'length', bound: 'minimum', limit: min }, value)
    if (max !== undefined && items.length > max)
      throw new ShapeError(path, { kind: 'length', bound: 'maximum', limit: max }, value)
    items.forEach((item, index) => {
      shape(item, [...path, index])
    })
  }
}

export function map(shape: Shape): Shape {
  return (value, path) => {
    anObject(value, path)
    for (const [key, item] of Object.entries(value as Json)) shape(item, [...path, key])
  }
}

/** Members that are not named are refused. */
export function object(required: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape {
  const known = new Map(Object.entries({ ...required, ...optional }))
  return (value, path) => {
    anObject(value, path)
    const document = value as Json
    for (const key of Object.keys(document)) {
      if (!known.has(key)) throw new ShapeError([...path, key], { kind: 'unknown' }, document[key])
    }
    for (const key of Object.keys(required)) {
      if (document[key] === undefined) throw new ShapeError([...path, key], { kind: 'missing' }, undefined)
    }
    for (const [key, shape] of known) {
      if (document[key] !== undefined) shape(document[key], [...path, key])
    }
  }
}

/** By the word in one member; `fallback` is for an object without it. */
export function tagged(
  tag: string,
  shapes: Record<string, Shape>,
  { fallback, named = false }: { fallback?: Shape; named?: boolean } = {},
): Shape {
  return (value, path) => {
    anObject(value, path)
    const found = (value as Json)[tag]
    if (found === undefined && fallback) return fallback(value, path)
    if (found === undefined) throw new ShapeError([...path, tag], { kind: 'missing' }, undefined)
    const shape = Object.hasOwn(shapes, String(found)) ? shapes[String(found)] : undefined
    if (!shape) throw new ShapeError([...path, tag], { kind: 'word', words: Object.keys(shapes) }, found)
    shape(value, named ? [...path, String(found)] : path)
  }
}

/** A string, or the other. */
export function textOr(shape: Shape): Shape {
  return (value, path) => {
    if (typeof value !== 'string') shape(value, path)
  }
}
