import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stemOf, stopWords } from './words.ts'

test('the forms of a word have one stem', () => {
  const FORMS = [
    'create creates created creating',
    'make makes making',
    'run runs running',
    'size sizes sized sizing',
    'case cases',
    'bus buses',
    'movie movies',
    'city cities',
    'family families',
    'fly flies flying',
    'price prices priced pricing',
    'light lights lighting',
    'box boxes',
    'reply replies replied replying',
    'pay payment payments pays paying',
  ]
  for (const forms of FORMS) {
    const stems = new Set(forms.split(' ').map(stemOf))
    assert.equal(stems.size, 1, [...stems].join(' '))
  }
})

test('words that only look alike keep their own', () => {
  const WORDS =
    'wine win care car king kin new gas gap paris use us thing bed station state app apply glass'.split(' ')
  assert.equal(new Set(WORDS.map(stemOf)).size, WORDS.length)
})

test('a list of stop words has the common ones and its own', () => {
  const words = stopWords('haiku poem')
  for (const word of ['the', 'explain', 'haiku', 'poem']) assert.ok(words.has(word), word)
  for (const word of ['rain', '']) assert.ok(!words.has(word), word)
})
