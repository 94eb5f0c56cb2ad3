import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, readDocuments } from './document.ts'

const one = (path: string, content: string) => readDocuments(path, content)[0]!

test('front matter gives a document its address, title, domain, keywords and date', () => {
  const document = one(
    'a.md',
    '---\nuri: https://www.example.org/a\ntitle: "A title"\nkeywords: one, two three\npublished: 2024-07-14\nstatus: paywall\nimage: https://example.org/a.png\nlicense: mit\n---\n\nThe text.\n',
  )
  assert.equal(document.uri, 'https://www.example.org/a')
  assert.equal(document.title, 'A title')
  assert.equal(document.domain, 'example.org')
  assert.deepEqual(document.keywords, ['one', 'two three'])
  assert.equal(document.publishedMs, Date.UTC(2024, 6, 14))
  assert.equal(document.status, 'paywall')
  assert.equal(document.image, 'https://example.org/a.png')
  assert.equal(document.license, 'mit')
  assert.equal(document.text, 'The text.')
})

test('without front matter, the path is the address and a heading the title', () => {
  const document = one('notes/für dich.md', '# My notes\n\nText.')
  assert.equal(document.uri, 'https://corpus.wasat.local/notes/f%C3%BCr%20dich.md')
  assert.equal(document.title, 'My notes')
  assert.equal(document.domain, 'corpus.wasat.local')
  assert.equal(document.publishedMs, undefined)
  assert.equal(document.status, 'open')
})

test('a line of dashes further down is no front matter, and neither is one that is never closed', () => {
  assert.equal(one('a.txt', 'Text\n---\ntitle: x\n---\n').title, 'a.txt')
  assert.equal(one('a.txt', '---\ntitle: x\n').text, '---\ntitle: x')
})

test('HTML becomes what a reader sees', () => {
  const document = one(
    'page.html',
    '<html><head><title>Tea &amp; cake</title><style>p{}</style></head><body><SCRIPT>var x = "<p>no</p>"</SCRIPT>' +
      '<!-- <p>not this</p> --><h1>Tea</h1><p>Black &#8211; or <b>green</b>.</p><p>A&nbsp;cup</p></body></html>',
  )
  assert.equal(document.title, 'Tea & cake')
  assert.match(document.text, /Tea\s+Black – or green\.\s+A cup$/)
  assert.doesNotMatch(document.text, /not this|var x|<|no/)
})

test('broken HTML is read to its end, in linear time', () => {
  for (const html of [
    '<'.repeat(300_000),
    '<!--'.repeat(80_000),
    '<script>'.repeat(50_000),
    'a<b '.repeat(80_000),
  ]) {
    assert.ok(one('x.html', html).text.length <= html.length)
  }
})

test('letters that change their length in lower case do not shift the markup', () => {
  assert.match(one('x.html', `${'İ'.repeat(50)}<SCRIPT>bad</SCRIPT>good`).text, /^İ+good$/)
})

test('JSON holds one document, a list of them, or is a text of its own', () => {
  assert.deepEqual(
    readDocuments(
      'list.json',
      '[{"title":"A","text":"a","keywords":["x","y"]},{"uri":"https://b.example/","text":"b"}]',
    ).map(({ title, uri, keywords }) => [title, uri, keywords]),
    [
      ['A', 'https://corpus.wasat.local/list.json/1', ['x', 'y']],
      ['list.json/2', 'https://b.example/', []],
    ],
  )
  assert.equal(one('data.json', '{"a":1}').text, '{"a":1}')
  assert.throws(() => readDocuments('bad.json', '{'))
})

test('spellings of one address are one address', () => {
  for (const other of [
    'http://example.org/A',
    'https://www.example.org/A/',
    'HTTPS://EXAMPLE.ORG/A#part',
    'example.org/A',
    'https://example.org:443/A',
  ]) {
    assert.equal(addressOf(other), addressOf('https://example.org/A'), other)
  }
  assert.notEqual(addressOf('https://example.org/a'), addressOf('https://example.org/A'))
  assert.notEqual(addressOf('https://example.org/A?x=1'), addressOf('https://example.org/A'))
})
