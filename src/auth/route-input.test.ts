import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from './memory-directory.fixture.ts'
import { checkRoutes } from './route-input.ts'

test('[NEV-25] routes are names and globs that lead to a model, or to places', () => {
  const routes = {
    ...{ fast: 'fast-eu', 'gemini-*': 'google/gemini-2.5-flash', '*': ['a/x', 'b/qwen3:8b', 'b/a/b'] },
    ...{ constructor: 'x' },
  }
  assert.deepEqual(checkRoutes(routes), routes)
  assert.deepEqual(checkRoutes({}), {})
})

const many = (count: number) => Array.from({ length: count }, (_, at) => `a/${at}`)

for (const [what, routes] of [
  ['no object', []],
  ['no object', null],
  ['text', 'fast=x'],
  ['too many', Object.fromEntries(many(101).map((name) => [name, 'x']))],
  ['no name', { '': 'x' }],
  ['a name with a space', { 'a b': 'x' }],
  ['a name with a question mark', { 'a?': 'x' }],
  ['a name with dots before a slash', { '../a': 'x' }],
  ['a prefix', { 'models/fast': 'x' }],
  ['a long name', { ['a'.repeat(256)]: 'x' }],
  ['a line break at the end', { 'a\n': 'x' }],
  ['no target', { a: '' }],
  ['a glob as target', { a: 'x*' }],
  ['a prefix in the target', { a: 'models/x' }],
  ['a target for another path', { a: 'x?key=1' }],
  ['a number', { a: 7 }],
  ['an object', { a: { upstream: 'x' } }],
  ['an empty list', { a: [] }],
  ['a long list', { a: many(11) }],
  ['a place twice', { a: ['x/y', 'x/y'] }],
  ['a place without its model', { a: ['x/'] }],
  ['a place without its upstream', { a: ['x'] }],
] as const)
  test(`[NEV-25] routes are refused: ${what}`, () => {
    assert.throws(() => checkRoutes(routes), fails('invalid_argument'))
  })
