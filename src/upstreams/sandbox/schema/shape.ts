/** A schema as the sandbox understands it: what both of Gemini's schema dialects are read into. */
import type { Pattern } from '../pattern/match.ts'

/** `integer` is a number with `whole`. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

/** All that is said must hold. `{}` allows every value; no kinds at all allow none. */
export interface Shape {
  readonly kinds?: ReadonlySet<Kind>
  /** Numbers have no fraction. */
  readonly whole?: boolean
  /** `enum` and `const`. */
  readonly values?: readonly unknown[]
  readonly number?: NumberBounds
  readonly string?: StringBounds
  readonly array?: ArrayBounds
  readonly object?: ObjectBounds
  readonly all?: readonly Shape[]
  /** One of them at least. */
  readonly any?: readonly Shape[]
  /** Exactly one of them. */
  readonly one?: readonly Shape[]
  readonly not?: Shape
  readonly ref?: Ref
  readonly title?: string
  readonly description?: string
}

export interface NumberBounds {
  readonly minimum?: number
  readonly maximum?: number
  /** Exclusive. */
  readonly above?: number
  /** Exclusive. */
  readonly below?: number
  readonly multipleOf?: number
}

export interface StringBounds {
  /** In code points. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: Pattern
  readonly format?: string
}

export interface ArrayBounds {
  readonly minItems?: number
  readonly maxItems?: number
  readonly prefix?: readonly Shape[]
  /** Of those beyond the prefix. */
  readonly items?: Shape
  readonly unique?: boolean
  readonly contains?: { readonly shape: Shape; readonly min: number; readonly max: number }
}

export interface ObjectBounds {
  /** In the order in which a value prints them. */
  readonly properties?: ReadonlyMap<string, Shape>
  readonly required?: readonly string[]
  readonly patterns?: readonly (readonly [Pattern, Shape])[]
  /** Of members that are neither a property nor fit a pattern. */
  readonly additional?: Shape
  readonly names?: Shape
  readonly minProperties?: number
  readonly maxProperties?: number
}

/** A shape by name; `shape` is filled in when the whole schema has been read. */
export interface Ref {
  shape: Shape
  /** Values inside one another that it needs at least; infinite when it can never end. */
  height: number
}

export const ANYTHING: Shape = Object.freeze({})
export const NEVER: Shape = Object.freeze({ kinds: new Set<Kind>() })

/** The shape of an object's member by these bounds. */
export function shapesOfMember(
  bounds: ObjectBounds,
  name: string,
  fits: (pattern: Pattern, name: string) => boolean,
): readonly Shape[] {
  const shapes: Shape[] = []
  const property = bounds.properties?.get(name)
  if (property !== undefined) shapes.push(property)
  for (const [pattern, shape] of bounds.patterns ?? []) if (fits(pattern, name)) shapes.push(shape)
  if (shapes.length === 0 && bounds.additional !== undefined) shapes.push(bounds.additional)
  return shapes
}
