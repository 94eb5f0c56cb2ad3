import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../errors.ts'
import type { RetryHint } from '../nouns/retry.ts'
import { CALLER, callOf, fails } from '../nouns.fixture.ts'
import { backoffMs } from './backoff.ts'
import { busy, castOf, good, rigOf, SETTINGS, says } from './dispatch.fixture.ts'
import { failedDispatch } from './dispatch.ts'

const down = () => new GatewayError('upstream_unavailable', 'nobody there')
const after = (afterMs: number | undefined, rest: Partial<RetryHint> = {}) => {
  const hint: RetryHint = { afterMs, scope: undefined, isDaily: false, ...rest }
  return () => says(429, { hint })
}

test('[NEV-02] a wait is drawn between its bounds, which grow, and never shorter than what was asked for', () => {
  const retry = fc.integer({ min: 1, max: 1_000 })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(retry, fc.integer({ min: 0, max: 10_000 }), random, (count, askedMs, drawn) => {
      const ms = backoffMs(count, askedMs, SETTINGS, () => drawn)
      const highest = Math.min(2_000, 100 * 4 ** count)
      assert.ok(ms >= Math.max(100, askedMs) && ms <= Math.max(highest, askedMs * 1.1), `${ms}`)
    }),
  )
  const drawn = [0, 0.5, 0.999].map((value) => Math.round(backoffMs(2, 0, SETTINGS, () => value)))
  assert.deepEqual(drawn, [100, 850, 1_599])
  const narrow = { backoffMin: 500, backoffMax: 100 }
  assert.equal(
    backoffMs(3, 0, narrow, () => 0.9),
    500,
    'bounds the wrong way round',
  )
})

test('[NEV-02] the same target is asked again after a wait, another one at once', async () => {
  const { asked, target } = castOf()
  const rig = rigOf()
  await rig.dispatch(callOf(), [target('a', down), target('b', good)], CALLER)
  assert.equal(rig.waited(), 0)
  await rig.dispatch(callOf(), [target('c', down, down, good)], CALLER)
  // Halfway between 100 and 400, then halfway between 100 and 1,600.
  assert.deepEqual([rig.waited(), asked], [250 + 850, ['a', 'b', 'c', 'c', 'c']])
})

test('[NEV-02] U19 what an upstream asks for is waited for when nobody else is left', async () => {
  const { asked, target } = castOf()
  const rig = rigOf()
  const { answer, attempts } = await rig.dispatch(callOf(), [target('a', after(2_000), good)], CALLER)
  assert.deepEqual([answer.status, attempts, rig.waited()], [200, 2, 2_100])
  // Of several, whoever may be asked first.
  const both = [target('b', after(8_000), good), target('c', after(3_000), good)]
  assert.equal((await rig.dispatch(callOf(), both, CALLER)).target.upstream.name, 'c')
  assert.deepEqual([rig.waited(), asked], [2_100 + 3_150, ['a', 'a', 'b', 'c', 'c']])
  const thrown = () =>
    new GatewayError('resource_exhausted', 'busy', {
      retry: { afterMs: 1_000, scope: 'model', isDaily: false },
    })
  assert.equal((await rig.dispatch(callOf(), [target('d', thrown, good)], CALLER)).answer.status, 200)
  assert.equal(rig.waited(), 2_100 + 3_150 + 1_050)
})

test('[NEV-02] U20 U21 what is too long, or the day’s, is told at once', async () => {
  for (const limited of [after(10_001), after(2_000, { isDaily: true }), after(Number.MAX_SAFE_INTEGER)]) {
    const { asked, target } = castOf()
    const rig = rigOf()
    const { answer, attempts } = await rig.dispatch(callOf(), [target('a', limited)], CALLER)
    assert.deepEqual([answer.status, attempts, rig.waited(), asked], [429, 1, 0, ['a']])
  }
})

test('[NEV-02] the deadline bounds the waits, and what is known by then is told', async () => {
  const { asked, target } = castOf()
  const clock = { ms: 5_000 }
  const rig = rigOf({ clock })
  const hurried = callOf({ deadlineAtMs: 6_000 })
  const { answer } = await rig.dispatch(hurried, [target('a', after(2_000))], CALLER)
  assert.deepEqual([answer.status, rig.waited(), asked], [429, 0, ['a']])

  const slow = (after: () => Error | ReturnType<typeof good>) => () => {
    clock.ms += 10_000
    return after()
  }
  const late = new GatewayError('deadline_exceeded', 'late')
  const held = await rig.dispatch(hurried, [target('b', slow(busy)), target('c', good)], CALLER)
  assert.equal(held.answer.status, 429)
  const kept = await rig.dispatch(callOf(), [target('d', busy), target('e', () => late)], CALLER)
  assert.equal(kept.answer.status, 429)
  await assert.rejects(rig.dispatch(callOf(), [target('f', down), target('g', () => late)], CALLER), {
    code: 'upstream_unavailable',
  })
  await assert.rejects(rig.dispatch(callOf(), [target('h', () => late), target('i', good)], CALLER), late)
  assert.deepEqual(asked, ['a', 'b', 'd', 'e', 'f', 'g', 'h'])
})

test('[NEV-02] a wait ends within 50 ms of the client’s leaving, and nothing is sent after it', async () => {
  const { asked, target } = castOf()
  const clock = { ms: 0 }
  const leavesAt = 1_234
  const rig = rigOf({ clock })
  const call = callOf({ clientLeft: () => clock.ms >= leavesAt })
  const { answer, attempts } = await rig.dispatch(call, [target('a', after(9_000), good)], CALLER)
  assert.deepEqual([answer.status, attempts, asked], [429, 1, ['a']])
  assert.ok(clock.ms - leavesAt <= 50, `${clock.ms - leavesAt} ms`)
})

test('[NEV-02] real timers are waited for, too', async () => {
  const { asked, target } = castOf()
  const { createDispatch } = await import('./dispatch.ts')
  const { ALL_WELL } = await import('./dispatch.fixture.ts')
  const settings = { ...SETTINGS, backoffMin: 5, backoffMax: 10 }
  const dispatch = createDispatch({ health: ALL_WELL, settings })
  const startedAt = performance.now()
  await dispatch(callOf(), [target('a', down, down, good)], CALLER)
  assert.ok(performance.now() - startedAt >= 9)
  assert.equal(asked.length, 3)
})

test('[NEV-01] [NEV-02] whatever fails, attempts, waits and books keep to their bounds', async () => {
  const failures = [down, busy, () => says(500), () => says(504), after(3_000), after(70_000), good] as const
  const codes = [
    'upstream_timeout',
    'upstream_unreachable',
    'upstream_refused_credential',
    'untranslatable',
  ] as const
  const all = [...failures, ...codes.map((code) => () => new GatewayError(code, 'no'))]
  const outcomes = fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 4 })
  const targetsOf = fc.array(fc.record({ outcomes, credentials: fc.integer({ min: 1, max: 3 }) }), {
    ...{ minLength: 1, maxLength: 4 },
  })
  const deadline = fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(targetsOf, deadline, async (plan, leftMs) => {
      const { pool } = castOf()
      const clock = { ms: 50_000 }
      const rig = rigOf({ clock })
      const deadlineAtMs = leftMs === undefined ? undefined : clock.ms + leftMs
      const targets = plan.map(({ outcomes, credentials }, at) => pool(`t${at}`, credentials, ...outcomes))
      const call = callOf({ deadlineAtMs })
      const outcome = await rig.dispatch(call, targets, CALLER).catch((error) => {
        assert.ok(error instanceof GatewayError && error.code !== 'internal', `${error}`)
        return { ...failedDispatch(error)!, answer: undefined }
      })
      const { attempts, failedAttempts, answer } = outcome
      assert.ok(attempts <= 3)
      assert.equal(failedAttempts.length, answer === undefined ? attempts : attempts - 1)
      const numbers = failedAttempts.map(({ number }) => number)
      assert.deepEqual(numbers, [...new Set(numbers)].sort())
      assert.ok(numbers.every((number) => number >= 1 && number <= attempts))
      assert.ok(rig.waited() <= Math.min(leftMs ?? Number.POSITIVE_INFINITY, 2 * 11_000))
    }),
    { numRuns: 300 },
  )
})

test('no wait for what was refused for good', async () => {
  const { target } = castOf()
  const rig = rigOf()
  const wrong = () => new GatewayError('invalid_argument', 'wrong')
  await assert.rejects(rig.dispatch(callOf(), [target('a', wrong)], CALLER), fails('invalid_argument'))
  assert.equal(rig.waited(), 0)
})
