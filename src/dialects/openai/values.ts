/** The members of a client's JSON, each checked when it is read; what nobody read is known at the end. */
import { badRequest, GatewayError } from '../../errors.ts'

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A 400 about one member; `param` is its path in the request, such as `messages[0].content`. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_argument', message, { details: [badRequest(param, message)] })
}

/** What this way has no word for: another target may have one. */
export function unspeakable(param: string, reason: string): GatewayError {
  return new GatewayError('untranslatable', `${param}: ${reason}`, { details: [badRequest(param, reason)] })
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function wrongType(param: string, expected: string, value: unknown): GatewayError {
  return invalid(
    param,
    `Invalid type for '${param}': expected ${expected}, but got ${nameOf(value)} instead.`,
  )
}

interface Range {
  readonly min?: number
  readonly max?: number
}

/** One object of the request. A member that is null is not there. */
export class Members {
  /** Of this object; empty for the request itself. */
  readonly path: string
  readonly #object: Json
  readonly #taken = new Set<string>()
  /** What lies in it, each read once: who asks again gets the same. */
  readonly #inner = new Map<string, readonly Members[]>()

  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw wrongType(path, 'an object', value)
    this.#object = value
    this.path = path
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }

  /** Whoever takes it answers for it. */
  take(name: string): unknown {
    this.#taken.add(name)
    return this.#object[name] ?? undefined
  }

  text(name: string): string | undefined {
    const value = this.take(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrongType(this.pathOf(name), 'a string', value)
  }

  /** Throws when it is not there. */
  required(name: string): string {
    const value = this.text(name)
    if (value !== undefined) return value
    throw invalid(this.pathOf(name), `Missing required parameter: '${this.pathOf(name)}'.`)
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.text(name)
    if (value === undefined || words.includes(value as Word)) return value as Word | undefined
    const known = words.map((word) => `'${word}'`).join(', ')
    const path = this.pathOf(name)
    throw invalid(
      path,
      `Invalid value: '${value.slice(0, 64)}'. Supported values of '${path}' are: ${known}.`,
    )
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name)
    if (value === undefined || typeof value === 'boolean') return value
    throw wrongType(this.pathOf(name), 'a boolean', value)
  }

  number(name: string, { min = -Infinity, max = Infinity }: Range = {}): number | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    const path = this.pathOf(name)
    if (typeof value !== 'number') throw wrongType(path, 'a number', value)
    if (value < min) throw invalid(path, `Invalid '${path}': below the minimum of ${min}.`)
    if (value > max) throw invalid(path, `Invalid '${path}': above the maximum of ${max}.`)
    return value
  }

  integer(name: string, range: Range = {}): number | undefined {
    const value = this.number(name, range)
    if (value === undefined || Number.isSafeInteger(value)) return value
    throw wrongType(this.pathOf(name), 'an integer', value)
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.take(name)
    if (value === undefined || Array.isArray(value)) return value
    throw wrongType(this.pathOf(name), 'an array', value)
  }

  /** The elements of a list, as objects. */
  objects(name: string): readonly Members[] {
    return this.#innerOf(name, () =>
      (this.list(name) ?? []).map((value, index) => new Members(value, `${this.pathOf(name)}[${index}]`)),
    )
  }

  object(name: string): Members | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    return this.#innerOf(name, () => [new Members(value, this.pathOf(name))])[0]
  }

  /** As it stands, for what is passed on whole. */
  json(name: string): Json | undefined {
    const value = this.take(name)
    if (value === undefined || isObject(value)) return value
    throw wrongType(this.pathOf(name), 'an object', value)
  }

  /** Names that are there and that nobody took. */
  untaken(): readonly string[] {
    return Object.keys(this.#object).filter(
      (name) => this.#object[name] !== null && this.#object[name] !== undefined && !this.#taken.has(name),
    )
  }

  /** Everything below it that was read as an object. */
  *within(): Generator<Members> {
    for (const members of [...this.#inner.values()].flat()) {
      yield members
      yield* members.within()
    }
  }

  #innerOf(name: string, read: () => readonly Members[]): readonly Members[] {
    const known = this.#inner.get(name) ?? read()
    this.#inner.set(name, known)
    return known
  }
}

export function missing(members: Members, name: string): never {
  const path = members.pathOf(name)
  if (members.take(name) !== undefined) throw wrongType(path, 'another type', members.take(name))
  throw invalid(path, `Missing required parameter: '${path}'.`)
}
