import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptResult, HealthEvent } from '../nouns/health.ts'
import type { RetryHint } from '../nouns/retry.ts'
import { targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Target } from '../nouns.ts'
import { bestStateOf } from './best-state.ts'
import { createHealth, REMEMBERED_MAX } from './health.ts'

const SETTINGS = {
  ...{ failures: 5, openFor: 30_000, openForMax: 300_000 },
  ...{ parkedFor: 1_000, parkedForMax: 60_000, credentialParkedFor: 60_000 },
}
/** Noon of a winter's day in California, to the minute. */
const NOON = Date.UTC(2026, 0, 15, 20, 0)
const HOUR_MS = 3_600_000

const ANSWERED: AttemptResult = { kind: 'answered', firstByteMs: 100 }
const FAILED: AttemptResult = { kind: 'failed' }
const REFUSED: AttemptResult = { kind: 'credential' }

function limited(hint: Partial<RetryHint> = {}): AttemptResult {
  return { kind: 'limited', hint: { afterMs: undefined, scope: undefined, isDaily: false, ...hint } }
}

const upstream = upstreamOf('up', { credentials: 3 })
const TARGET = targetOf(upstream, 'a')
const SIBLING = targetOf(upstream, 'b')
const OTHER_KEY: Target = { ...TARGET, credential: 1 }
const ELSEWHERE = targetOf(upstreamOf('other'), 'a')

/** `random` of a half is no jitter at all. */
function rig(at = NOON, random = () => 0.5) {
  const clock = { at }
  const events: HealthEvent[] = []
  const health = createHealth({
    ...{ settings: SETTINGS, now: () => clock.at, random, onEvent: (event) => events.push(event) },
  })
  const tryOnce = (result: AttemptResult, target = TARGET, isLast = false) => {
    const attempt = health.begin(target, isLast)
    attempt?.ended(result)
    return attempt !== undefined
  }
  const fail = (times: number, target = TARGET) => {
    for (let time = 0; time < times; time++) tryOnce(FAILED, target)
  }
  const parkedMs = (target = TARGET) => {
    const state = health.stateOf(target)
    return state.kind === 'parked' ? state.until - clock.at : 0
  }
  return {
    health,
    clock,
    events,
    tryOnce,
    fail,
    parkedMs,
    kind: (target = TARGET) => health.stateOf(target).kind,
  }
}

test('[NEV-10] five failures in a row open the breaker, for that upstream, model and key alone', () => {
  const { kind, fail, tryOnce, health, clock, events } = rig()
  fail(4)
  assert.equal(kind(), 'ok')
  tryOnce(ANSWERED)
  fail(4)
  assert.equal(kind(), 'ok')
  fail(1)
  assert.deepEqual(health.stateOf(TARGET), { kind: 'open', until: clock.at + 30_000 })
  assert.equal(health.begin(TARGET, false), undefined)
  for (const other of [SIBLING, OTHER_KEY, ELSEWHERE]) assert.ok(tryOnce(ANSWERED, other))
  const { kind: told, ...rest } = events[0] as HealthEvent
  assert.equal(told, 'opened')
  assert.deepEqual(rest, { upstream: 'up', model: 'a', credential: 0, until: clock.at + 30_000 })
})

test('[NEV-10] after its time one probe at a time decides, and waits grow up to a bound', () => {
  const { health, clock, fail, kind } = rig()
  fail(5)
  for (const openMs of [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300].map(
    (seconds) => seconds * 1_000,
  )) {
    assert.deepEqual(health.stateOf(TARGET), { kind: 'open', until: clock.at + openMs })
    clock.at += openMs - 1
    assert.equal(health.begin(TARGET, false), undefined)
    clock.at += 1
    assert.equal(kind(), 'half-open')
    const probe = health.begin(TARGET, false)
    assert.equal(health.begin(TARGET, false), undefined)
    probe?.ended(FAILED)
  }
})

test('[NEV-10] the probe that is answered closes it for all, and the count begins anew', () => {
  const { health, clock, fail, kind, events, tryOnce } = rig()
  fail(5)
  clock.at += 30_000
  assert.ok(tryOnce(ANSWERED))
  assert.equal(kind(), 'ok')
  assert.ok(health.begin(TARGET, false))
  assert.ok(health.begin(TARGET, false))
  fail(4)
  assert.equal(kind(), 'ok')
  fail(1)
  assert.deepEqual(health.stateOf(TARGET), { kind: 'open', until: clock.at + 30_000 })
  assert.deepEqual(
    events.map((event) => event.kind),
    ['opened', 'closed', 'opened'],
  )
})

test('[NEV-10] a probe that learns nothing lets the next one try, and one that is never heard of bars the way for 15 minutes', () => {
  const { health, clock, fail, tryOnce } = rig()
  fail(5)
  clock.at += 30_000
  for (const result of [{ kind: 'nothing' }, limited({ afterMs: 0 })] as const) assert.ok(tryOnce(result))
  const lost = health.begin(TARGET, false)
  clock.at += 15 * 60_000 - 1
  assert.equal(health.begin(TARGET, false), undefined)
  clock.at += 1
  const next = health.begin(TARGET, false)
  assert.ok(next)
  lost?.ended(FAILED)
  assert.equal(health.stateOf(TARGET).kind, 'half-open')
  next.ended(ANSWERED)
  assert.equal(health.stateOf(TARGET).kind, 'ok')
})

test('[NEV-10] a hundred failures that were under way together open it once', () => {
  const { health, clock } = rig()
  const wave = Array.from({ length: 100 }, () => health.begin(TARGET, false))
  for (const attempt of wave.slice(0, 99)) attempt?.ended(FAILED)
  assert.deepEqual(health.stateOf(TARGET), { kind: 'open', until: clock.at + 30_000 })
  wave[99]?.ended(ANSWERED)
  assert.equal(health.stateOf(TARGET).kind, 'open', 'an answer from before it opened is old news')
})

test('[NEV-10] the last target can always be asked: its answer closes the breaker, its failure is no news', () => {
  const { health, clock, fail, kind } = rig()
  fail(5)
  for (let time = 0; time < 10; time++) health.begin(TARGET, true)?.ended(FAILED)
  assert.deepEqual(health.stateOf(TARGET), { kind: 'open', until: clock.at + 30_000 })
  clock.at += 30_000
  const probe = health.begin(TARGET, false)
  health.begin(TARGET, true)?.ended(FAILED)
  assert.equal(kind(), 'half-open')
  health.begin(TARGET, true)?.ended(ANSWERED)
  assert.equal(kind(), 'ok')
  probe?.ended(FAILED)
  assert.equal(kind(), 'ok')
})

test('[NEV-10] open times differ by a tenth at most', () => {
  for (const [random, expected] of [
    [0, 27_000],
    [0.5, 30_000],
    [0.999_999, 33_000],
  ] as const) {
    const { health, clock, fail } = rig(NOON, () => random)
    fail(5)
    const state = health.stateOf(TARGET)
    assert.equal(state.kind === 'open' && Math.round(state.until - clock.at), expected)
  }
})

test('[NEV-11] a limit parks what it names: the model with that key, or all models of the key', () => {
  const model = rig()
  model.tryOnce(limited({ afterMs: 5_000, scope: 'model' }))
  assert.deepEqual(
    [TARGET, SIBLING, OTHER_KEY, ELSEWHERE].map((target) => model.parkedMs(target)),
    [5_000, 0, 0, 0],
  )
  const credential = rig()
  credential.tryOnce(limited({ afterMs: 5_000, scope: 'credential' }))
  assert.deepEqual(
    [TARGET, SIBLING, OTHER_KEY, ELSEWHERE].map((target) => credential.parkedMs(target)),
    [5_000, 5_000, 0, 0],
  )
  const unknown = rig()
  unknown.tryOnce(limited({ afterMs: 5_000 }))
  assert.deepEqual(
    [TARGET, SIBLING, OTHER_KEY, ELSEWHERE].map((target) => unknown.parkedMs(target)),
    [5_000, 0, 0, 0],
  )
  assert.deepEqual(
    [model, credential, unknown].map(({ events }) => events.map((event) => [event.kind, event.model])),
    [[['parked', 'a']], [['parked', undefined]], [['parked', 'a']]],
  )
})

test('[NEV-11] a limit never counts as a failure, nor ends a row of them', () => {
  const { fail, tryOnce, kind, clock } = rig()
  for (let time = 0; time < 50; time++) {
    tryOnce(limited({ afterMs: 10 }))
    clock.at += 10
  }
  assert.equal(kind(), 'ok')
  fail(4)
  tryOnce(limited({ afterMs: 10 }))
  clock.at += 10
  fail(1)
  assert.equal(kind(), 'open')
})

test('[NEV-11] a limit that does not say for how long parks for longer each time, until it is answered', () => {
  const { tryOnce, parkedMs, clock } = rig()
  const told = [
    undefined,
    Number.NaN,
    -5,
    Number.POSITIVE_INFINITY,
    undefined,
    undefined,
    undefined,
    undefined,
  ]
  const parked = told.map((afterMs) => {
    tryOnce(limited({ afterMs }))
    const ms = parkedMs()
    clock.at += ms
    return ms / 1_000
  })
  assert.deepEqual(parked, [1, 2, 4, 8, 16, 32, 60, 60])
  tryOnce(ANSWERED)
  tryOnce(limited())
  assert.equal(parkedMs(), 1_000)
})

test('[NEV-11] limits that were under way together are one', () => {
  const { health, parkedMs, events } = rig()
  const wave = Array.from({ length: 100 }, () => health.begin(TARGET, false))
  for (const attempt of wave) attempt?.ended(limited())
  assert.equal(parkedMs(), 1_000)
  assert.equal(events.length, 1)
})

test('[NEV-11] an answer of the last hope frees what was parked', () => {
  const { health, parkedMs, kind, tryOnce } = rig()
  const before = health.begin(TARGET, false)
  tryOnce(limited({ afterMs: 60_000 }))
  assert.equal(health.begin(TARGET, false), undefined)
  before?.ended(ANSWERED)
  assert.equal(parkedMs(), 60_000, 'an answer to what began before says nothing')
  assert.ok(tryOnce(ANSWERED, TARGET, true))
  assert.equal(kind(), 'ok')
})

test('[NEV-11] a day’s share is gone until midnight in California, and nothing is parked for more than a day', () => {
  const daily = limited({ isDaily: true, dayEnds: 'pacific-midnight', afterMs: 20_000 })
  for (const [at, hours] of [
    [NOON, 12],
    [Date.UTC(2026, 0, 15, 8, 0), 24],
    [Date.UTC(2026, 0, 15, 7, 30), 0.5],
    [Date.UTC(2026, 6, 15, 20, 0), 11],
    // The clocks go forward at two in the night of 2026-03-08, and back on 2026-11-01.
    [Date.UTC(2026, 2, 8, 9, 0), 22],
    [Date.UTC(2026, 10, 1, 8, 0), 24],
    [Date.UTC(2026, 10, 1, 10, 0), 22],
  ] as const) {
    const { tryOnce, parkedMs } = rig(at)
    tryOnce(daily)
    assert.equal(parkedMs() / HOUR_MS, hours, new Date(at).toISOString())
  }
  const { tryOnce, parkedMs } = rig()
  tryOnce(limited({ afterMs: 9_999_999_999_000 }))
  assert.equal(parkedMs() / HOUR_MS, 24)
})

test('[NEV-11] a day’s share whose end nobody knows is asked for again after a while, not at midnight in California', () => {
  for (const [afterMs, minutes] of [
    [undefined, 15],
    [3_000, 15],
    [3_600_000, 60],
  ] as const) {
    const { tryOnce, parkedMs } = rig(Date.UTC(2026, 0, 15, 8, 0))
    tryOnce(limited({ isDaily: true, afterMs }))
    assert.equal(parkedMs() / 60_000, minutes)
  }
})

test('[NEV-11] a credential that is refused is left alone for longer each time, and somebody is told', () => {
  const { tryOnce, parkedMs, clock, events, health, kind } = rig()
  const parked = Array.from({ length: 17 }, () => {
    tryOnce(REFUSED)
    const ms = parkedMs()
    assert.deepEqual([parkedMs(SIBLING), parkedMs(OTHER_KEY), parkedMs(ELSEWHERE)], [ms, 0, 0])
    clock.at += ms
    return ms / 60_000
  })
  assert.deepEqual(parked, [...Array.from({ length: 15 }, (_, index) => index + 1), 15, 15])
  assert.equal(events.filter((event) => event.kind === 'refused').length, 17)
  tryOnce(REFUSED)
  assert.equal((health.stateOf(TARGET) as { reason?: string }).reason, 'credential')
  health.forget('up')
  assert.equal(kind(), 'ok')
})

test('[NEV-12] the time to the first byte is an average of the last ones, whoever’s the credential', () => {
  const { health, tryOnce } = rig()
  assert.equal(health.firstByteMs(TARGET), undefined)
  tryOnce({ kind: 'answered', firstByteMs: 100 })
  tryOnce({ kind: 'answered', firstByteMs: 200 }, OTHER_KEY)
  tryOnce({ kind: 'answered', firstByteMs: Number.NaN })
  assert.equal(health.firstByteMs(TARGET), 120)
  assert.equal(health.firstByteMs(SIBLING), undefined)
})

test('[NEV-12] what is known is listed, by names and numbers of credentials', () => {
  const { health, tryOnce, fail, clock } = rig()
  tryOnce(ANSWERED, { ...TARGET, credential: 7 })
  fail(5, ELSEWHERE)
  tryOnce({ kind: 'nothing' }, SIBLING)
  assert.deepEqual(health.list(), [
    {
      ...{ upstream: 'up', model: 'a', credential: 1, state: { kind: 'ok' } },
      ...{ consecutiveFailures: 0, firstByteMs: 100 },
    },
    {
      ...{ upstream: 'other', model: 'a', credential: 0 },
      ...{
        state: { kind: 'open', until: clock.at + 30_000 },
        consecutiveFailures: 5,
        firstByteMs: undefined,
      },
    },
  ])
})

test('[NEV-12] names that clients make up push out neither what is open nor what is limited', () => {
  const { health, fail, tryOnce, kind } = rig()
  fail(5)
  tryOnce(limited({ afterMs: 60_000 }), SIBLING)
  tryOnce(limited({ afterMs: 60_000, scope: 'credential' }), ELSEWHERE)
  for (let index = 0; index < REMEMBERED_MAX + 100; index++)
    tryOnce(ANSWERED, targetOf(upstream, `made-up-${index}`))
  assert.equal(health.list().length, REMEMBERED_MAX)
  assert.deepEqual([kind(), kind(SIBLING), kind(ELSEWHERE)], ['open', 'parked', 'parked'])
})

test('[NEV-11] a target fares as its best credential does, a pinned one as its own', () => {
  const { health, tryOnce } = rig()
  tryOnce(limited({ afterMs: 5_000 }))
  assert.equal(bestStateOf(health, TARGET).kind, 'ok')
  assert.equal(bestStateOf(health, { ...TARGET, pinned: true }).kind, 'parked')
  for (const [credential, afterMs] of [
    [1, 2_000],
    [2, 9_000],
  ] as const) {
    tryOnce(limited({ afterMs }), { ...TARGET, credential })
  }
  assert.deepEqual(bestStateOf(health, TARGET), { kind: 'parked', until: NOON + 2_000, reason: 'limited' })
})
