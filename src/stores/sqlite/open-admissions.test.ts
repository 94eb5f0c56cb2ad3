import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createOpenAdmissions } from './open-admissions.ts'

test('[LDG-05] recovery looks from the oldest request that is open, however long the others were', () => {
  // A number closes the open admission at that place; undefined opens the next one.
  const steps = fc.array(fc.option(fc.nat(5_000), { nil: undefined, freq: 1 }), {
    maxLength: 6_000,
    size: 'max',
  })
  fc.assert(
    fc.property(fc.nat(1_000_000), steps, (first, sequence) => {
      const subject = createOpenAdmissions(first)
      const open: number[] = []
      let next = first
      for (const step of sequence) {
        if (step === undefined) {
          open.push(next)
          subject.open(next++)
        } else if (open.length > 0) {
          const [closed] = open.splice(step % open.length, 1)
          subject.close(closed as number)
        }
      }
      assert.equal(subject.lowest(), open[0] ?? next)
    }),
    { numRuns: 40 },
  )
})
