/** Whatever happens in whatever order: attempts that overlap, results that come late, and time that passes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AttemptResult, Health } from '../nouns/health.ts'
import { targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Target } from '../nouns.ts'
import { createHealth } from './health.ts'

const SETTINGS = {
  ...{ failures: 3, openFor: 1_000, openForMax: 4_000 },
  ...{ parkedFor: 500, parkedForMax: 4_000, credentialParkedFor: 1_000 },
}
const DAY_MS = 24 * 3_600_000
/** No probe is given up before it. */
const PROBE_MS_MAX = 15 * 60_000
const RUNS = 300

const TARGETS: readonly Target[] = ['one', 'two'].flatMap((name) => {
  const upstream = upstreamOf(name, { credentials: 2 })
  return ['a', 'b'].flatMap((model) =>
    [0, 1].map((credential) => ({ ...targetOf(upstream, model), credential })),
  )
})
const bucketOf = ({ upstream, model, credential }: Target) => `${upstream.name} ${model} ${credential}`
const accountOf = ({ upstream, credential }: Target) => `${upstream.name} ${credential}`

interface UnderWay {
  readonly target: Target
  readonly ended: (result: AttemptResult) => void
}

/** All targets together in `health`; each credential by itself in `alone`, where no other can be in its way. */
class World {
  at = Date.UTC(2026, 2, 1)
  readonly health = this.#open()
  readonly alone = new Map(TARGETS.map((target) => [accountOf(target), this.#open()]))
  readonly underWay: UnderWay[] = []
  /** The probe of each target that is half-open, as far as one is out. */
  readonly probes = new Map<string, { readonly attempt: UnderWay; readonly since: number }>()
  /** Buckets and accounts that anything bad was heard of. */
  readonly touched = new Set<string>()

  #open(): Health {
    return createHealth({ settings: SETTINGS, now: () => this.at, random: () => 0.25 })
  }

  begin(target: Target, isLast: boolean): void {
    const isHalfOpen = this.health.stateOf(target).kind === 'half-open'
    const attempt = this.health.begin(target, isLast)
    const twin = this.alone.get(accountOf(target))?.begin(target, isLast)
    assert.equal(attempt === undefined, twin === undefined, 'another credential was in its way')
    if (isLast) assert.ok(attempt)
    if (attempt === undefined) return
    const ended = (result: AttemptResult) => {
      attempt.ended(result)
      twin?.ended(result)
    }
    const known: UnderWay = { target, ended }
    this.underWay.push(known)
    if (!isHalfOpen) return
    const probe = this.probes.get(bucketOf(target))
    const isOut = probe !== undefined && this.at - probe.since < PROBE_MS_MAX
    if (isOut) assert.ok(isLast, 'two probes at a time')
    else this.probes.set(bucketOf(target), { attempt: known, since: this.at })
  }

  end(index: number, result: AttemptResult): void {
    const [attempt] = this.underWay.splice(index % Math.max(1, this.underWay.length), 1)
    if (attempt === undefined) return
    attempt.ended(result)
    const { target } = attempt
    if (this.probes.get(bucketOf(target))?.attempt === attempt) this.probes.delete(bucketOf(target))
    if (result.kind === 'answered' || result.kind === 'nothing') return
    const isWhole =
      result.kind === 'credential' || (result.kind === 'limited' && result.hint.scope === 'credential')
    this.touched.add(isWhole ? accountOf(target) : bucketOf(target))
  }

  check(): void {
    for (const target of TARGETS) {
      const state = this.health.stateOf(target)
      assert.deepEqual(state, this.alone.get(accountOf(target))?.stateOf(target))
      if (state.kind !== 'half-open') this.probes.delete(bucketOf(target))
      const isTouched = this.touched.has(bucketOf(target)) || this.touched.has(accountOf(target))
      if (!isTouched) assert.deepEqual(state, { kind: 'ok' })
      if ('until' in state) assert.ok(state.until > this.at && state.until <= this.at + DAY_MS)
    }
    for (const { consecutiveFailures, firstByteMs = 0 } of this.health.list()) {
      assert.ok(consecutiveFailures >= 0 && firstByteMs >= 0)
    }
  }

  /** A day later nothing stands in the way of anybody, and one answer makes it good. */
  rest(): void {
    this.at += DAY_MS
    for (const target of TARGETS) {
      const attempt = this.health.begin(target, false)
      assert.ok(attempt, `${bucketOf(target)} is barred for ever`)
      attempt.ended({ kind: 'answered', firstByteMs: 1 })
      assert.deepEqual(this.health.stateOf(target), { kind: 'ok' })
    }
  }
}

const afterMs = fc.oneof(
  fc.constantFrom(undefined, Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 9e15),
  fc.integer({ min: 0, max: 10_000 }),
)
const result: fc.Arbitrary<AttemptResult> = fc.oneof(
  fc.constant<AttemptResult>({ kind: 'failed' }),
  fc.constant<AttemptResult>({ kind: 'failed' }),
  fc.record({ kind: fc.constant('answered' as const), firstByteMs: fc.integer({ min: -1, max: 5_000 }) }),
  fc.record({
    kind: fc.constant('limited' as const),
    hint: fc.record(
      {
        afterMs,
        scope: fc.constantFrom(undefined, 'model' as const, 'credential' as const),
        isDaily: fc.boolean(),
        dayEnds: fc.constant('pacific-midnight' as const),
      },
      { requiredKeys: ['afterMs', 'scope', 'isDaily'] },
    ),
  }),
  fc.constantFrom<AttemptResult>({ kind: 'credential' }, { kind: 'nothing' }),
)
const target = fc.constantFrom(...TARGETS.slice(0, 5))

type Step = (world: World) => void
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(target, fc.boolean()).map(
    ([target, isLast]): Step =>
      (world) =>
        world.begin(target, isLast),
  ),
  fc.tuple(fc.nat(20), result).map(
    ([index, result]): Step =>
      (world) =>
        world.end(index, result),
  ),
  // One failing attempt after the other, as traffic makes them: chance alone would seldom open a breaker.
  fc.tuple(target, fc.integer({ min: 1, max: 5 })).map(
    ([target, times]): Step =>
      (world) => {
        for (let time = 0; time < times; time++) {
          const before = world.underWay.length
          world.begin(target, false)
          if (world.underWay.length > before) world.end(before, { kind: 'failed' })
        }
      },
  ),
  fc.oneof(fc.integer({ min: 1, max: 6_000 }), fc.integer({ min: 1, max: DAY_MS })).map(
    (ms): Step =>
      (world) => {
        world.at += ms
      },
  ),
)

test('[NEV-10] [NEV-11] one probe at a time, no bucket blocks another, and quiet heals everything', () => {
  const kinds = new Set<string>()
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const world = new World()
      for (const take of steps) {
        take(world)
        world.check()
        for (const target of TARGETS) kinds.add(world.health.stateOf(target).kind)
      }
      world.rest()
    }),
    { numRuns: RUNS },
  )
  assert.deepEqual([...kinds].sort(), ['half-open', 'ok', 'open', 'parked'], 'the steps lead nowhere')
})
