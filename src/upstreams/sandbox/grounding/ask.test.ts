import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsSearch, queriesOf, questionOf, questionsIn, urlsOf } from './ask.ts'
import { cpuMs } from './testing.fixture.ts'

test('addresses are found without the punctuation around them', () => {
  assert.deepEqual(
    urlsOf(
      'See https://a.example/x, (http://b.example/y) and "https://c.example/z". Wiki: https://d.example/A_(b). https://a.example/x!',
    ),
    ['https://a.example/x', 'http://b.example/y', 'https://c.example/z', 'https://d.example/A_(b)'],
  )
  assert.deepEqual(urlsOf('no address, ftp://a.example, http:// and https:/x'), [])
})

test('[GROUND-06] twenty addresses are read, one more is refused', () => {
  const urls = (count: number) =>
    Array.from({ length: count }, (_, at) => `https://x.example/${at}`).join(' ')
  assert.equal(urlsOf(urls(20)).length, 20)
  assert.throws(() => urlsOf(urls(21)), /limit of 20/)
})

test('what comes out of the head needs no search', () => {
  for (const prompt of [
    '',
    'What is 2+2?',
    'Say hello',
    'Write a short poem about Euro 2024',
    'Translate: planets',
    'how are you',
  ]) {
    assert.equal(needsSearch(prompt), false, prompt)
  }
  for (const prompt of ['Who won Euro 2024?', 'What is DNA', 'Write an article about coffee']) {
    assert.equal(needsSearch(prompt), true, prompt)
  }
})

test('queries are the questions as one would type them, and their keywords; three at most', () => {
  assert.deepEqual(queriesOf('Please tell me about the Euro 2024 winner!'), [
    'the euro 2024 winner',
    'euro 2024 winner',
  ])
  const many = queriesOf(questionOf('Who won Euro 2024? What is DNA? What is RNA? What is coffee?'))
  assert.equal(many.length, 3)
  for (const query of queriesOf(questionOf(`x${'y'.repeat(9_000)} planets`))) assert.ok(query.length <= 120)
})

test('questions are searched one by one, when there are several', () => {
  assert.deepEqual(questionsIn('What is DNA? And coffee?'), ['What is DNA?', 'And coffee?'])
  assert.deepEqual(questionsIn('What is DNA?'), ['What is DNA?'])
})

test('long and odd prompts take linear time', () => {
  const texts = [
    'https://'.repeat(50_000),
    'please '.repeat(50_000),
    '. '.repeat(100_000),
    '?'.repeat(200_000),
    'use google search to '.repeat(9_000),
  ]
  const spent = cpuMs(() => {
    for (const text of texts) {
      assert.ok(urlsOf(text).length <= 20)
      queriesOf(questionOf(text))
    }
  })
  assert.ok(spent < 2_000, `${spent} ms`)
})
