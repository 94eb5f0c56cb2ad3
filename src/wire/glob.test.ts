import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesGlob } from './glob.ts'

test('agrees with the same pattern as a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (glob, name) => {
      const expression = new RegExp(
        `^${glob.replaceAll(/[.-]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`,
      )
      assert.equal(matchesGlob(glob, name), expression.test(name), `${glob} ${name}`)
    }),
    { numRuns: 5_000 },
  )
})

test('many stars cost no more than the product of the lengths', () => {
  const begun = performance.now()
  assert.equal(matchesGlob('*a'.repeat(100), 'b'.repeat(10_000)), false)
  assert.ok(performance.now() - begun < 200)
})
