import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEAL_PREFIX } from '../../src/upstreams/native/signatures.ts'
import { differences, filled } from './match.ts'

const differ = (expected: unknown, actual: unknown): number => differences(expected, actual, new Map()).length

test('what is not a placeholder has to be equal, and no member may be missing or too many', () => {
  assert.equal(differ({ a: [1, { b: 'c' }] }, { a: [1, { b: 'c' }] }), 0)
  for (const [expected, actual] of [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: undefined, c: 3 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1, 2], [1]],
    [[1], { 0: 1 }],
    [null, undefined],
    ['<other>', 'x'],
  ]) {
    assert.equal(differ(expected, actual), 1, JSON.stringify([expected, actual]))
  }
})

test('a placeholder stands for what fits it, and for nothing else', () => {
  const fits = { any: null, text: 'x', number: 0, id: 'call_1', seal: `${SEAL_PREFIX}abc` }
  const fails = { any: undefined, text: '', number: 1.5, id: 'a b', seal: 'abc' }
  for (const [word, value] of Object.entries(fits)) assert.equal(differ(`<${word}>`, value), 0, word)
  for (const [word, value] of Object.entries(fails)) assert.equal(differ(`<${word}>`, value), 1, word)
  assert.equal(differ('<has:stop>', 'at stop_sequences'), 0)
  assert.equal(differ('<has:stop>', 'elsewhere'), 1)
  assert.equal(differ('<json:{"a":["<number>"]}>', '{ "a": [3] }'), 0)
  assert.equal(differ('<json:{"a":1}>', '{"a":2}'), 1)
})

test('a name stands for one thing in the whole case, and is put into what comes next', () => {
  const bindings = new Map<string, unknown>()
  assert.deepEqual(differences(['<id:a>', '<id:a>', '<id:b>'], ['x', 'x', 'y'], bindings), [])
  assert.equal(differences('<id:a>', 'y', bindings).length, 1)
  assert.deepEqual(filled({ id: '<id:a>', other: ['<id:c>', 1] }, bindings), {
    id: 'x',
    other: ['<id:c>', 1],
  })
})
