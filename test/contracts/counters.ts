/** What all Counters promise, whatever holds the counts. Run over each implementation, on the real thing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim } from '../../src/nouns/counters.ts'
import { registerClocks, registerLaw } from './counters-law.ts'
import { WINDOW_MS } from './counters-oracle.ts'
import {
  type Body,
  claimOf,
  freshId,
  granted,
  grants,
  HOUR_MS,
  KINDS,
  MINUTE_MS,
  type OpenCounters,
  type Register,
} from './counters-subject.ts'

const HOSTILE = [
  "key:'; DROP TABLE x",
  'key:a b\r\nFLUSHALL\r\n',
  'key:😀\u0000',
  'key:{x}:*',
  `key:${'x'.repeat(5_000)}`,
  'key:__proto__',
]

export function countersContract(name: string, open: OpenCounters): void {
  const register = (title: string, body: Body) =>
    test(`${name}: ${title}`, async () => {
      const subject = await open()
      try {
        await body(subject)
      } finally {
        await subject.dispose()
      }
    })
  registerWindows(register)
  registerAllOrNone(register)
  registerTokens(register)
  registerHolders(register)
  registerClocks(register)
  registerLaw(register)
}

function registerWindows(register: Register): void {
  register('[LIM-01] the whole limit is there at once, and not one more', async (subject) => {
    const scope = `key:${freshId()}`
    assert.equal(await grants(subject, [claimOf({ scope, max: 100 })], 1_000), 100)
  })

  for (const [kind, slotMs] of [
    ['requestsPerMinute', 1_000],
    ['requestsPerDay', HOUR_MS],
  ] as const) {
    register(`[LIM-01] ${kind}: no doubling at a border of slots, minutes or days`, async (subject) => {
      const claims = [claimOf({ scope: `key:${freshId()}`, kind, max: 7 })]
      const lengthMs = WINDOW_MS[kind]
      assert.equal(await grants(subject, claims, 20), 7)
      await subject.advance(lengthMs - 1)
      assert.equal(await grants(subject, claims, 20), 0)
      // The slot in which they were taken counts to its end.
      await subject.advance(slotMs + 1)
      assert.equal(await grants(subject, claims, 20), 7)
    })

    register(
      `[LIM-01] ${kind}: after the wait that a refusal names, and not before, it fits`,
      async (subject) => {
        const scope = `key:${freshId()}`
        const claims = [claimOf({ scope, kind, max: 3 })]
        for (const step of [0, 3.5, 5]) {
          await subject.advance(step * slotMs)
          assert.equal(await grants(subject, claims, 1), 1)
        }
        const two = [claimOf({ scope, kind, max: 3, amount: 2 })]
        const refused = await subject.counters.take(two, freshId())
        assert.ok(!refused.granted)
        await subject.advance(refused.retryAfterMs - 1)
        assert.equal(await grants(subject, two, 1), 0)
        await subject.advance(1)
        assert.equal(await grants(subject, two, 1), 1)
      },
    )
  }

  register('[LIM-06] each state says what is left, and when all of it is free', async (subject) => {
    const claims = [claimOf({ scope: `key:${freshId()}`, max: 3 })]
    const taken = granted(await subject.counters.take(claims, freshId()))
    const [state] = taken.states
    assert.equal(state?.claim, claims[0])
    assert.equal(state?.remaining, 2)
    assert.ok(state.resetMs > MINUTE_MS && state.resetMs <= MINUTE_MS + 1_000, String(state.resetMs))
    await grants(subject, claims, 2)
    const refused = await subject.counters.take(claims, freshId())
    assert.ok(!refused.granted)
    assert.deepEqual([refused.refused.claim, refused.refused.remaining], [claims[0], 0])
  })

  register('[LIM-01] a limit that is lowered or raised counts what was taken before', async (subject) => {
    const scope = `key:${freshId()}`
    assert.equal(await grants(subject, [claimOf({ scope, max: 10 })], 6), 6)
    assert.equal(await grants(subject, [claimOf({ scope, max: 5 })], 3), 0)
    assert.equal(await grants(subject, [claimOf({ scope, max: 8 })], 9), 2)
  })

  register('[LIM-01] scopes and kinds do not touch each other, whatever they are called', async (subject) => {
    const tail = freshId()
    for (const scope of [...HOSTILE, 'key:a', 'project:a']) {
      for (const kind of KINDS) {
        assert.equal(
          await grants(subject, [claimOf({ scope: scope + tail, kind, max: 2 })], 4),
          2,
          `${kind} ${scope}`,
        )
      }
    }
  })
}

function registerAllOrNone(register: Register): void {
  for (const kind of KINDS) {
    register(`[LIM-02] what ${kind} refuses, the others have not counted`, async (subject) => {
      const id = freshId()
      const free = KINDS.map((each) => claimOf({ scope: `key:${id}`, kind: each, max: 4 }))
      const full = claimOf({ scope: `project:${id}`, kind, max: 1 })
      assert.equal(await grants(subject, [full], 1), 1)
      assert.equal(await grants(subject, [...free, full], 10), 0)
      assert.equal(await grants(subject, [full, ...free], 10), 0)
      assert.equal(await grants(subject, free, 10), 4)
    })
  }

  register('[LIM-02] of several refusals the one with the longest wait is named', async (subject) => {
    const scope = `key:${freshId()}`
    const claims = KINDS.map((kind) => claimOf({ scope, kind, max: 1 }))
    assert.equal(await grants(subject, claims, 1), 1)
    const refused = await subject.counters.take(claims, freshId())
    assert.ok(!refused.granted)
    assert.equal(refused.refused.claim.kind, 'requestsPerDay')
    assert.ok(refused.retryAfterMs > 23 * HOUR_MS)
  })
}

function registerTokens(register: Register): void {
  const tokens = (scope: string, amount: number): Claim[] => [
    claimOf({ scope, kind: 'tokensPerMinute', max: 1_000, amount }),
    claimOf({ scope, kind: 'tokensPerDay', max: 5_000, amount }),
  ]

  register('[LIM-03] an estimate is corrected to what was used', async (subject) => {
    const scope = `key:${freshId()}`
    const { ticket } = granted(await subject.counters.take(tokens(scope, 900), freshId()))
    assert.equal(await grants(subject, tokens(scope, 101), 1), 0)
    subject.counters.giveBack(ticket, 100)
    await subject.settled()
    const taken = granted(await subject.counters.take(tokens(scope, 900), freshId()))
    assert.deepEqual(
      taken.states.map(({ remaining }) => remaining),
      [0, 4_000],
    )
  })

  register(
    '[LIM-03] what was used beyond the limit is a debt that later requests wait for',
    async (subject) => {
      const scope = `key:${freshId()}`
      const { ticket } = granted(await subject.counters.take(tokens(scope, 10), freshId()))
      await subject.advance(2_000)
      granted(await subject.counters.take(tokens(scope, 10), freshId()))
      subject.counters.giveBack(ticket, 3_000)
      await subject.settled()
      const refused = await subject.counters.take(tokens(scope, 1), freshId())
      assert.ok(!refused.granted)
      assert.equal(refused.refused.remaining, 0)
      await subject.advance(refused.retryAfterMs)
      assert.equal(await grants(subject, tokens(scope, 1), 1), 1)
    },
  )

  register('[LIM-03] a request that never began gives everything back', async (subject) => {
    const scope = `key:${freshId()}`
    const claims = KINDS.map((kind) => claimOf({ scope, kind, max: 1 }))
    for (let round = 0; round < 3; round++) {
      const { ticket } = granted(await subject.counters.take(claims, freshId()))
      subject.counters.giveBack(ticket, undefined)
      await subject.settled()
    }
  })

  register('[LIM-03] a correction of a slot that has left changes nothing', async (subject) => {
    const scope = `key:${freshId()}`
    const claims = [claimOf({ scope, kind: 'tokensPerMinute', max: 1_000, amount: 600 })]
    for (const pauses of [[2 * MINUTE_MS], [MINUTE_MS / 2, MINUTE_MS / 2 + 2_000]]) {
      const { ticket } = granted(await subject.counters.take(claims, freshId()))
      for (const ms of pauses) {
        await subject.advance(ms)
        // Not for the tokens, but to let the window move on.
        await subject.counters.take(
          [claimOf({ scope, kind: 'tokensPerMinute', max: 1_000, amount: 1 })],
          freshId(),
        )
      }
      granted(await subject.counters.take(claims, freshId()))
      subject.counters.giveBack(ticket, 0)
      await subject.settled()
      assert.equal(await grants(subject, claims, 1), 0)
      await subject.advance(2 * MINUTE_MS)
    }
  })

  register(
    '[LIM-03] a use that is no number leaves the estimate, an absurd one does no lasting harm',
    async (subject) => {
      for (const used of [Number.NaN, Number.POSITIVE_INFINITY, -5, 1.5, Number.MAX_SAFE_INTEGER, 1e300]) {
        const scope = `key:${freshId()}`
        const claims = [claimOf({ scope, kind: 'tokensPerMinute', max: 1_000, amount: 600 })]
        for (let round = 0; round < 3; round++) {
          const { ticket } = granted(await subject.counters.take(claims, freshId()))
          subject.counters.giveBack(ticket, used)
          await subject.settled()
          await subject.advance(MINUTE_MS + 1_000)
        }
      }
      assert.equal(subject.counters.isDegraded, false)
    },
  )
}

function registerHolders(register: Register): void {
  register('[LIM-04] so many at once and no more, and each end makes room for one', async (subject) => {
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 3 })]
    const tickets: unknown[] = []
    for (let index = 0; index < 3; index++) {
      const taken = granted(await subject.counters.take(claims, freshId()))
      assert.equal(taken.states[0]?.remaining, 2 - index)
      tickets.push(taken.ticket)
    }
    // They count for as long as they last.
    await subject.advance(10 * MINUTE_MS)
    assert.equal(await grants(subject, claims, 5), 0)
    for (const ticket of tickets) {
      subject.counters.giveBack(ticket, 7)
      await subject.settled()
      assert.equal(await grants(subject, claims, 3), 1)
    }
  })

  register('[LIM-04] giving back twice, or what is no ticket, makes no room', async (subject) => {
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 2 })]
    const { ticket } = granted(await subject.counters.take(claims, freshId()))
    granted(await subject.counters.take(claims, freshId()))
    for (const odd of [ticket, ticket, undefined, {}, 'x']) subject.counters.giveBack(odd, 1)
    await subject.settled()
    assert.equal(await grants(subject, claims, 3), 1)
  })

  register('[LIM-04] 500 requests that begin and end in any order leave nobody behind', async (subject) => {
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 500 })]
    const all = await Promise.all(Array.from({ length: 500 }, () => subject.counters.take(claims, freshId())))
    for (const taken of all.reverse()) subject.counters.giveBack(granted(taken).ticket, 0)
    await subject.settled()
    assert.equal(await grants(subject, claims, 501), 500)
  })
}
