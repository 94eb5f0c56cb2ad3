import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createThrottle, networkOf } from './throttle.ts'

test('fifty at once, then ten a second', () => {
  let time = 0
  const throttle = createThrottle(() => time)
  const passed = (tries: number): number =>
    Array.from({ length: tries }, () => throttle('a')).filter((w) => w === 0).length
  assert.equal(passed(100), 50)
  time = 500
  assert.equal(passed(100), 5)
  time = 3_600_000
  assert.equal(passed(100), 50, 'never more than the burst')
  time = 0
  assert.equal(passed(1), 0, 'a clock that goes back gives nothing')
})

test('addresses do not share, the networks of IPv6 do', () => {
  const throttle = createThrottle(() => 0)
  for (let count = 0; count < 51; count++) throttle(`2001:db8::${count.toString(16)}`)
  assert.equal(throttle('2001:db8::ffff'), 1)
  assert.equal(throttle('2001:db8:0:1::1'), 0)
  for (let count = 0; count < 51; count++) throttle('::ffff:203.0.113.7')
  assert.equal(throttle('203.0.113.7'), 1)
  assert.equal(throttle('203.0.113.8'), 0)
})

test('the networks of addresses', () => {
  const networks: [string, string][] = [
    ['203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['2001:0db8:0000:0042::1', '2001:db8:0:42'],
    ['2001:db8:0:42:1:2:3:4', '2001:db8:0:42'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['2001:db8::', '2001:db8:0:0'],
    ['', ''],
  ]
  for (const [address, network] of networks) assert.equal(networkOf(address), network, address)
})

test('ten thousand addresses are remembered; the quietest is forgotten first', () => {
  const throttle = createThrottle(() => 0)
  const spend = (address: string): void => {
    while (throttle(address) === 0);
  }
  spend('first')
  spend('second')
  for (let count = 0; count < 9_998; count++) throttle(`other ${count}`)
  assert.equal(throttle('first'), 1, 'still known, and now the latest')
  throttle('one more')
  assert.equal(throttle('first'), 1)
  assert.equal(throttle('second'), 0, 'was forgotten')
})
