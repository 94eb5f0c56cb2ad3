/** The imports of one file, type-only and dynamic ones included. */
import { posix } from 'node:path'
import type { Token } from './lex.ts'

export interface Import {
  /** As written; `undefined` for an `import(…)` of something that is not a plain string. */
  readonly specifier: string | undefined
  readonly line: number
  /** `export * from …` */
  readonly isBarrel: boolean
}

export function importsOf(tokens: readonly Token[]): Import[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'name' || isMember(tokens, index)) return []
    if (token.text === 'import') return importAt(tokens, index)
    if (token.text === 'export') return reexportAt(tokens, index)
    return []
  })
}

function importAt(tokens: readonly Token[], index: number): Import[] {
  const line = tokens[index]!.line
  const next = tokens[index + 1]
  if (next?.text === '.' || next?.text === ':') return []
  if (next?.kind === 'string') return [{ specifier: next.text, line, isBarrel: false }]
  if (next?.text !== '(')
    return fromClause(tokens, index).map((specifier) => ({ specifier, line, isBarrel: false }))
  const specifier = tokens[index + 2]
  const isPlain = specifier?.kind === 'string' && /^[),]$/.test(tokens[index + 3]?.text ?? '')
  return [{ specifier: isPlain ? specifier.text : undefined, line, isBarrel: false }]
}

function reexportAt(tokens: readonly Token[], index: number): Import[] {
  const afterType = tokens[index + 1]?.text === 'type' ? index + 2 : index + 1
  if (!/^[*{]$/.test(tokens[afterType]?.text ?? '')) return []
  return fromClause(tokens, index).map((specifier) => ({
    specifier,
    line: tokens[index]!.line,
    isBarrel: tokens[afterType]?.text === '*',
  }))
}

/** The string behind the next `from`; none when the braces close without one. */
function fromClause(tokens: readonly Token[], index: number): string[] {
  for (let at = index + 1; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!
    if (kind === 'name' && text === 'from' && tokens[at + 1]?.kind === 'string') return [tokens[at + 1]!.text]
    const belongs = kind === 'name' || (kind === 'punctuator' && /^[{},*]$/.test(text))
    if (!belongs || (kind === 'name' && at > index + 1 && /^(?:import|export|const|function)$/.test(text)))
      return []
  }
  return []
}

function isMember(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.text === '.'
}

/** A relative import as a path from the project's root; `undefined` for a package or a module of Node's. */
export function resolveImport(fromFile: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(fromFile), specifier)
}
