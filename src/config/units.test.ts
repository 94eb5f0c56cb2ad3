import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, formatSize, guessUnit, parseDuration, parseSize } from './units.ts'

test('durations and sizes mean what they say', () => {
  assert.equal(parseDuration('250ms'), 250)
  assert.equal(parseDuration('30s'), 30_000)
  assert.equal(parseDuration('1.5s'), 1500)
  assert.equal(parseDuration('1.001s'), 1001)
  assert.equal(parseDuration('5m'), 300_000)
  assert.equal(parseDuration('2h'), 7_200_000)
  assert.equal(parseSize('512B'), 512)
  assert.equal(parseSize('20MiB'), 20_971_520)
  assert.equal(parseSize('0.5KiB'), 512)
})

test('what is not one is refused', () => {
  for (const text of [
    '',
    '30',
    '30 s',
    '-1s',
    '1d',
    '1e3s',
    '1m30s',
    '.5s',
    '0.5ms',
    '30S',
    's',
    '１s',
    '1s\n',
  ])
    assert.equal(parseDuration(text), undefined, JSON.stringify(text))
  for (const text of ['20MB', '20', '20mib', '0.3B', `${'9'.repeat(13)}B`, '999999999999GiB', '-1B'])
    assert.equal(parseSize(text), undefined, text)
})

test('writing and reading again gives the same value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (value) => {
      assert.equal(parseDuration(formatDuration(value)), value)
      assert.equal(parseSize(formatSize(value)), value)
    }),
  )
  assert.equal(formatDuration(0), '0s')
  assert.equal(formatDuration(90_000), '90s')
  assert.equal(formatSize(16_384), '16KiB')
  assert.equal(formatSize(0), '0B')
})

test('a missing or decimal unit is guessed', () => {
  assert.equal(guessUnit('duration', 30), '30s')
  assert.equal(guessUnit('duration', '5 min'), '5m')
  assert.equal(guessUnit('size', '20MB'), '20MiB')
  assert.equal(guessUnit('size', 'a lot'), undefined)
})
