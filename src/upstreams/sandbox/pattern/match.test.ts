import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { foldCase } from './case.ts'
import { matches, readPattern } from './match.ts'
import { PatternProblem } from './node.ts'
import { isRightAbout, PATTERNS, TEXTS, toRegExp, tryRead } from './pattern.fixture.ts'

function noBound(): void {}

function isFound(source: string, text: string, ignoreCase = false): boolean {
  return matches(readPattern(source, { ignoreCase }), text, noBound)
}

const SCRIPTS =
  'Latin Greek Cyrillic Han Thai Arabic Hebrew Hiragana Katakana Hangul Devanagari Bengali Tamil Telugu Kannada Khmer Lao'.split(
    ' ',
  )

const unit = fc.constantFrom('a', 'b', 'c', '.', '\\d', '\\w', '[ab]', '[^a]', '[a-c1]', '\\.', '1', '\\b')
/** Without look-aheads and the like, so that more of them are found. */
const { pattern: plainPatterns } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'part' },
    unit,
    fc
      .tuple(
        fc.constantFrom('a', '[bc]', '.', '\\w'),
        fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?'),
      )
      .map((pair) => pair.join('')),
    tie('pattern').map((inner) => `(?:${inner})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{0,3}'))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
  pattern: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'part' },
    fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('part'), tie('part')).map((pair) => pair.join('|')),
  ),
}))
const SHORT_TEXTS = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', '.', ' ', 'A', '\n'), { maxLength: 12 })
  .map((list) => list.join(''))

describe('a pattern', () => {
  it('matches what a RegExp matches, in one case and in any', () => {
    fc.assert(
      fc.property(PATTERNS, TEXTS, fc.boolean(), (source, text, ignoreCase) => {
        fc.pre(isRightAbout(source, text))
        const expected = toRegExp(source, ignoreCase ? 'iu' : 'u').test(text)
        assert.equal(matches(tryRead(source, { ignoreCase }), text, noBound), expected)
      }),
      { numRuns: 6_000 },
    )
  })

  it('finds what the older kind of RegExp finds', () => {
    const anchored = fc
      .tuple(fc.constantFrom('', '^'), plainPatterns, fc.constantFrom('', '$'))
      .map((pair) => pair.join(''))
    fc.assert(
      fc.property(anchored, SHORT_TEXTS, fc.boolean(), (source, text, ignoreCase) => {
        const wanted = new RegExp(source, ignoreCase ? 'i' : '').test(text)
        assert.equal(isFound(source, text, ignoreCase), wanted)
      }),
      { numRuns: 3_000 },
    )
  })

  it('takes the same characters for one letter as a RegExp', () => {
    let letters = 0
    for (let code = 0; code < 0x1f000; code++) {
      const sign = String.fromCodePoint(code)
      const form = String.fromCodePoint(foldCase(code))
      if (form === sign) continue
      letters++
      assert.match(form, new RegExp(`^\\u{${code.toString(16)}}$`, 'iu'))
      assert.ok(isFound(`^${sign}$`, form, true) && isFound(`^${form}$`, sign, true), `${sign} ${form}`)
    }
    assert.ok(letters > 1_300, `${letters}`)
  })

  it('is read when RegExp takes it, and refused when not', () => {
    const signs = fc.constantFrom(...'ab1^$.|()[]{}*+?\\-,:=!<>dwpux'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: signs, maxLength: 8 }), (source) => {
        let [isRead, isLegal] = [true, true]
        try {
          readPattern(source)
        } catch (error) {
          assert.ok(error instanceof PatternProblem, String(error))
          isRead = /support|deeper/.test(error.message)
        }
        try {
          new RegExp(source, 'u')
        } catch {
          // What only the older syntax takes may be read or not.
          isLegal = false
        }
        if (isLegal) assert.ok(isRead, source)
      }),
      { numRuns: 4_000 },
    )
  })

  const CASES: readonly (readonly [source: string, text: string, ignoreCase: boolean, wanted: boolean])[] = [
    ['order #\\d{3,5}\\b', 'my order #1234 please', false, true],
    ['order #\\d{3,5}$', 'my order #12', false, false],
    ['^\\s*Hello', '\n\t hello', true, true],
    ['[\\w.-]+@[\\w-]+\\.com', 'write to a.b-c@x-y.com now', false, true],
    ['caf\\u00e9|caf\\xe9', 'CAFÉ', true, true],
    ['[^\\W\\d_]', '12_', false, false],
    ['[]', 'x', false, false],
    ['', '', false, true],
    ['[A-F]', 'd', true, true],
    ['[\\]\\-]', '-', false, true],
    ['a{x', 'a{x', false, true],
    ['^[^k]$', '\u212a', true, false],
    ['^\\W$', 'ſ', true, false],
    ['ſ\\b', 'S ', true, true],
    ['^σ+$', 'Σσς', true, true],
    ['^ß$', 'ẞ', true, true],
    ['^ı$', 'i', true, false],
    ['^.$', '😀', false, true],
    ['[^a]$', '😀', false, true],
    ['(?<year>\\d{4})', 'in 1999', false, true],
  ]
  for (const [source, text, ignoreCase, wanted] of CASES) {
    it(`${source} is ${wanted ? '' : 'not '}found in ${JSON.stringify(text)}`, () => {
      assert.equal(isFound(source, text, ignoreCase), wanted)
    })
  }

  const REFUSED: readonly (readonly [source: string, why: RegExp])[] = [
    ['(?<!a)', /look-behind/],
    ['(?i)a', /inline flags/],
    ['(a)\\1', /back references/],
    ['(a', /a \( without its \) \(at character 2\)/],
    ['a)', /a \) without its \( \(at character 1\)/],
    ['[a', /a \[ without its \]/],
    ['*a', /nothing to repeat/],
    ['a**', /nothing to repeat \(at character 3\)/],
    ['a{2}{3}', /nothing to repeat/],
    ['\\', /ends in a backslash/],
    ['\\q', /there is no \\q here/],
    ['[b-a]', /the range in \[ \] is not one/],
    ['a{3,2}', /wrong way round/],
    ['\\u12', /\\u needs 4 hex digits/],
    ['\\p{Nothing}', /\\p needs a property/],
    ['(?<1>a)', /name of the group/],
    ['(?:a{1000}){1000}', /too long once its repetitions/],
    ['(?:(?:){9999999}){9999999}', /too long once its repetitions/],
    ['('.repeat(50) + ')'.repeat(50), /nested deeper than 40/],
    ['(?=(?=(?=a)))', /look-aheads are nested deeper than 2/],
    [`[${SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}]`, /too many properties/],
  ]
  for (const [source, message] of REFUSED) {
    it(`is refused: ${source.slice(0, 30)}`, () => {
      assert.throws(() => readPattern(source), { name: 'PatternProblem', message })
    })
  }

  it('that would make a RegExp run for years costs little', () => {
    const startedAtMs = performance.now()
    for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      assert.equal(isFound(source, `${'a'.repeat(3_000)}!`), false, source)
    }
    assert.ok(performance.now() - startedAtMs < 2_000)
  })

  it('tells of its work, which the caller may stop', () => {
    let left = 10_000
    const spend = (steps: number) => {
      left -= steps
      if (left < 0) throw new RangeError('enough')
    }
    const text = 'a'.repeat(5_000)
    assert.throws(() => matches(readPattern('(?=.*b)x'), text, spend), /enough/)
    assert.ok(left > -2_000, `${left}`)
  })

  it('with a class of many characters costs no more than with one', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => String.fromCodePoint(0x4000 + 2 * index)).join(
      '',
    )
    const startedAtMs = performance.now()
    assert.equal(isFound(`[${many}]{2000}`, '\u47d0'.repeat(1_999)), false)
    assert.ok(performance.now() - startedAtMs < 2_000)
  })
})
