/**
 * A reading of TypeScript's surface: names, punctuators and strings with their lines, comments left out.
 * Enough to see imports and forbidden names, also inside `${…}`; it never judges whether the text is valid.
 */

export interface Token {
  readonly kind: 'name' | 'punctuator' | 'string' | 'number' | 'regex'
  /** Without the quotes for strings. A template gives one string for each stretch between its `${…}`. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

const NAME = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy
const NUMBER = /\.?\d[\w.]*/y
const SPACE = /\s+/y
const LINE_COMMENT = /\/\/[^\n]*/y
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y
const QUOTED = /'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE_PIECE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y

/** Words after which a slash begins a regular expression and not a division. */
const BEFORE_OPERAND = new Set(
  'return typeof case in of delete void throw new do else instanceof yield await'.split(' '),
)

export function lex(source: string): Token[] {
  const tokens: Token[] = []
  /** For each open template, how many braces are open inside its running `${…}`. */
  const templates: number[] = []
  let at = source.startsWith('#!') ? source.indexOf('\n') : 0
  let line = 1

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    return found === undefined || found === '' ? undefined : found
  }

  /** Moves over `text` and counts its lines. */
  function pass(text: string): void {
    at += text.length
    line += text.split('\n').length - 1
  }

  function push(kind: Token['kind'], text: string, raw = text): void {
    tokens.push({ kind, text, line })
    pass(raw)
  }

  function templatePiece(): void {
    const piece = take(TEMPLATE_PIECE) ?? ''
    push('string', piece)
    if (source.startsWith('${', at)) {
      templates.push(0)
      pass('${')
    } else pass('`')
  }

  function isOperandNext(): boolean {
    const last = tokens.at(-1)
    if (last === undefined || last.kind === 'punctuator') return !/^[)\]}]$/.test(last?.text ?? '')
    return last.kind === 'name' && BEFORE_OPERAND.has(last.text)
  }

  function punctuator(character: string): void {
    const depth = templates.at(-1)
    if (depth !== undefined && character === '}' && depth === 0) {
      templates.pop()
      pass(character)
      return templatePiece()
    }
    if (depth !== undefined && character === '{') templates[templates.length - 1] = depth + 1
    if (depth !== undefined && character === '}') templates[templates.length - 1] = depth - 1
    push('punctuator', character)
  }

  while (at >= 0 && at < source.length) {
    const skipped = take(SPACE) ?? take(LINE_COMMENT) ?? take(BLOCK_COMMENT)
    if (skipped !== undefined) {
      pass(skipped)
      continue
    }
    const quoted = take(QUOTED)
    const name = take(NAME)
    const number = take(NUMBER)
    const regex = source[at] === '/' && isOperandNext() ? take(REGEX) : undefined
    if (quoted !== undefined) push('string', quoted.slice(1, -1), quoted)
    else if (name !== undefined) push('name', name)
    else if (number !== undefined) push('number', number)
    else if (regex !== undefined) push('regex', regex)
    else if (source[at] === '`') {
      pass('`')
      templatePiece()
    } else punctuator(source[at] as string)
  }
  return tokens
}
