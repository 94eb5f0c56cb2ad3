import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../digest.ts'
import { readPattern } from '../pattern/match.ts'
import { isRightAbout, PATTERNS, toRegExp, tryRead } from '../pattern/pattern.fixture.ts'
import { createEffort } from './effort.ts'
import { textFor } from './pattern-text.ts'

const ANY_LENGTH = { min: 0, max: Number.POSITIVE_INFINITY }

describe('a text for a pattern', () => {
  it('is one that a RegExp finds it in', () => {
    let made = 0
    fc.assert(
      fc.property(PATTERNS, fc.nat(), fc.nat(12), (source, seed, min) => {
        const length = { min, max: min + 10 }
        const good = (text: string): boolean => [...text].length <= length.max && [...text].length >= min
        const text = textFor(tryRead(source), length, createRandom(seed), createEffort(), good)
        if (text === undefined) return
        made++
        if (isRightAbout(source, text)) assert.match(text, toRegExp(source))
        assert.ok(good(text))
      }),
      { numRuns: 2_000 },
    )
    assert.ok(made > 1_000, `only ${made} were made`)
  })

  const EXACT: readonly (readonly [source: string, min: number, max: number])[] = [
    ['^[a-z]+-[0-9]+$', 17, 17],
    ['^(ab)+$', 40, 40],
    ['^(?=.*[A-Z])(?=.*[a-z])(?=.*\\d)(?=.*[@$!%*?&])[A-Za-z\\d@$!%*?&]{8,}$', 12, 12],
    ['^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14})$', 0, 100],
    ['\\bfoo\\b', 20, 20],
    ['^\\p{Script=Han}{2}$', 2, 2],
  ]
  for (const [source, min, max] of EXACT) {
    it(`is met with a text of ${min} to ${max} characters: ${source}`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const length = { min, max }
        const text = textFor(readPattern(source), length, createRandom(seed), createEffort(), () => true)
        assert.ok(text !== undefined && [...text].length >= min && [...text].length <= max, String(text))
        assert.match(text, new RegExp(source, 'u'))
      }
    })
  }

  it('costs little for a pattern that would make a RegExp run for years', () => {
    const startedAtMs = performance.now()
    for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      textFor(readPattern(source), ANY_LENGTH, createRandom(1), createEffort(), () => true)
    }
    assert.ok(performance.now() - startedAtMs < 2_000)
  })
})
