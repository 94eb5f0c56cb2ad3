/** How much work one request's schemas may cost; a schema that needs more is refused in Google's words. */
import { GatewayError, invalidField } from '../../../errors.ts'

/** Steps of about a microsecond or less. */
const STEPS_MAX = 400_000

/** What is left of the work that may be done. */
export interface Effort {
  left: number
}

export function createEffort(): Effort {
  return { left: STEPS_MAX }
}

/** Throws `invalid_argument` when nothing is left. */
export function spend(effort: Effort, steps: number): void {
  effort.left -= steps
  if (effort.left < 0) throw tooManyStates()
}

/** The effort as what matching a pattern is told of. */
export function spending(effort: Effort): (steps: number) => void {
  return (steps) => spend(effort, steps)
}

/** Google's answer to a schema that is too large or too complex. */
export function tooManyStates(): GatewayError {
  return new GatewayError(
    'invalid_argument',
    'The specified schema produces a constraint that has too many states for serving.  Typical causes of this ' +
      'error are schemas with lots of text (for example, very long property or enum names), schemas with long array ' +
      'length limits (especially when nested), or schemas using complex value matchers (for example, integers or ' +
      'numbers with minimum/maximum bounds or strings with complex formats like date-time)',
  )
}

/** The answer to a schema that no value satisfies. Google's own words for it are not known. */
export function unsatisfiable(path?: string): GatewayError {
  const text = 'The specified schema cannot be satisfied: no value meets all of its constraints.'
  return path === undefined ? new GatewayError('invalid_argument', text) : invalidField(path, text)
}
