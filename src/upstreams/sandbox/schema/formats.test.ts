import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { Format } from 'typebox/format'
import { createRandom } from '../digest.ts'
import type { Subject } from './content.ts'
import { textsOfFormat } from './format-texts.ts'
import { hasFormat } from './formats.ts'
import { lengthOf } from './json-value.ts'
import { factsOf } from './prompt-facts.ts'

const FORMATS = [
  ...['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri'],
  ...['uri-reference', 'json-pointer'],
]

function subject(seed: number): Subject {
  const hints = { prompt: '', topic: 'rocks', keywords: ['granite', 'basalt'] }
  const random = createRandom(seed)
  const names = { phrase: 'field', owner: '', siblings: '', description: '' }
  return { ...names, hints, facts: factsOf(''), random, index: seed % 3, record: seed % 1_000 }
}

it('texts made for a format have it, as two validators see it', () => {
  for (const format of FORMATS) {
    for (let seed = 0; seed < 500; seed++) {
      const text = textsOfFormat(format, subject(seed), 0).find((candidate) => hasFormat(format, candidate))
      assert.ok(text !== undefined && Format.Test(format, text), `${format}: ${text}`)
    }
  }
})

it('long ones are made where a format has no end', () => {
  for (const format of ['email', 'uri', 'uri-reference', 'duration', 'json-pointer', 'hostname']) {
    const texts = textsOfFormat(format, subject(1), 100)
    assert.ok(
      texts.some((text) => lengthOf(text) >= 100 && hasFormat(format, text)),
      format,
    )
  }
})

it('what has a format here has it for the other validator too', () => {
  const seeds = fc.constantFrom(
    ...[
      '2026-02-29',
      '2024-02-29',
      '12:30:00Z',
      '23:59:60Z',
      '2026-01-02T03:04:05+01:00',
      'P1DT2H',
      'P',
      'PT',
    ],
    ...[
      'a@b.c',
      '.a@b.c',
      'a..b@c.d',
      'a.b',
      '-a.b',
      '1.2.3.4',
      '01.2.3.4',
      '::1',
      '1::2::3',
      'a:b',
      'http://[::1]/',
    ],
    ...['123e4567-e89b-12d3-a456-426614174000', '/a/~0', '/~2', '%zz', 'a#b#c'],
  )
  const texts = fc
    .tuple(seeds, fc.nat(40), fc.string({ maxLength: 2 }))
    .map(([seed, at, extra]) => (extra.length === 1 ? seed.slice(0, at) + extra + seed.slice(at) : seed))
  fc.assert(
    fc.property(fc.constantFrom(...FORMATS), texts, (format, text) => {
      if (hasFormat(format, text)) assert.ok(Format.Test(format, text), `${format}: ${text}`)
    }),
    { numRuns: 20_000 },
  )
})
