import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots } from './slots.ts'

const never = new AbortController().signal

test('no more at one time than there are places, and whoever waits longest is next', async () => {
  const slots = createSlots(2)
  assert.deepEqual(await Promise.all([slots.take(never), slots.take(never)]), [true, true])
  const order: string[] = []
  const third = slots.take(never).then(() => order.push('third'))
  const fourth = slots.take(never).then(() => order.push('fourth'))
  slots.free()
  await third
  assert.deepEqual(order, ['third'])
  slots.free()
  await fourth
  slots.free()
  slots.free()
  assert.equal(await slots.take(never), true)
})

test('one that leaves the queue takes no place with it', async () => {
  const slots = createSlots(1)
  await slots.take(never)
  const controller = new AbortController()
  const leaving = slots.take(controller.signal)
  const staying = slots.take(never)
  controller.abort()
  assert.equal(await leaving, false)
  slots.free()
  assert.equal(await staying, true)
  assert.equal(await slots.take(controller.signal), false)
})

test('nobody is let in after it is closed', async () => {
  const slots = createSlots(1)
  await slots.take(never)
  const waiting = slots.take(never)
  slots.close()
  assert.equal(await waiting, false)
  slots.free()
  assert.equal(await slots.take(never), false)
})
