import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodyPipe } from './body-pipe.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a piece is written once it was taken and the next one is wanted', async () => {
  const pipe = createBodyPipe()
  const pieces = pipe.pieces[Symbol.asyncIterator]()
  let isTaken = false
  const writing = pipe.write(Buffer.from('a'))?.then(() => {
    isTaken = true
  })
  assert.equal((await pieces.next()).value.toString(), 'a')
  await turn()
  assert.equal(isTaken, false)
  const next = pieces.next()
  await writing
  pipe.end()
  assert.equal((await next).done, true)
})

test('what broke off breaks off the other side', async () => {
  const pipe = createBodyPipe()
  const reading = Array.fromAsync(pipe.pieces)
  pipe.end(new Error('the client left'))
  await assert.rejects(reading, /the client left/)
})

test('when nobody takes any more the rest is read up to a bound, and the writer never waits', async () => {
  const pipe = createBodyPipe()
  const waiting = pipe.write(Buffer.from('a'))
  pipe.drop()
  await waiting
  const mebibyte = Buffer.alloc(1024 * 1024)
  for (let count = 0; count < 16; count++) assert.equal(pipe.write(mebibyte), undefined)
  assert.throws(() => pipe.write(mebibyte), /took no more/)
})

test('a reader that leaves frees the writer', async () => {
  const pipe = createBodyPipe()
  const pieces = pipe.pieces[Symbol.asyncIterator]()
  const writing = pipe.write(Buffer.from('a'))
  await pieces.next()
  await pieces.return?.()
  await writing
  assert.equal(pipe.write(Buffer.from('b')), undefined)
})
