import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, chunkOf, HandSource } from '../nouns.fixture.ts'
import { collect } from './collect.ts'

function rig() {
  const source = new HandSource()
  const controller = new AbortController()
  let taken = 0
  const whole = collect(answerOf(source), controller.signal, (bytes) => {
    taken += bytes
  })
  return { source, controller, whole, taken: () => taken }
}

test('pieces and objects become one body, and each byte is counted once', async () => {
  const { source, whole, taken } = rig()
  const last = { response: { modelVersion: 'm' } }
  source.sink?.chunk(chunkOf('{"a":'))
  assert.equal(source.sink?.weigh(last), 20)
  source.sink?.end(last)
  const { status, body } = await whole
  assert.deepEqual([status, body.toString(), taken()], [200, '{"a":{"modelVersion":"m"}', 25])
})

test('an answer that breaks is not taken for a whole one', async () => {
  const { source, whole } = rig()
  source.sink?.chunk(chunkOf('{'))
  source.sink?.fail(new Error('broken'))
  await assert.rejects(whole, /broken/)
})

test('whoever gives up hangs up, before the answer and in the middle of it', async () => {
  const { source, controller, whole } = rig()
  source.sink?.chunk(chunkOf('{'))
  controller.abort(new Error('enough'))
  await assert.rejects(whole, /enough/)
  assert.deepEqual(source.heard, ['start', 'cancel'])
  const late = new HandSource()
  await assert.rejects(
    collect(answerOf(late), controller.signal, () => {}),
    /enough/,
  )
  assert.deepEqual(late.heard, ['cancel'])
})
