import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFlights, type Flight, NO_SEAT } from './flights.ts'

function flight(isStream: boolean, heard: string[], name: string): Flight {
  return { isStream, seat: NO_SEAT, interrupt: (error) => void heard.push(`${name}: ${error.message}`) }
}

test('[STOP-01] unary answers are interrupted alone, or all of them', () => {
  const heard: string[] = []
  const flights = createFlights()
  flights.add(flight(true, heard, 'stream'))
  flights.add(flight(false, heard, 'unary'))
  flights.interrupt('unary', new Error('soon'))
  assert.deepEqual(heard, ['unary: soon'])
  flights.interrupt('all', new Error('now'))
  assert.deepEqual(heard.slice(1), ['stream: now', 'unary: now'])
})

test('[STOP-01] landed resolves with the last one, at once when there is none, and for everybody who waits', async () => {
  const flights = createFlights()
  await flights.landed()
  const one = flight(true, [], 'one')
  const two = flight(true, [], 'two')
  flights.add(one)
  flights.add(two)
  let landed = 0
  const waiting = [flights.landed(), flights.landed()].map((wait) => wait.then(() => landed++))
  flights.delete(one)
  flights.delete(one)
  await new Promise(setImmediate)
  assert.deepEqual([landed, flights.size], [0, 1])
  flights.delete(two)
  await Promise.all(waiting)
  assert.deepEqual([landed, flights.size], [2, 0])
})

test('a flight that ends itself when it is interrupted does not disturb the round', () => {
  const flights = createFlights()
  const heard: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const self: Flight = {
      isStream: false,
      seat: NO_SEAT,
      interrupt: () => {
        heard.push(name)
        flights.delete(self)
      },
    }
    flights.add(self)
  }
  flights.interrupt('all', new Error('now'))
  assert.deepEqual(heard, ['a', 'b', 'c'])
  assert.equal(flights.size, 0)
})

test('whoever comes and goes in any order, exactly those who are there are interrupted', () => {
  const flights = createFlights()
  const heard: string[] = []
  const all = Array.from({ length: 50 }, (_, at) => flight(true, heard, String(at)))
  for (const one of all) flights.add(one)
  for (const one of all) flights.add(one)
  const gone = all.filter((_, at) => at % 3 === 0 || at > 45)
  for (const one of gone.toReversed()) flights.delete(one)
  for (const one of gone) flights.delete(one)
  assert.equal(flights.size, all.length - gone.length)
  flights.interrupt('all', new Error('now'))
  const wanted = all.flatMap((one, at) => (gone.includes(one) ? [] : [`${at}: now`]))
  assert.deepEqual(heard.sort(), wanted.sort())
})
