import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatUsd, parseUsd } from './usd.ts'

test('nano-USD as text, without an exponent', () => {
  const texts: [number | bigint, string][] = [
    [0, '0'],
    [1, '0.000000001'],
    [137_500, '0.0001375'],
    [5_000_000_000, '5'],
    [-1_500_000_000, '-1.5'],
    [9_007_199_254_740_991, '9007199.254740991'],
    [12_345_678_901_234_567_890n, '12345678901.23456789'],
  ]
  for (const [nano, text] of texts) assert.equal(formatUsd(nano), text)
})

test('what is no plain decimal of dollars is not read', () => {
  const bad = [
    '',
    ' 1',
    '-1',
    '+1',
    '1.',
    '.5',
    '1e3',
    '1,000',
    'NaN',
    'Infinity',
    '0x10',
    '0.1234567891',
    '1_0',
    '١',
  ]
  for (const text of bad) assert.equal(parseUsd(text), undefined, text)
  assert.equal(parseUsd('0.1'), 100_000_000n)
  assert.equal(parseUsd('00.10'), 100_000_000n)
})

test('reading undoes writing', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 9_999_999_999_999_999_999n), (nano) => {
      assert.equal(parseUsd(formatUsd(nano)), nano)
    }),
  )
})
