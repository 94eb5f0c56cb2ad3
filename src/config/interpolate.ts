// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/**
 * `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${file:/run/secrets/x}`, and `$$` for a dollar sign.
 * What is put in is never looked at again, so a secret may contain anything.
 */

/** `${A:-${B:-c}}` and so on; deeper is a mistake. */
const NESTING_MAX = 8

export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The text of a secret file; throws when it cannot be read. */
  readFile(path: string): string
}

export interface Interpolated {
  readonly text: string
  /** Whether anything was put in. */
  readonly changed: boolean
}

/** Its message is for the operator and never contains a value. */
export class InterpolationError extends Error {}

/** Replaces every reference in `text`; throws `InterpolationError`. */
export function interpolate(text: string, sources: Sources, depth = 0): Interpolated {
  if (depth > NESTING_MAX) throw new InterpolationError(`\${…} is nested deeper than ${NESTING_MAX} levels`)
  let result = ''
  let changed = false
  let position = 0
  for (;;) {
    const dollar = text.indexOf('$', position)
    if (dollar < 0) return { text: result + text.slice(position), changed }
    result += text.slice(position, dollar)
    if (text[dollar + 1] === '$') {
      result += '$'
      position = dollar + 2
    } else if (text[dollar + 1] === '{') {
      const end = closingBrace(text, dollar + 2)
      result += lookUp(text.slice(dollar + 2, end), sources, depth)
      changed = true
      position = end + 1
    } else {
      result += '$'
      position = dollar + 1
    }
  }
}

/** The inverse of `interpolate` for text without references. */
export function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function closingBrace(text: string, from: number): number {
  let open = 1
  for (let position = from; position < text.length; position++) {
    if (text.startsWith('${', position)) {
      open++
      position++
    } else if (text[position] === '}' && --open === 0) {
      return position
    }
  }
  throw new InterpolationError('"${" has no closing "}"; write "$$" for a dollar sign')
}

function lookUp(expression: string, sources: Sources, depth: number): string {
  if (expression.startsWith('file:')) return readSecret(expression.slice('file:'.length), sources)
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([\s\S]*))?$/.exec(expression)
  if (!match) {
    // The expression may be a secret that was pasted between the braces, so it is not repeated here.
    throw new InterpolationError(
      'this ${…} is not understood: write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:/path}; "$$" is a dollar sign',
    )
  }
  const [, name = '', operator, word = ''] = match
  const value = sources.environment[name]
  if (operator === '-') return value || interpolate(word, sources, depth + 1).text
  if (operator === '?' && !value) throw new InterpolationError(`${name}: ${word || 'is not set'}`)
  if (value === undefined) throw new InterpolationError(`the environment variable ${name} is not set`)
  return value
}

function readSecret(path: string, sources: Sources): string {
  try {
    return sources.readFile(path).replace(/\r?\n$/, '')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new InterpolationError(`the file ${path} cannot be read (${reason})`)
  }
}
