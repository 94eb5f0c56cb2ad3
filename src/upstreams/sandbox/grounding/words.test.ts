import assert from 'node:assert/strict'
import { test } from 'node:test'
import { termsOf } from './words.ts'

test('forms of one English word meet in one term', () => {
  for (const [one, other] of [
    ['planets', 'planet'],
    ['cities', 'city'],
    ['running', 'run'],
    ['stopped', 'stop'],
    ['makes', 'make'],
    ['making', 'make'],
    ['created', 'create'],
    ['matches', 'match'],
    ['volcanoes', 'volcano'],
    ['won', 'winner'],
    ['tallest', 'highest'],
    ['Café', 'cafe'],
    ['Brasília', 'brasilia'],
  ] as const) {
    assert.deepEqual(termsOf(one, 9, 'with'), termsOf(other, 9, 'with'), `${one} ${other}`)
  }
})

test('words that mean different things stay apart', () => {
  for (const [one, other] of [
    ['paris', 'pari mutuel'],
    ['gas', 'gap'],
    ['news', 'new york'],
    ['2022', '2024'],
    ['king', 'kin'],
    ['wine', 'win'],
    ['cars', 'care'],
  ] as const) {
    assert.notDeepEqual(termsOf(one, 9, 'with'), termsOf(other, 9, 'with'), `${one} ${other}`)
  }
})

test('words that say nothing are left out, and only then', () => {
  assert.deepEqual(termsOf('What is the latest about this?', 9), [])
  assert.deepEqual(termsOf('What is the', 9, 'with').length, 3)
})

test('languages without spaces become pairs, so that a part of a text is found', () => {
  const whole = termsOf('日本の首都は東京です', 99)
  assert.ok(termsOf('首都', 99).every((term) => whole.includes(term)))
  assert.deepEqual(termsOf('山', 9), ['山'])
})

test('never more terms than asked for', () => {
  assert.equal(termsOf('one tiger two lions '.repeat(1_000), 10).length, 10)
  assert.equal(termsOf('漢字'.repeat(1_000), 10).length, 10)
})
