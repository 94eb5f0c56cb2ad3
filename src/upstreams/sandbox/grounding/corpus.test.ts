import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { createCorpus } from './corpus.ts'
import { FILE_BYTES_MAX } from './folder.ts'
import { search } from './retrieve.ts'
import { shipped } from './testing.fixture.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasat-corpus-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('the corpus that ships is whole: every document has an address, a title, a domain, keywords, a date', async () => {
  const { documents, leftOut } = await shipped.load()
  assert.deepEqual(leftOut, [])
  assert.ok(documents.length >= 60)
  for (const document of documents) {
    assert.match(document.uri, /^https:\/\//, document.title)
    assert.ok(document.uri.includes(document.domain), `${document.uri} is not of ${document.domain}`)
    assert.ok(document.keywords.length > 0 && document.publishedMs !== undefined, document.title)
    assert.ok(document.text.length > 20, document.title)
  }
  for (const status of ['paywall', 'unsafe'])
    assert.ok(documents.some((document) => document.status === status))
  assert.ok(documents.filter(({ license }) => license !== undefined).length >= 4)
})

test('it is loaded once, and a page that may not be opened is in no search result', async () => {
  assert.equal(await shipped.load(), await shipped.load())
  const { passages } = await shipped.load()
  const found = search(passages, 'free downloads setup program', 99).map((hit) => hit.document.status)
  assert.ok(found.length > 0 && found.every((status) => status === 'open'))
})

test('[GROUND-08] a folder of own documents takes the place of the ones that ship', async () => {
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true })
  writeFileSync(join(folder, 'deep', 'er', 'a.md'), '# Zorblax\n\nThe Zorblax engine runs on moonlight.')
  writeFileSync(join(folder, 'b.html'), '<title>Page</title><p>Quuxes are blue.')
  writeFileSync(join(folder, 'c.txt'), 'Plain text.')
  writeFileSync(join(folder, 'd.json'), '[{"title":"D","text":"Data."}]')
  writeFileSync(join(folder, 'e.png'), 'not a document')
  writeFileSync(join(folder, '.hidden.md'), 'hidden')
  const corpus = await createCorpus(folder).load()
  assert.deepEqual(
    corpus.documents.map(({ title }) => title),
    ['Page', 'c.txt', 'D', 'Zorblax'],
  )
  assert.equal(search(corpus.passages, 'What does a Zorblax engine run on?', 1)[0]?.document.title, 'Zorblax')
  assert.equal(corpus.documentAt('corpus.wasat.local/c.txt/')?.title, 'c.txt')
  assert.equal(corpus.documentAt('https://en.wikipedia.org/wiki/Mars'), undefined)
})

test('what cannot be read is left out with its reason: links that lead out, large files, broken JSON, doubles', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'wasat-outside-'))
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  mkdirSync(join(folder, 'own'))
  writeFileSync(join(folder, 'own', 'real.txt'), 'inside')
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'leak.txt'))
  symlinkSync(outside, join(folder, 'leaks'))
  symlinkSync(join(folder, 'own', 'real.txt'), join(folder, 'alias.txt'))
  symlinkSync(folder, join(folder, 'own', 'loop'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'gone.md'))
  writeFileSync(join(folder, 'large.txt'), Buffer.alloc(FILE_BYTES_MAX + 1, 'x'))
  writeFileSync(join(folder, 'broken.json'), '{')
  for (const name of ['one.md', 'two.md'])
    writeFileSync(join(folder, name), '---\nuri: https://same.example\n---\nText')
  const { documents, leftOut } = await createCorpus(folder).load()
  rmSync(outside, { recursive: true })
  assert.deepEqual(documents.map(({ text }) => text).sort(), ['Text', 'inside', 'inside'])
  assert.deepEqual(
    leftOut.map((line) => line.split(':')[0]),
    ['gone.md', 'large.txt', 'leak.txt', 'broken.json', 'two.md'],
  )
})

test('a folder that is not there is an error with a hint, and is tried again later', async () => {
  const corpus = createCorpus(join(folder, 'later'))
  await assert.rejects(corpus.load(), (error) => {
    return error instanceof GatewayError && error.code === 'internal' && /exists/.test(error.hint ?? '')
  })
  mkdirSync(join(folder, 'later'))
  writeFileSync(join(folder, 'later', 'a.txt'), 'now')
  assert.equal((await corpus.load()).documents.length, 1)
})
