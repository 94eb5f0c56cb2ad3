/** `x-wasat-translation: strict`: the client would rather be refused than answered about something else. */
import { GatewayError } from '../errors.ts'

const HEADER = 'x-wasat-translation'

/** Throws `invalid_argument` for a word that there is not: whoever misspells it would be carried inexactly. */
export function isStrict(header: string | readonly string[] | undefined): boolean {
  if (header === undefined) return false
  const word = String(header).trim().toLowerCase()
  if (word === 'strict') return true
  if (word === 'report') return false
  throw new GatewayError(
    'invalid_argument',
    `The header ${HEADER} must be strict, which refuses whatever would not be carried exactly, or report, which tells.`,
  )
}
