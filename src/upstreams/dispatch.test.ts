import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { answerOf, CALLER, callOf, fails, HandSource, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Answer, FailedAttempt, Target } from '../nouns.ts'
import { dispatch, failedDispatch } from './dispatch.ts'

const unreachable = () => new GatewayError('upstream_unavailable', 'nobody there')
const good = (): Answer => answerOf(new HandSource())
const busy = (): Answer => answerOf(new HandSource(), {}, { status: 429, retryable: true })
const wrong = (): Answer => answerOf(new HandSource(), {}, { status: 400 })

/** A target that answers so, and writes its name down when it is asked. */
function target(
  name: string,
  asked: string[],
  credentials: number,
  ...answers: (() => Answer | Error)[]
): Target {
  let turn = 0
  const send = async () => {
    asked.push(name)
    const answer = (answers[turn++] ?? answers.at(-1))?.() as Answer | Error
    if (answer instanceof Error) throw answer
    return answer
  }
  return targetOf(upstreamOf(name, { credentials, send }))
}

test('[FAILOVER-01] the first that answers is the one', async () => {
  const asked: string[] = []
  const targets = [
    target('a', asked, 1, unreachable),
    target('b', asked, 1, good),
    target('c', asked, 1, good),
  ]
  const { target: chosen, attempts } = await dispatch(callOf(), targets, CALLER)
  assert.deepEqual([chosen.upstream.name, attempts, asked], ['b', 2, ['a', 'b']])
})

test('[FAILOVER-02] what is the request’s own fault is answered by the first', async () => {
  const asked: string[] = []
  const { answer } = await dispatch(
    callOf(),
    [target('a', asked, 3, wrong), target('b', asked, 1, good)],
    CALLER,
  )
  assert.deepEqual([answer.status, asked], [400, ['a']])
  const fault = new GatewayError('deadline_exceeded', 'late')
  await assert.rejects(
    dispatch(callOf(), [target('c', asked, 1, () => fault), target('d', asked, 1, good)], CALLER),
    fault,
  )
  assert.deepEqual(asked, ['a', 'c'])
})

test('[FAILOVER-05] three attempts over targets and credentials, other targets first', async () => {
  for (const [credentials, wanted] of [
    [
      [1, 1, 1, 1],
      ['t0', 't1', 't2'],
    ],
    [[5], ['t0', 't0', 't0']],
    [
      [3, 1],
      ['t0', 't1', 't0'],
    ],
    [
      [1, 4],
      ['t0', 't1', 't1'],
    ],
    [
      [1, 1],
      ['t0', 't1'],
    ],
  ] as const) {
    const asked: string[] = []
    const targets = credentials.map((count, at) => target(`t${at}`, asked, count, unreachable))
    const error = await dispatch(callOf(), targets, CALLER).catch((thrown) => thrown)
    assert.ok(fails('upstream_unavailable')(error))
    assert.deepEqual(asked, wanted)
    const failed = failedDispatch(error)
    assert.deepEqual([failed?.attempts, failed?.target.upstream.name], [wanted.length, wanted.at(-1)])
  }
})

test('[FAILOVER-03] an error answer stands when nobody has a better one, and its connection is let go when somebody has', async () => {
  const asked: string[] = []
  const first = busy()
  const stands = await dispatch(
    callOf(),
    [target('a', asked, 1, () => first), target('b', asked, 1, unreachable)],
    CALLER,
  )
  assert.deepEqual([stands.answer, stands.target.upstream.name, stands.attempts], [first, 'a', 2])
  assert.deepEqual((first.source as HandSource).heard, [])

  const better = await dispatch(
    callOf(),
    [target('a', asked, 1, () => first), target('b', asked, 1, good)],
    CALLER,
  )
  assert.deepEqual([better.answer.status, better.target.upstream.name], [200, 'b'])
  assert.deepEqual((first.source as HandSource).heard, ['cancel'])

  const last = busy()
  const both = await dispatch(
    callOf(),
    [target('a', asked, 1, busy), target('b', asked, 1, () => last)],
    CALLER,
  )
  assert.deepEqual([both.answer, both.attempts], [last, 2])
})

test('[FAILOVER-05] nobody else is asked once the client left', async () => {
  for (const answer of [unreachable, busy]) {
    const asked: string[] = []
    let isGone = false
    const call = callOf({ clientLeft: () => isGone })
    const leaving = () => {
      isGone = true
      return answer()
    }
    const outcome = await dispatch(
      call,
      [target('a', asked, 1, leaving), target('b', asked, 1, good)],
      CALLER,
    ).catch((error) => error)
    assert.deepEqual(asked, ['a'])
    assert.ok(
      outcome instanceof GatewayError
        ? outcome.code === 'upstream_unavailable'
        : outcome.answer.status === 429,
    )
  }
})

test('[FAILOVER-04] U45 one request takes each credential once, though others run beside it', async () => {
  const taken = new Map<string, number[]>()
  const send = async ({ id }: { id: string }, { credential }: Target) => {
    taken.set(id, [...(taken.get(id) ?? []), credential % 3])
    await new Promise(setImmediate)
    throw unreachable()
  }
  const targets = [targetOf(upstreamOf('up', { credentials: 3, send }))]
  const ids = Array.from({ length: 6 }, (_, at) => `request ${at}`)
  await Promise.allSettled(ids.map((id) => dispatch(callOf({ id }), targets, CALLER)))
  for (const id of ids) assert.deepEqual(taken.get(id)?.toSorted(), [0, 1, 2], id)
  const first = ids.slice(0, 3).map((id) => taken.get(id)?.[0])
  assert.deepEqual(first.toSorted(), [0, 1, 2], 'requests begin with credentials in turn')
})

test('a bug in an upstream is no reason to try another', async () => {
  const asked: string[] = []
  const targets = [target('a', asked, 1, () => new TypeError('x is undefined')), target('b', asked, 1, good)]
  await assert.rejects(
    dispatch(callOf(), targets, CALLER),
    fails('internal', /^Internal error encountered\.$/),
  )
  assert.deepEqual([asked, failedDispatch(new Error('another'))], [['a'], undefined])
})

test('[RELAY-02] a pinned target is asked once, with its own credential', async () => {
  const asked: number[] = []
  const upstream = upstreamOf('a', {
    credentials: 3,
    send: async (_, { credential }) => {
      asked.push(credential)
      return busy()
    },
  })
  for (let turn = 0; turn < 3; turn++) {
    const { attempts } = await dispatch(
      callOf(),
      [{ ...targetOf(upstream), credential: 2, pinned: true }],
      CALLER,
    )
    assert.equal(attempts, 1)
  }
  assert.deepEqual(asked, [2, 2, 2])
})

test('[FAILOVER-06] each attempt that came to nothing is told, and whether the upstream may charge for it', async () => {
  const asked: string[] = []
  const refused = () => new GatewayError('upstream_unreachable', 'nobody listens')
  const targets = [target('a', asked, 1, refused), target('b', asked, 1, busy), target('c', asked, 1, good)]
  const told = ({ failedAttempts }: { failedAttempts: readonly FailedAttempt[] }) =>
    failedAttempts.map((one) => [one.number, one.target.upstream.name, one.status, one.reason, one.isExposed])
  const { failedAttempts } = await dispatch(callOf(), targets, CALLER)
  assert.deepEqual(told({ failedAttempts }), [
    [1, 'a', undefined, 'upstream_unreachable', false],
    [2, 'b', 429, 'status', false],
  ])
  const lost = [target('a', asked, 1, unreachable), target('b', asked, 1, refused)]
  const error = await dispatch(callOf(), lost, CALLER).catch((thrown) => thrown)
  assert.deepEqual(told(failedDispatch(error)!), [
    [1, 'a', undefined, 'upstream_unavailable', true],
    [2, 'b', undefined, 'upstream_unreachable', false],
  ])
  const stands = await dispatch(
    callOf(),
    [target('a', asked, 1, busy), target('b', asked, 1, refused)],
    CALLER,
  )
  assert.deepEqual(told(stands), [[2, 'b', undefined, 'upstream_unreachable', false]])
})
