/** The law of every window: under clocks that step, and in any order of whatever may happen. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Claim, CounterKind } from '../../src/nouns/counters.ts'
import { createOracle, type OracleClock } from './counters-oracle.ts'
import {
  type CountersSubject,
  claimOf,
  freshId,
  grants,
  HOUR_MS,
  KINDS,
  MINUTE_MS,
  type Register,
} from './counters-subject.ts'

export function registerClocks(register: Register): void {
  for (const stepMs of [-MINUTE_MS / 2, -HOUR_MS, -25 * HOUR_MS]) {
    register(
      `[LIM-08] S21 a clock set back by ${-stepMs} ms locks nobody out and grants nothing twice`,
      async (subject) => {
        const scope = `key:${freshId()}`
        const claims = [claimOf({ scope, max: 5 }), claimOf({ scope, kind: 'requestsPerDay', max: 8 })]
        assert.equal(await grants(subject, claims, 9), 5)
        await subject.advance(stepMs)
        assert.equal(await grants(subject, claims, 9), 0)
        for (let second = 0; second < 62; second++) {
          // Also to ask while it is refused moves nothing.
          if (second < 59) assert.equal(await grants(subject, claims, 1), 0)
          await subject.advance(1_000)
        }
        assert.equal(await grants(subject, claims, 9), 3)
        await subject.advance(26 * HOUR_MS)
        assert.equal(await grants(subject, claims, 9), 5)
      },
    )
  }

  register(
    '[LIM-08] S21 a clock set forth and back grants one window more at most, and locks nobody out',
    async (subject) => {
      const claims = [claimOf({ scope: `key:${freshId()}`, max: 5 })]
      assert.equal(await grants(subject, claims, 9), 5)
      await subject.advance(HOUR_MS)
      assert.equal(await grants(subject, claims, 9), 5)
      await subject.advance(-HOUR_MS)
      assert.equal(await grants(subject, claims, 9), 0)
      await subject.advance(MINUTE_MS + 1_000)
      assert.equal(await grants(subject, claims, 9), 5)
    },
  )
}

type Step =
  | { readonly do: 'advance'; readonly ms: number }
  | {
      readonly do: 'take'
      readonly kinds: readonly CounterKind[]
      readonly project: boolean
      readonly amount: number
    }
  | { readonly do: 'giveBack'; readonly which: number; readonly tokens: number | undefined }

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.oneof(fc.nat(1_500), fc.nat(70_000), fc.nat(30 * HOUR_MS)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      kinds: fc.subarray([...KINDS], { minLength: 1 }),
      project: fc.boolean(),
      amount: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('giveBack' as const),
      which: fc.nat(20),
      tokens: fc.option(fc.nat(60), { nil: undefined }),
    }),
  },
)

const MAXES: Readonly<Record<CounterKind, number>> = {
  requestsPerMinute: 5,
  tokensPerMinute: 40,
  requestsPerDay: 12,
  tokensPerDay: 150,
  concurrentRequests: 4,
}

export function registerLaw(register: Register): void {
  register(
    '[LIM-01] any order of times, amounts and returns gives what a plain log of them gives',
    async (subject) => {
      const clock = { now: 0 }
      const steps = fc.array(STEP, { minLength: 5, maxLength: 60 })
      await fc.assert(
        fc.asyncProperty(steps, (all) => play(subject, clock, all)),
        { numRuns: 150 },
      )
    },
  )
}

/** Plays the steps on the counters and on the oracle; then looks at every window of the log. */
async function play(subject: CountersSubject, clock: OracleClock, steps: readonly Step[]): Promise<void> {
  const id = freshId()
  const oracle = createOracle(clock, subject.holderMaxMs)
  const open: { readonly ticket: unknown; readonly entries: ReturnType<typeof oracle.take> }[] = []
  for (const step of steps) {
    if (step.do === 'advance') {
      await subject.advance(step.ms)
      clock.now += step.ms
    } else if (step.do === 'giveBack') {
      const [given] = open.splice(step.which % Math.max(1, open.length), 1)
      if (given?.entries === undefined) continue
      subject.counters.giveBack(given.ticket, step.tokens)
      oracle.giveBack(given.entries, step.tokens)
      await subject.settled()
    } else {
      const claims = claimsOf(step, id)
      const taken = await subject.counters.take(claims, freshId())
      const entries = oracle.take(claims)
      assert.equal(taken.granted, entries !== undefined)
      if (taken.granted) {
        assert.deepEqual(
          taken.states.map(({ remaining }) => remaining),
          oracle.remaining(claims),
        )
        open.push({ ticket: taken.ticket, entries })
      }
    }
  }
  oracle.assertEveryWindow()
}

function claimsOf({ kinds, project, amount }: Extract<Step, { do: 'take' }>, id: string): Claim[] {
  const scopes = project ? [`key:${id}`, `project:${id}`] : [`key:${id}`]
  return scopes.flatMap((scope) =>
    kinds.map((kind) => ({ scope, kind, max: MAXES[kind], amount: kind.startsWith('tokens') ? amount : 1 })),
  )
}
