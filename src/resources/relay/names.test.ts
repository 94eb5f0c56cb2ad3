import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyTagOf, ownName, pathNameOf, readName } from './names.ts'

const OWN = 'http://gateway.test'

test('[RELAY-16] the upstream’s names and addresses become ours, and keep what follows the id', () => {
  for (const [theirs, ours] of [
    ['files/abc', 'files/tagtagabc'],
    ['batches/abc', 'batches/tagtagabc'],
    ['cachedContents/abc', 'cachedContents/tagtagabc'],
    ['files/batch-a_b-C', 'files/tagtagbatch-a_b-C'],
    ['fileSearchStores/s/documents/d', 'fileSearchStores/tagtags/documents/d'],
    ['fileSearchStores/s/upload/operations/o', 'fileSearchStores/tagtags/upload/operations/o'],
    ['models/veo/operations/o', 'models/veo/operations/tagtago'],
    ['https://host.example/v1beta/files/abc', `${OWN}/v1beta/files/tagtagabc`],
    [
      'https://host.example/below/v1/files/abc:download?alt=media',
      `${OWN}/v1/files/tagtagabc:download?alt=media`,
    ],
  ] as const) {
    assert.equal(ownName(theirs, 'tagtag', OWN), ours)
  }
})

test('what is no name stays', () => {
  const long = `https://host.example/${'v1/files'.repeat(100_000)}`
  for (const text of [
    '',
    'files',
    'files/',
    'files/a b',
    'files/../x',
    'my files/abc',
    'models/m',
    'gs://bucket/files/abc',
    'https://www.youtube.com/watch?v=files/abc',
    'https://host.example/files/abc',
    `files/${'a'.repeat(200)}`,
    long,
  ]) {
    assert.equal(ownName(text, 'tagtag', OWN), undefined, text.slice(0, 80))
  }
})

test('an address says where it leads', () => {
  assert.deepEqual(readName('http://gateway.test/v1beta/files/abc'), {
    collection: 'files',
    id: 'abc',
    rest: '',
    origin: 'http://gateway.test',
    version: 'v1beta',
  })
})

test('a path is about what its owner’s row names', () => {
  assert.deepEqual(pathNameOf(['files', 'a']), { root: 'files/a', below: [] })
  assert.deepEqual(pathNameOf(['fileSearchStores', 's', 'documents', 'd']), {
    root: 'fileSearchStores/s',
    below: ['documents', 'd'],
  })
  assert.deepEqual(pathNameOf(['models', 'm', 'operations', 'o']), {
    root: 'models/m/operations/o',
    below: [],
  })
  for (const none of [['files'], ['models', 'm'], ['models', 'm', 'operations'], ['tunedModels', 't']]) {
    assert.equal(pathNameOf(none), undefined)
  }
})

test('keys have tags of their own', () => {
  assert.match(keyTagOf('one'), /^[0-9a-f]{6}$/)
  assert.notEqual(keyTagOf('one'), keyTagOf('two'))
})
