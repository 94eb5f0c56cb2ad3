import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { CALLER, callOf, fails, type HandSource, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { FailedAttempt, Target } from '../nouns.ts'
import { busy, castOf, good, rigOf, says } from './dispatch.fixture.ts'
import { failedDispatch } from './dispatch.ts'

const unreachable = () => new GatewayError('upstream_unavailable', 'nobody there')
const refused = () => new GatewayError('upstream_unreachable', 'nobody listens')
const late = () => new GatewayError('upstream_timeout', 'silent')
const noKey = () => new GatewayError('upstream_refused_credential', 'who are you')
const unable = () => new GatewayError('untranslatable', 'not here')

/** One attempt for each credential, so that what is looked at is the failover alone. */
const once = { settings: { budgetMin: 0, budgetPercent: 0 } }

test('[FAILOVER-01] the first that answers is the one', async () => {
  const { asked, target } = castOf()
  const targets = [target('a', unreachable), target('b', good), target('c', good)]
  const { target: chosen, attempts } = await rigOf().dispatch(callOf(), targets, CALLER)
  assert.deepEqual([chosen.upstream.name, attempts, asked], ['b', 2, ['a', 'b']])
})

test('[FAILOVER-02] what is the request’s own fault is answered by the first', async () => {
  const { asked, target, pool } = castOf()
  for (const status of [400, 403, 404, 413, 501]) {
    const answer = () => says(status, { retryable: false })
    const received = await rigOf().dispatch(callOf(), [pool('a', 3, answer), target('b', good)], CALLER)
    assert.deepEqual([received.answer.status, asked.splice(0)], [status, ['a']])
  }
  const fault = new GatewayError('invalid_argument', 'wrong')
  await assert.rejects(
    rigOf().dispatch(callOf(), [target('c', () => fault), target('d', good)], CALLER),
    fault,
  )
  assert.deepEqual(asked, ['c'])
})

test('[NEV-01] [FAILOVER-05] three attempts over targets, credentials and retries, others first', async () => {
  for (const [credentials, wanted] of [
    [
      [1, 1, 1, 1],
      ['t0', 't1', 't2'],
    ],
    [[1], ['t0', 't0', 't0']],
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
      ['t0', 't1', 't0'],
    ],
  ] as const) {
    for (const failure of [unreachable, refused, busy, () => says(503)]) {
      const { asked, pool } = castOf()
      const targets = credentials.map((count, at) => pool(`t${at}`, count, failure))
      const outcome = await rigOf()
        .dispatch(callOf(), targets, CALLER)
        .catch((error) => failedDispatch(error))
      assert.deepEqual(asked, wanted)
      assert.deepEqual([outcome?.attempts, outcome?.target.upstream.name], [3, wanted.at(-1)])
    }
  }
})

test('[NEV-01] attemptsMax 1 is one attempt', async () => {
  const { asked, target } = castOf()
  const rig = rigOf({ settings: { attemptsMax: 1 } })
  await assert.rejects(rig.dispatch(callOf(), [target('a', unreachable), target('b', good)], CALLER))
  assert.deepEqual(asked, ['a'])
})

test('[FAILOVER-03] an error answer stands when nobody has a better one, and its connection is let go when somebody has', async () => {
  const { target } = castOf()
  const first = busy()
  const stands = await rigOf(once).dispatch(
    callOf(),
    [target('a', () => first), target('b', unreachable)],
    CALLER,
  )
  assert.deepEqual([stands.answer, stands.target.upstream.name, stands.attempts], [first, 'a', 2])
  assert.deepEqual((first.source as HandSource).heard, [])

  const better = await rigOf(once).dispatch(callOf(), [target('a', () => first), target('b', good)], CALLER)
  assert.deepEqual([better.answer.status, better.target.upstream.name], [200, 'b'])
  assert.deepEqual((first.source as HandSource).heard, ['cancel'])

  const last = busy()
  const both = await rigOf(once).dispatch(callOf(), [target('a', busy), target('b', () => last)], CALLER)
  assert.deepEqual([both.answer, both.attempts], [last, 2])
})

test('who tells the client to come again tells more than who could never do it', async () => {
  const { target } = castOf()
  const unknown = () => says(404, { retryable: false })
  for (const [answers, wanted] of [
    [[unable, unreachable], 'upstream_unavailable'],
    [[unreachable, unable], 'upstream_unavailable'],
    [[unable, unable], 'untranslatable'],
    [[() => says(503), noKey], 503],
    [[noKey, () => says(503), late], 503],
    [[unknown, late], 'upstream_timeout'],
    [[unknown, unable], 404],
    [[() => says(503), unknown], 503],
  ] as const) {
    const targets = answers.map((answer, at) => ({ ...target(`t${at}`, answer), model: 'behind-the-alias' }))
    const outcome = await rigOf(once)
      .dispatch(callOf(), targets, CALLER)
      .catch((error: GatewayError) => error)
    assert.equal(outcome instanceof GatewayError ? outcome.code : outcome.answer.status, wanted)
  }
})

test('U18 a 404 for a name of ours is another target’s to answer; one for the client’s own name is its answer', async () => {
  const { asked, target } = castOf()
  const unknown = () => says(404, { retryable: false })
  const alias = [{ ...target('a', unknown), model: 'real' }, target('b', good)]
  assert.equal((await rigOf().dispatch(callOf(), alias, CALLER)).answer.status, 200)
  const own = [target('a', unknown), target('b', good)]
  assert.equal((await rigOf().dispatch(callOf(), own, CALLER)).answer.status, 404)
  assert.deepEqual(asked, ['a', 'b', 'a'])
})

test('[NEV-01] U05 U17 what the same target would do again is not asked of it again', async () => {
  const elsewhere = () => new GatewayError('upstream_unreachable', 'no certificate', { again: 'elsewhere' })
  const daily = { afterMs: undefined, scope: undefined, isDaily: true } as const
  for (const failure of [late, noKey, elsewhere, () => says(504), () => says(429, { hint: daily })]) {
    const { asked, target } = castOf()
    const rig = rigOf()
    await rig.dispatch(callOf(), [target('a', failure)], CALLER).catch(() => undefined)
    assert.deepEqual([asked, rig.waited()], [['a'], 0])
    await rig.dispatch(callOf(), [target('b', failure), target('c', good)], CALLER)
    assert.deepEqual([asked, rig.waited()], [['a', 'b', 'c'], 0])
  }
})

test('[NEV-01] what cannot be said to a target is no attempt', async () => {
  const { asked, target } = castOf()
  const targets = [...'abcd'].map((name) => target(name, unable))
  const rig = rigOf(once)
  const { attempts, failedAttempts } = await rig.dispatch(callOf(), [...targets, target('e', good)], CALLER)
  assert.deepEqual([attempts, failedAttempts, asked, rig.waited()], [1, [], [...'abcde'], 0])
  const error = await rig.dispatch(callOf(), targets, CALLER).catch((thrown) => thrown)
  assert.ok(fails('untranslatable')(error))
  assert.deepEqual([failedDispatch(error)?.attempts, failedDispatch(error)?.target.upstream.name], [0, 'd'])
})

test('what is meant to fail fails, once', async () => {
  const { asked, target } = castOf()
  const one = target('a', () => says(503))
  const targets = [{ ...one, upstream: { ...one.upstream, isSimulated: true } }]
  const rig = rigOf()
  for (let turn = 1; turn < 9; turn++) {
    assert.equal((await rig.dispatch(callOf(), targets, CALLER)).answer.status, 503)
    assert.deepEqual([asked.length, rig.waited()], [turn, 0])
  }
})

test('[FAILOVER-05] nobody else is asked once the client left', async () => {
  for (const answer of [unreachable, busy]) {
    const { asked, target } = castOf()
    let isGone = false
    const leaving = () => {
      isGone = true
      return answer()
    }
    const outcome = await rigOf()
      .dispatch(callOf({ clientLeft: () => isGone }), [target('a', leaving), target('b', good)], CALLER)
      .catch((error) => error)
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
    throw noKey()
  }
  const targets = [targetOf(upstreamOf('up', { credentials: 3, send }))]
  const ids = Array.from({ length: 6 }, (_, at) => `request ${at}`)
  const { dispatch } = rigOf(once)
  await Promise.allSettled(ids.map((id) => dispatch(callOf({ id }), targets, CALLER)))
  for (const id of ids) assert.deepEqual(taken.get(id)?.toSorted(), [0, 1, 2], id)
  const first = ids.slice(0, 3).map((id) => taken.get(id)?.[0])
  assert.deepEqual(first.toSorted(), [0, 1, 2], 'requests begin with credentials in turn')
})

test('a bug in an upstream is no reason to try another', async () => {
  const { asked, target } = castOf()
  const targets = [target('a', () => new TypeError('x is undefined')), target('b', good)]
  await assert.rejects(
    rigOf().dispatch(callOf(), targets, CALLER),
    fails('internal', /^Internal error encountered\.$/),
  )
  assert.deepEqual([asked, failedDispatch(new Error('another'))], [['a'], undefined])
})

test('[RELAY-02] a pinned target is asked with its own credential only', async () => {
  const asked: number[] = []
  const upstream = upstreamOf('a', {
    credentials: 3,
    send: async (_, { credential }) => {
      asked.push(credential)
      return busy()
    },
  })
  const targets = [{ ...targetOf(upstream), credential: 2, pinned: true }]
  for (let turn = 0; turn < 3; turn++) await rigOf().dispatch(callOf(), targets, CALLER)
  assert.deepEqual(asked, Array(9).fill(2))
})

test('[FAILOVER-06] each attempt that came to nothing is told, and whether the upstream may charge for it', async () => {
  const { target } = castOf()
  const told = ({ failedAttempts }: { failedAttempts: readonly FailedAttempt[] }) =>
    failedAttempts.map((one) => [one.number, one.target.upstream.name, one.status, one.reason, one.isExposed])
  const targets = [target('a', refused), target('b', busy), target('c', good)]
  assert.deepEqual(told(await rigOf().dispatch(callOf(), targets, CALLER)), [
    [1, 'a', undefined, 'upstream_unreachable', false],
    [2, 'b', 429, 'status', false],
  ])
  const lost = [target('a', unreachable), target('b', refused), target('c', noKey)]
  const error = await rigOf()
    .dispatch(callOf(), lost, CALLER)
    .catch((thrown) => thrown)
  assert.deepEqual(told(failedDispatch(error)!), [
    [1, 'a', undefined, 'upstream_unavailable', true],
    [2, 'b', undefined, 'upstream_unreachable', false],
    [3, 'c', undefined, 'upstream_refused_credential', false],
  ])
  const stands = await rigOf(once).dispatch(callOf(), [target('a', busy), target('b', refused)], CALLER)
  assert.deepEqual(told(stands), [[2, 'b', undefined, 'upstream_unreachable', false]])
  const empty = () => says(200, { retryable: true })
  const again = await rigOf().dispatch(callOf(), [target('a', empty, good)], CALLER)
  assert.deepEqual([again.attempts, told(again)], [2, [[1, 'a', 200, 'status', true]]])
})
