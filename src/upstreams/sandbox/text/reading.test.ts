import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerFrom, answerFromEarlier } from './reading.ts'

const DOCUMENT =
  'Annual report of Dr. Gray.\nThe harbour was built in 1901. It has three piers, e.g. the long one. Fish is sold there.\n\n港は大きい。魚が売られている。'

test('the sentences that speak of what was asked, whole and in their order', () => {
  assert.equal(
    answerFrom([DOCUMENT], 'When was the harbour built, and are there piers?'),
    'It says: The harbour was built in 1901. It has three piers, e.g. the long one.',
  )
})

test('the first sentences when nothing fits, and none of an empty document', () => {
  const text = answerFrom([DOCUMENT], 'Summarise')
  assert.equal(
    text,
    'It says: Annual report of Dr. Gray. The harbour was built in 1901. It has three piers, e.g. the long one.',
  )
  assert.equal(answerFrom(['', ' \n '], 'Summarise'), undefined)
})

test('a hostile document costs linear time', () => {
  const startedAtMs = performance.now()
  for (const unit of ['. ', '\n', 'a', '! \n', '\ud800', '。', 'Dr. ']) {
    answerFrom(
      Array.from({ length: 4 }, () => unit.repeat(400_000)),
      'Summarise the harbour',
    )
  }
  assert.ok(performance.now() - startedAtMs < 4_000)
})

test('a document of an earlier turn answers what it speaks of, and nothing else', () => {
  const story = `${'The keeper counts the waves and writes it down. '.repeat(20)}The keeper is called Ansgar.`
  assert.equal(
    answerFromEarlier([story], 'What is the keeper called?'),
    'It says: The keeper is called Ansgar.',
  )
  assert.equal(answerFromEarlier([story], 'Why is the sky blue?'), undefined)
  assert.equal(answerFromEarlier([story], ''), undefined)
  const remark = 'My keeper is called Ansgar.'
  assert.equal(
    answerFromEarlier([remark], 'What is the keeper called?'),
    undefined,
    'a remark is no document',
  )
})
