/** What Google's validator says of a request that is wrong in several places at once. */
import { GatewayError } from '../../../errors.ts'

/** Violations listed in one error. */
const VIOLATIONS_MAX = 100

/** Collects what Google's validator lists as `* Message.path: text` lines, and throws them together. */
export class Complaints {
  readonly #lines: { field: string; line: string }[] = []
  readonly #root: string

  /** `root` is the message's name, such as `GenerateContentRequest`. */
  constructor(root: string) {
    this.#root = root
  }

  /** `path` is snake_case and relative to the root. */
  add(path: string, text: string): void {
    if (this.#lines.length >= VIOLATIONS_MAX) return
    this.#lines.push({ field: path, line: `* ${this.#root}${path && `.${path}`}: ${text}\n` })
  }

  /** Throws `invalid_argument` when there is anything to complain about. */
  throwAny(): void {
    if (this.#lines.length === 0) return
    const fieldViolations = this.#lines.map(({ field, line }) => ({
      ...(field && { field }),
      description: line,
    }))
    throw new GatewayError('invalid_argument', this.#lines.map(({ line }) => line).join(''), {
      details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }],
    })
  }
}
