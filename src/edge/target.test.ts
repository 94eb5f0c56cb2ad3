import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../errors.ts'
import { parseTarget } from './target.ts'

const path = (target: string) => parseTarget(target).path

test('splits and decodes once', () => {
  assert.deepEqual(path('/v1beta/models/gemini-2.5-flash:generateContent'), [
    'v1beta',
    'models',
    'gemini-2.5-flash:generateContent',
  ])
  assert.deepEqual(path('/v1beta/models/m%3AgenerateContent'), ['v1beta', 'models', 'm:generateContent'])
  assert.deepEqual(
    path('/v1beta/models/publishers%2Fgoogle%2Fmodels%2Fx:countTokens')[2],
    'publishers/google/models/x:countTokens',
  )
})

test('collapses repeated slashes, keeps a trailing one', () => {
  assert.deepEqual(path('//v1beta///models'), ['v1beta', 'models'])
  assert.deepEqual(path('/v1beta/models/'), ['v1beta', 'models', ''])
  assert.deepEqual(path('/'), [''])
})

test('reads the query leniently', () => {
  const { query } = parseTarget('/v1/models?pageSize=2&key=a&key=b&x=%zz')
  assert.deepEqual(query.getAll('key'), ['a', 'b'])
  assert.equal(query.get('pageSize'), '2')
})

const BAD = [
  'http://evil/x',
  'x',
  '/a#b',
  '/a/../b',
  '/a/./b',
  '/a/%2e%2e/b',
  '/a/.%2e/b',
  '/a/..%2f..%2fb',
  '/a/%252e%252e',
  '/a/..;/b',
  '/a\\b',
]
BAD.push(
  '/a%5cb',
  '/a%00',
  '/a%0d%0ab',
  '/a%7f',
  '/a%zz',
  '/a%',
  '/a%ff',
  '/a%c0%ae',
  '/a%3Fkey%3Dx',
  '/a%23',
  '/a b',
  '/é',
)

for (const target of BAD) {
  test(`refuses ${JSON.stringify(target)}`, () => {
    assert.throws(
      () => parseTarget(target),
      (error) => error instanceof GatewayError && error.http === 400,
    )
  })
}

test('whatever comes, a path has no dots, no controls and no second encoding', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'f', '5', 'c', '0', ';', 'a', ':') }),
      (text) => {
        try {
          for (const segment of path(`/${text}`)) {
            assert.doesNotMatch(segment, /[%?#\\\u0000-\u001f]/)
            assert.ok(segment.split('/').every((part) => !/^\.\.?(;|$)/.test(part)))
          }
        } catch (error) {
          assert.ok(error instanceof GatewayError && error.http === 400, String(error))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
