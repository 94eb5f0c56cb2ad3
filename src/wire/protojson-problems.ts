/** What was wrong with a request, in the words of Google's protojson front end. */
import { shorten } from './protojson-scalars.ts'

/** Violations listed in one error; the rest is counted by nobody. */
const VIOLATIONS_MAX = 100

export interface Violation {
  /** A snake_case path; empty for the message itself. */
  readonly field: string
  readonly description: string
}

/** A message that is not what its tables say. `message` has one line for each violation. */
export class ProtojsonError extends Error {
  readonly violations: readonly Violation[]
  constructor(violations: readonly Violation[]) {
    super(violations.map(({ description }) => description).join('\n'))
    this.name = 'ProtojsonError'
    this.violations = violations
  }
}

/** The violations of one request, in the order in which they were met. */
export class Problems {
  readonly #violations: Violation[] = []

  get found(): boolean {
    return this.#violations.length > 0
  }

  invalid(path: string, label: string, value: unknown): void {
    const shown =
      typeof value === 'object' && value !== null ? 'Starting an object on a scalar field' : quote(value)
    this.invalidBecause(path, label, shown)
  }

  invalidBecause(path: string, label: string, reason: string): void {
    this.#add(path, `Invalid value at '${path}' (${label}), ${reason}`)
  }

  unknown(name: string, parent: string, reason = 'Cannot find field.'): void {
    const place = parent === '' ? '' : ` at '${parent}'`
    this.#add(parent, `Invalid JSON payload received. Unknown name "${shorten(name)}"${place}: ${reason}`)
  }

  tooDeep(path: string): void {
    const key = path.slice(path.lastIndexOf('.') + 1)
    this.#add(
      path,
      `Invalid JSON payload received. Message too deep. Max recursion depth reached for key '${shorten(key)}'`,
    )
  }

  toError(): ProtojsonError {
    return new ProtojsonError(this.#violations)
  }

  #add(field: string, description: string): void {
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push({ field: clip(field), description })
  }
}

/** A path can be deep; it never becomes long enough to matter, but it is the sender's. */
const PATH_CHARS_MAX = 1_024

function clip(path: string): string {
  return path.length <= PATH_CHARS_MAX ? path : path.slice(0, PATH_CHARS_MAX)
}

export function quote(value: unknown): string {
  return typeof value === 'string' ? `"${shorten(value)}"` : String(value)
}
