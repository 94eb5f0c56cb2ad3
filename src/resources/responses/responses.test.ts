import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import type { KeptResponse } from '../../nouns/kept-responses.ts'
import { recordedResponse, requestOf } from '../../nouns.fixture.ts'
import type { Caller } from '../../nouns.ts'
import type { ResourceOptions } from '../resources.ts'
import { ALICE, BOB, rig as openRig, type Rig } from '../testing.fixture.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const keptOf = (id: string, text = 'hi'): KeptResponse => ({
  id,
  response: { id, object: 'response' },
  input: [{ id: 'a', text }, { id: 'b' }, { id: 'c' }],
  output: [{ id: 'd' }],
})

async function rig(t: TestContext, options: Partial<ResourceOptions> = {}) {
  const rigged = await openRig(t, options)
  return { ...rigged, responses: rigged.room.responses, later: rigged.later, blobs: rigged.blobs }
}

/** As the door opens it. */
async function ask({ room }: Rig, method: string, path: string, caller: Caller = ALICE) {
  const request = requestOf(`/v1/${path}`, { method })
  const segments = request.path.slice(1)
  const response = recordedResponse()
  const opening = {
    ...({ verb: 'resource', model: '', apiVersion: 'v1', delivery: 'unary', credential: undefined } as const),
    resource: { method, isUpload: false, segments, action: '' },
  }
  try {
    await room.answer(request, response, opening, caller)
    return { status: response.status, json: JSON.parse(response.text) }
  } catch (thrown) {
    const { http, message } = GatewayError.from(thrown)
    return { status: http, json: message }
  }
}

test('[RSP-10] what was kept is found, small or large, also after a restart', async (t) => {
  const rigged = await openRig(t)
  const [small, large] = [keptOf('resp_small'), keptOf('resp_large', 'x'.repeat(100_000))]
  for (const kept of [small, large]) assert.equal(await rigged.room.responses.keep('alice', kept), true)
  assert.equal(rigged.blobs().length, 1)
  await rigged.restart()
  for (const kept of [small, large])
    assert.deepEqual(await rigged.room.responses.find('alice', kept.id), kept)
})

test('[RSP-10] what cannot be kept is said, and the operator hears why', async (t) => {
  const failures: unknown[] = []
  const { responses } = await rig(t, { onFailure: (error) => failures.push(error) })
  assert.equal(await responses.keep('alice', keptOf('resp_1', 'x'.repeat(600_000))), false)
  assert.equal(failures.length, 0)
  assert.equal(await responses.keep('alice', keptOf('resp_2')), true)
  assert.equal(await responses.keep('alice', keptOf('resp_2')), false)
  assert.equal((failures[0] as GatewayError).code, 'already_exists')
})

test("[RSP-11] another key's answer is not there", async (t) => {
  const rigged = await openRig(t)
  await rigged.room.responses.keep('alice', keptOf('resp_1'))
  assert.equal(await rigged.room.responses.find('bob', 'resp_1'), undefined)
  const missing = { status: 404, json: "Response with id 'resp_1' not found." }
  for (const [method, path] of [
    ['GET', 'responses/resp_1'],
    ['GET', 'responses/resp_1/input_items'],
    ['DELETE', 'responses/resp_1'],
  ] as const)
    assert.deepEqual(await ask(rigged, method, path, BOB), missing)
  assert.equal((await ask(rigged, 'GET', 'responses/resp_1')).status, 200)
})

test('[RSP-12] an answer, its input page by page, and its end', async (t) => {
  const rigged = await openRig(t)
  await rigged.room.responses.keep('alice', keptOf('resp_1'))
  assert.deepEqual((await ask(rigged, 'GET', 'responses/resp_1')).json, { id: 'resp_1', object: 'response' })
  const items = 'responses/resp_1/input_items'
  const { json: first } = await ask(rigged, 'GET', `${items}?limit=2`)
  assert.deepEqual(first, {
    ...{ object: 'list', data: [{ id: 'c' }, { id: 'b' }] },
    ...{ first_id: 'c', last_id: 'b', has_more: true },
  })
  const { json: second } = await ask(rigged, 'GET', `${items}?limit=2&after=b`)
  assert.deepEqual([second.data, second.has_more], [[{ id: 'a', text: 'hi' }], false])
  const { json: ascending } = await ask(rigged, 'GET', `${items}?order=asc`)
  assert.equal(ascending.first_id, 'a')
  for (const query of ['limit=0', 'limit=x', 'order=up', 'after=z'])
    assert.equal((await ask(rigged, 'GET', `${items}?${query}`)).status, 400)
  assert.deepEqual((await ask(rigged, 'DELETE', 'responses/resp_1')).json, {
    ...{ id: 'resp_1', object: 'response', deleted: true },
  })
  assert.equal((await ask(rigged, 'GET', 'responses/resp_1')).status, 404)
  assert.equal((await ask(rigged, 'DELETE', 'responses/resp_1')).status, 404)
  assert.equal((await ask(rigged, 'POST', 'responses/resp_1')).status, 405)
})

test('[RSP-13] an answer is gone after 30 days, with its bytes', async (t) => {
  const { responses, later, room, blobs } = await rig(t)
  await responses.keep('alice', keptOf('resp_1', 'x'.repeat(100_000)))
  later(30 * DAY_MS - 1)
  assert.notEqual(await responses.find('alice', 'resp_1'), undefined)
  later(1)
  assert.equal(await responses.find('alice', 'resp_1'), undefined)
  await room.sweep()
  assert.deepEqual(blobs(), [])
})

test('[RSP-13] the oldest make room, and files keep theirs', async (t) => {
  const { responses, later } = await rig(t)
  // A quarter of the 2 MB that the key may fill.
  for (const id of ['resp_1', 'resp_2', 'resp_3', 'resp_4']) {
    await responses.keep('alice', keptOf(id, 'x'.repeat(150_000)))
    later(1)
  }
  const found = await Promise.all(
    ['resp_1', 'resp_2', 'resp_3', 'resp_4'].map((id) => responses.find('alice', id)),
  )
  assert.deepEqual(
    found.map((kept) => kept !== undefined),
    [false, true, true, true],
  )
})
