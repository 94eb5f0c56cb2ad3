import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sentencesOf } from '../text/sentences.ts'
import { paragraphsOf } from './paragraphs.ts'
import { createPassageIndex } from './passages.ts'
import { search } from './retrieve.ts'
import { cpuMs } from './testing.fixture.ts'

const document = (title: string, text: string, keywords: string[] = []) => ({ title, text, keywords })
const titles = (hits: readonly { document: { title: string } }[]) => hits.map((hit) => hit.document.title)

test('the passage that speaks most of the rare words comes first', () => {
  const index = createPassageIndex([
    document('common', 'The river flows to the sea. The sea is blue.'),
    document('rare', 'The river has an axolotl.'),
    document('other', 'Mountains are high.'),
  ])
  assert.deepEqual(titles(search(index, 'river axolotl', 9)), ['rare', 'common'])
})

test('a word in the title counts more than one in passing', () => {
  const index = createPassageIndex([
    document('Notes', 'Somewhere it mentions tigers once, among other animals of the forest.'),
    document('Tigers', 'They live in Asia, among other animals of the forest.'),
  ])
  const [first] = search(index, 'tiger', 9)
  assert.equal(first?.document.title, 'Tigers')
  assert.equal(first?.isSubject, true)
})

test('ties go to the one that comes first, whatever the order of words', () => {
  const index = createPassageIndex(['a', 'b', 'c'].map((title) => document(title, 'the same words here')))
  for (const query of ['same words', 'words same'])
    assert.deepEqual(titles(search(index, query, 9)), ['a', 'b', 'c'])
})

test('coverage says how much of the question was met, and an unknown word weighs most', () => {
  const index = createPassageIndex([document('x', 'apples and pears'), document('y', 'apples and plums')])
  assert.equal(search(index, 'apples pears', 1)[0]?.coverage, 1)
  assert.ok(search(index, 'apples zanzibar', 1)[0]!.coverage < 0.5)
})

test('nothing is found for nothing, for unknown words, and in an empty index', () => {
  const index = createPassageIndex([document('x', 'apples')])
  for (const query of ['', '???', 'the of and', 'zanzibar']) assert.deepEqual(search(index, query, 9), [])
  assert.deepEqual(search(createPassageIndex([]), 'apples', 9), [])
})

test('a long query against many passages stays linear', () => {
  const text = Array.from({ length: 2_000 }, (_, at) => `word${at % 50} and word${at % 7} here.`).join('\n\n')
  const index = createPassageIndex(Array.from({ length: 5 }, () => document('many', text)))
  const query = Array.from({ length: 50_000 }, (_, at) => `word${at % 500}`).join(' ')
  const spent = cpuMs(() => assert.equal(search(index, query, 5).length, 5))
  assert.ok(spent < 2_000, `${spent} ms`)
})

test('sentences end at full stops, not at initials, abbreviations and numbers', () => {
  assert.deepEqual(sentencesOf('J. R. Tolkien met Dr. Lewis. It was 3.5 km! Really? “Yes.” End'), [
    'J. R. Tolkien met Dr. Lewis.',
    'It was 3.5 km!',
    'Really?',
    '“Yes.”',
    'End',
  ])
  assert.deepEqual(sentencesOf('東京は首都です。人が多い！'), ['東京は首都です。', '人が多い！'])
})

test('a text without an end to its sentences is cut, never inside a character, and nothing is lost', () => {
  const text = '😀'.repeat(5_000)
  const sentences = sentencesOf(text)
  assert.ok(sentences.every((sentence) => sentence.length <= 600 && sentence.isWellFormed()))
  assert.equal(sentences.join(''), text)
})

test('paragraphs know their heading; long ones come in pieces', () => {
  assert.deepEqual(paragraphsOf('# One\n\nText a.\nmore\n\n---\n\n## Two\nText b.'), [
    { text: 'Text a. more', heading: 'One' },
    { text: 'Text b.', heading: 'Two' },
  ])
  const long = paragraphsOf('A sentence of some words stands here. '.repeat(200))
  assert.ok(long.length > 5 && long.every(({ text }) => text.length <= 1_300))
})
