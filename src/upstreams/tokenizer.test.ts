import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { countTokens, tokenEnds } from './tokenizer.ts'

function tokens(text: string): string[] {
  const ends = tokenEnds(text, Infinity)
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}

describe('the documented rule', () => {
  const CASES: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['Hello world', ['Hello', ' world']],
    ['understanding', ['unders', 'tandin', 'g']],
    ['2024-10', ['202', '4', '-', '10']],
    ['a1!', ['a', '1', '!']],
    ['東京 です', ['東', '京', ' で', 'す']],
    ['naïve café', ['naïve', ' café']],
    ['привет', ['привет']],
    ['😀😀', ['😀', '😀']],
    ['a\n\n  b', ['a', '\n\n  b']],
    [`a${' '.repeat(10)}b`, ['a', ' '.repeat(8), '  b']],
    ['a ', ['a', ' ']],
    ['   ', ['   ']],
  ]
  for (const [text, expected] of CASES) {
    it(`cuts ${JSON.stringify(text)}`, () => {
      assert.deepEqual(tokens(text), expected)
    })
  }
})

it('the tokens of a text, joined, are the text, and none ends inside a pair', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const pieces = tokens(text)
      assert.equal(pieces.join(''), text)
      assert.equal(countTokens(text), pieces.length)
      for (const piece of pieces) assert.ok(piece.length > 0 && piece.isWellFormed())
    }),
  )
})

it('takes a limit', () => {
  assert.deepEqual(tokenEnds('one two three', 2), [3, 7])
  assert.deepEqual(tokenEnds('one', 0), [])
})

it('is linear: 1 MB of anything in well under a second', () => {
  for (const unit of ['word ', ' ', '東', '😀', 'a', '9', '\ud800']) {
    const text = unit.repeat(2 ** 20 / unit.length)
    const startedAtMs = performance.now()
    assert.ok(countTokens(text) > 0)
    assert.ok(performance.now() - startedAtMs < 500, unit)
  }
})
