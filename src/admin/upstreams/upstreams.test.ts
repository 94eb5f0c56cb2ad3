import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { TargetHealth } from '../../nouns/health.ts'
import type { AdminUpstream } from '../parts.ts'
import { assertProblem, openOffice } from '../testing.fixture.ts'
import { tryCredentials } from './try-credentials.ts'

const NOON = Date.UTC(2026, 0, 15, 12)
const FARES = { upstream: 'up', model: 'm', credential: 0, consecutiveFailures: 0, firstByteMs: undefined }
const HEALTH: readonly TargetHealth[] = [
  { ...FARES, consecutiveFailures: 5, state: { kind: 'open', until: NOON + 0.4 } },
  { ...FARES, upstream: 'other', firstByteMs: 12.6, state: { kind: 'ok' } },
  { ...FARES, credential: 1, state: { kind: 'parked', until: NOON, reason: 'limited' } },
]

function upstreamOf(rest: Partial<AdminUpstream> = {}): AdminUpstream {
  return {
    name: 'up',
    kind: 'test',
    host: 'up.example:8443',
    credentials: 1,
    listModels: async () => [],
    ...rest,
  }
}

function office(...upstreams: AdminUpstream[]) {
  const textOf = ({ hint, message }: GatewayError) => hint ?? message
  return openOffice(undefined, { upstreams: { list: () => upstreams, health: () => HEALTH, textOf } })
}

const refusedKey = () =>
  new GatewayError('upstream_refused_credential', 'No.', { hint: 'up: models.list answered 401' })

/** Answers each listing with the next of these, round and round. */
function inTurn(...answers: (readonly object[] | Error)[]): AdminUpstream['listModels'] {
  let turn = 0
  return async () => {
    const answer = answers[turn++ % answers.length] as readonly object[] | Error
    if (answer instanceof Error) throw answer
    return answer
  }
}

test('[NEV-12] GET upstreams shows each with how it fares, and nothing of another', async () => {
  const { ask } = await office(upstreamOf({ credentials: 2 }), upstreamOf({ name: 'other', host: undefined }))
  const { status, json } = await ask('GET', '/admin/v1/upstreams')
  assert.equal(status, 200)
  const until = '2026-01-15T12:00:00.000Z'
  const [up, other] = json.upstreams
  assert.deepEqual(up, {
    ...{ name: 'up', kind: 'test', host: 'up.example:8443', credentials: 2 },
    health: [
      {
        ...{ model: 'm', credential: 0, state: 'open', reason: null, until },
        ...{ consecutiveFailures: 5, firstByteMs: null },
      },
      {
        ...{ model: 'm', credential: 1, state: 'parked', reason: 'limited', until },
        ...{ consecutiveFailures: 0, firstByteMs: null },
      },
    ],
  })
  assert.deepEqual([other.host, other.health.length, other.health[0].firstByteMs], [null, 1, 13])
})

test('[NEV-12] a test asks with each credential and says which are good', async () => {
  const listModels = inTurn([{}, {}], refusedKey(), [{}, {}], refusedKey())
  const { ask } = await office(upstreamOf({ credentials: 4, listModels }))
  const { status, json } = await ask('POST', '/admin/v1/upstreams/up:test')
  assert.equal(status, 200)
  const { durationMs, ...rest } = json
  assert.ok(Number.isInteger(durationMs))
  assert.deepEqual(rest, {
    ...{ upstream: 'up', ok: false, reachable: true, models: 2 },
    credentials: { tried: 4, good: 2, refused: 2 },
    failures: [{ code: 'upstream_refused_credential', detail: 'up: models.list answered 401' }],
  })
})

test('[NEV-12] an upstream that cannot be reached is a finding, not an error of ours', async () => {
  const cases = [
    [new GatewayError('upstream_unreachable', 'x'), false],
    [new GatewayError('upstream_timeout', 'x'), false],
    [new GatewayError('upstream_unavailable', 'x'), true],
    [refusedKey(), true],
  ] as const
  for (const [error, reachable] of cases) {
    const { ask } = await office(upstreamOf({ listModels: inTurn(error) }))
    const { status, json } = await ask('POST', '/admin/v1/upstreams/up:test')
    assert.deepEqual(
      [status, json.ok, json.reachable, json.models],
      [200, false, reachable, null],
      error.code,
    )
  }
  const { ask } = await office(upstreamOf())
  assert.equal((await ask('POST', '/admin/v1/upstreams/up:test')).json.ok, true)
  assertProblem(await ask('POST', '/admin/v1/upstreams/none:test'), 404, /no such upstream/)
})

test('[NEV-12] a test ends although the upstream never answers, and tries twenty credentials at most', async () => {
  const silent = upstreamOf({ listModels: () => new Promise(() => {}) })
  const [tried] = await tryCredentials(silent, 20)
  assert.equal(tried?.error?.code, 'upstream_timeout')
  assert.equal((await tryCredentials(upstreamOf({ credentials: 1_000 }))).length, 20)
  assert.equal((await tryCredentials(upstreamOf({ credentials: 0 }))).length, 1)
})
