import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseInstant } from './instant.ts'

test('every instant of JavaScript comes back as it was written', () => {
  const years = {
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  }
  fc.assert(
    fc.property(fc.date(years), (date) => assert.equal(parseInstant(date.toISOString()), date.getTime())),
  )
})

const good: [string, string][] = [
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['0050-01-01', '0050-01-01T00:00:00.000Z'],
  ['2026-11-21T15:04Z', '2026-11-21T15:04:00.000Z'],
  ['2026-11-21t15:04:05z', '2026-11-21T15:04:05.000Z'],
  ['2026-11-21T15:04:05.5Z', '2026-11-21T15:04:05.500Z'],
  ['2026-03-29T02:30:00+02:00', '2026-03-29T00:30:00.000Z'],
  ['2026-12-31T23:00:00-02:30', '2027-01-01T01:30:00.000Z'],
]
for (const [text, instant] of good) {
  test(`${text} is ${instant}`, () => assert.equal(parseInstant(text), Date.parse(instant)))
}

for (const text of [
  ...['', '2026', '2026-11', '2026-1-1', '20261121', '2026-11-31', '2026-02-29', '2026-00-01', '2026-13-01'],
  ...[
    '2026-01-00',
    '2026-11-21T',
    '2026-11-21T15Z',
    '2026-11-21T15:04',
    '2026-11-21 15:04:05Z',
    '2026-11-21T24:00Z',
  ],
  ...['2026-11-21T15:60Z', '2026-11-21T15:04:60Z', '2026-11-21T15:04:05.1234Z', '2026-11-21T15:04:05+24:00'],
  ...[
    '2026-11-21T15:04:05+02:60',
    '2026-11-21T15:04:05+0200',
    '+275760-09-13',
    '-000001-01-01',
    '1e3',
    'NaN',
  ],
  ...['２０２６-11-21', '2026-11-21\n', ' 2026-11-21', '2026-11-21Z'],
]) {
  test(`${JSON.stringify(text)} is no instant`, () => assert.equal(parseInstant(text), undefined))
}
