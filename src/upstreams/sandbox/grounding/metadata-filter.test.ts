import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { readMetadataFilter } from './metadata-filter.ts'

const book = [
  { key: 'author', stringValue: 'Robert Graves' },
  { key: 'year', numericValue: 1934 },
  { key: 'genre', stringListValue: { values: ['history', 'novel'] } },
  { key: 'note', stringValue: 'AND "more"' },
]
const holds = (filter: string) => readMetadataFilter(filter, 'f')(book)

test('[GROUND-07] comparisons, AND, OR, NOT and parentheses select documents by their metadata', () => {
  for (const [filter, expected] of [
    ['', true],
    ['author = "Robert Graves"', true],
    ["author='Robert Graves'", true],
    ['author = Robert', false],
    ['author != "x"', true],
    ['year = 1934', true],
    ['year > 1930 AND year < 1940', true],
    ['year >= 1935', false],
    ['year <= 1934.0', true],
    ['genre = "novel"', true],
    ['genre : history', true],
    ['genre = "poem"', false],
    ['genre != "novel"', false],
    ['year = 1 OR year = 1934', true],
    ['year = 1 OR year = 2', false],
    ['NOT year = 1', true],
    ['-year = 1934', false],
    ['NOT NOT year = 1934', true],
    ['(year = 1 OR author = "Robert Graves") AND genre : novel', true],
    ['year = 1934 genre : poem', false],
    ['missing = "x"', false],
    ['missing != "x"', false],
    ['NOT missing = "x"', true],
    ['author:*', true],
    ['missing:*', false],
    ['note = "AND \\"more\\""', true],
    ['year > "abc"', false],
  ] as const) {
    assert.equal(holds(filter), expected, filter)
  }
})

test('OR binds tighter than AND, as AIP-160 has it', () => {
  assert.equal(holds('year = 1 AND year = 1 OR year = 1934'), false)
  assert.equal(holds('year = 1934 AND year = 1 OR year = 1934'), true)
})

test('what is no filter is refused by field, with the reason', () => {
  for (const filter of [
    'author',
    'author =',
    '= 3',
    'author = "open',
    '(year = 1',
    'year = 1)',
    'year = 1 AND',
    'OR year = 1',
    'year = = 1',
    'year > (1)',
    '()',
    '('.repeat(200),
    'x'.repeat(5_000),
    'a=1 '.repeat(500),
  ]) {
    assert.throws(
      () => readMetadataFilter(filter, 'tools[0].file_search.metadata_filter'),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'invalid_argument' &&
        /^Invalid metadata filter: /.test(error.message),
      filter.slice(0, 40),
    )
  }
})

test('any text is a filter or a refusal, quickly', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    ' ',
    '"',
    "'",
    '\\',
    'a',
    '=',
    '!',
    '<',
    '>',
    ':',
    '-',
    'AND ',
    'OR ',
    'NOT ',
    '1',
    'ä',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      try {
        assert.equal(typeof readMetadataFilter(pieces.join(''), 'f')(book), 'boolean')
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
      }
    }),
    { numRuns: 1_000 },
  )
})
