import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDrains, DRAIN_LIMITS } from './drain.ts'

const LIMITS = { count: 2, timeout: 1_000, bytes: 100 }
const never = () => assert.fail('expired')

test('[NATIVE-DRAIN-01] C04 no more drains than there are places, and a place is free again at the end', () => {
  const drains = createDrains(LIMITS)
  const first = drains.begin(never)
  const second = drains.begin(never)
  assert.ok(first && second)
  assert.equal(drains.begin(never), undefined)
  assert.equal(drains.open, 2)
  first.end()
  first.end()
  assert.equal(drains.open, 1, 'ending twice frees one place')
  const third = drains.begin(never)
  assert.ok(third)
  third.end()
  second.end()
  assert.equal(drains.open, 0)
})

test('[NATIVE-DRAIN-01] a drain reads up to its bytes, and says when it is enough', () => {
  const drain = createDrains(LIMITS).begin(never)
  assert.deepEqual([drain?.take(60), drain?.take(40), drain?.take(1)], [true, true, false])
  drain?.end()
})

test('[NATIVE-DRAIN-01] a drain expires after its time, and not when it ended before', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let expired = 0
  const drains = createDrains(LIMITS)
  drains.begin(() => expired++)
  drains.begin(() => expired++)?.end()
  t.mock.timers.tick(LIMITS.timeout - 1)
  assert.equal(expired, 0)
  t.mock.timers.tick(1)
  assert.equal(expired, 1)
})

test('the bounds are those that the documents promise', () => {
  assert.deepEqual(DRAIN_LIMITS, { count: 200, timeout: 120_000, bytes: 33_554_432 })
})
