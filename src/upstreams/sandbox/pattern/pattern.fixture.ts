/** Patterns and texts for the tests that compare with RegExp. */
import fc from 'fast-check'
import { type Pattern, readPattern } from './match.ts'
import { type PatternOptions, PatternProblem } from './node.ts'

/** Patterns of everything that is read, as RegExp takes it too. */
export const { pattern: PATTERNS } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(
      'a',
      'b',
      '1',
      ' ',
      '.',
      '\\d',
      '\\w',
      '\\s',
      '\\D',
      '\\W',
      '\\S',
      '\\.',
      '\\n',
      'é',
      'K',
      'ſ',
      'Σ',
      '😀',
    ),
    fc.constantFrom(
      '[ab]',
      '[^ab]',
      '[a-f1]',
      '[\\w-]',
      '[^\\d\\s]',
      '[.*+]',
      '\\p{L}',
      '\\P{Lu}',
      '[\\p{Lu}1]',
      '[^\\p{Lu}1]',
      '[^\\W1]',
      '[A-F]',
      '[^r-t]',
      '[Zà-ï\\D]',
    ),
    fc.constantFrom('^', '$', '\\b', '\\B', '\\x61', '\\u0062', '\\u{1F600}', '\\t', '\\/', '[\\b\\]]'),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?', '+?'))
      .map(([a, quantifier]) => `(${a})${quantifier}`),
    tie('pattern').map((inner) => `(?=${inner})`),
    tie('pattern').map((inner) => `(?!${inner})`),
    tie('pattern').map((inner) => `(?<name>x|${inner.replaceAll('name', 'inner')})`),
  ),
}))

/** Short texts in which such patterns are sometimes found. */
export const TEXTS = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      '1',
      ' ',
      '\n',
      'é',
      'É',
      'A',
      'k',
      '\u212a',
      's',
      'ſ',
      'σ',
      'ς',
      '😀',
      '-',
      '_',
      '.',
    ),
    maxLength: 8,
  }),
  fc.string({ unit: 'binary', maxLength: 5 }),
)

/** Gives up the run on what RegExp does not take: names that came twice, a quantifier behind a look-ahead. */
export function toRegExp(source: string, flags = 'u'): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    return fc.pre(false) as never
  }
}

/** Gives up the run on what is too large. */
export function tryRead(source: string, options: PatternOptions = {}): Pattern {
  try {
    return readPattern(source, options)
  } catch (error) {
    if (error instanceof PatternProblem && error.tooLarge) return fc.pre(false) as never
    throw error
  }
}

/**
 * Whether RegExp can be asked. It finds what has no width between the halves of a surrogate pair, where there is no
 * character, and V8 begins there to look for a last one, so that it does not find `[^a]$` in an emoji.
 */
export function isRightAbout(source: string, text: string): boolean {
  return !(/\\B|\(\?!|\$/.test(source) && /[\u{10000}-\u{10ffff}]/u.test(text))
}
