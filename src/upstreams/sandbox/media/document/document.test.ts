import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { makePdf, pdfOfPages, read } from '../making.fixture.ts'
import { FIXTURES } from '../testing.fixture.ts'

const PDF = 'application/pdf'
const LONG = 'A line that is rather long. A line that is rather long. A line that is rather long.'

test('[MEDIA-04] a PDF is described by its pages and its title, and has the text of its pages', async () => {
  for (const { bytes } of [FIXTURES.pdf, FIXTURES.pdfPacked]) {
    const medium = await read(PDF, bytes)
    assert.equal(medium.description, 'a PDF document of 3 pages with the title “A Small Report”')
    assert.equal(medium.modality, 'DOCUMENT')
    assert.equal(medium.tokens, 3 * 560)
    const pages = ['Hello first page.', 'Second page: naïve café - 42 EUR', 'Third']
    assert.equal(medium.text, pages.map((page) => `${page}\n${LONG}`).join('\n\n'))
  }
  const ascii = await read(PDF, FIXTURES.pdfAscii85.bytes)
  assert.equal(ascii.description, 'a PDF document of 2 pages with the title “Report Lab”')
  assert.equal(ascii.text, 'Drawn by a library\n\nPage two')
})

test('[MEDIA-04] a PDF without pages, or with too many, is refused in the words of Google', async () => {
  await assert.rejects(read(PDF, FIXTURES.pdfEmpty.bytes), {
    code: 'invalid_argument',
    message: 'The document has no pages.',
  })
  const pages = Array.from({ length: 1_001 }, () => '')
  await assert.rejects(read(PDF, pdfOfPages(pages)), {
    message: 'The document contains 1001 pages which exceeds the supported page limit of 1000.',
  })
  assert.equal(
    (await read(PDF, pdfOfPages(pages.slice(1)))).description,
    'a PDF document of 1000 pages, without text that can be read',
  )
  await assert.rejects(read(PDF, Buffer.from('no document')), {
    message: /^Unable to process input document\. Please retry/,
  })
})

test('of a long text the beginning is read', async () => {
  const page = `BT ${'(0123456789) Tj '.repeat(15_000)}ET`
  const medium = await read(PDF, pdfOfPages([page, page]))
  assert.equal(medium.description, 'a PDF document of 2 pages, with a long text')
  assert.equal(medium.text.replaceAll('\n', ''), '0123456789'.repeat(20_000))
})

test('a PDF that is larger than Gemini takes is refused before it is read', async () => {
  const bytes = Buffer.alloc(50 * 1024 * 1024 + 1)
  bytes.write('%PDF-1.7')
  await assert.rejects(read(PDF, bytes), {
    message: "The request's total referenced files bytes are too large to be read",
  })
})

test('the pages of an encrypted PDF are counted, its text is left alone', async () => {
  const medium = await read(PDF, FIXTURES.pdfEncrypted.bytes)
  assert.equal(medium.description, 'a PDF document of 3 pages, without text that can be read')
  assert.equal(medium.text, '')
})

test('texts are written as a reader sees them: escapes, octal, hex, gaps and lines', async () => {
  const content = [
    'BT /F1 12 Tf',
    String.raw`(a \(b\) \\ \103\n) Tj`,
    '0 -14 Td <48 65 6C 6C 6F> Tj',
    'T* [(Wo) 20 (rld) -300 (of) -120 (fice)] TJ',
    "(next) ' 40 0 Td (same line) Tj",
    '1 0 0 1 72 500 Tm (moved) Tj ET',
  ].join('\n')
  const { text } = await read(PDF, pdfOfPages([content]))
  assert.equal(text, 'a (b) \\ C\nHello\nWorld office\nnext same line\nmoved')
})

test('fonts with a map of their own are read: two bytes a character, ranges and ligatures', async () => {
  const map = [
    '/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <FFFF> endcodespacerange',
    '2 beginbfchar <0001> <041F> <0002> <00660066> endbfchar',
    '2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0031> <0032>] endbfrange',
  ].join('\n')
  const packed = deflateSync(map).toString('latin1')
  const pdf = makePdf([
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /Contents [6 0 R] /Resources <</Font <</F1 4 0 R /F2 7 0 R>>>>>>',
    '<</Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 5 0 R>>',
    `<</Length ${packed.length} /Filter /FlateDecode>>\nstream\n${packed}\nendstream`,
    '<</Length 99>>\nstream\nBT /F1 9 Tf <0001000200100011001200200021> Tj T* /F2 9 Tf (ABz) Tj ET\nendstream',
    '<</Type /Font /Subtype /Type1 /Encoding <</Differences [65 /eacute /uni20AC]>>>>',
  ])
  assert.equal((await read(PDF, pdf)).text, 'Пffabc12\né€z')
})

test('a damaged PDF is read as far as it goes', async () => {
  const page = '<</Type /Page>>'
  const noTree = makePdf(['<</Type /Catalog>>', page, page])
  assert.match((await read(PDF, noTree)).description, /^a PDF document of 2 pages/)
  const circle = makePdf([
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [2 0 R 3 0 R 3 0 R]>>',
    page,
  ])
  assert.match((await read(PDF, circle)).description, /^a PDF document of 1 page,/)
  const junkBefore = Buffer.concat([Buffer.from('junk\n'), pdfOfPages(['BT (text) Tj ET'])])
  assert.equal((await read(PDF, junkBefore)).text, 'text')
})

test('[MEDIA-08] a PDF that was made to take long does not', async () => {
  const many = (text: string): Buffer =>
    Buffer.from(`%PDF-1.4\n${text.repeat(Math.floor(3e6 / text.length))}`)
  const pageOf = (content: Buffer): Buffer => {
    const packed = deflateSync(content).toString('latin1')
    return makePdf([
      '<</Type /Catalog /Pages 2 0 R>>',
      '<</Type /Pages /Kids [3 0 R]>>',
      `<</Type /Page /Contents [${'4 0 R '.repeat(60)}]>>`,
      `<</Length ${packed.length} /Filter /FlateDecode>>\nstream\n${packed}\nendstream`,
    ])
  }
  const hostile = [
    many('1 0 obj<<>>stream '),
    many('1 0 obj ('),
    many('1 0 obj [<<'),
    many('['),
    many('obj '),
    many('1 0 obj 2 0 R '),
    many('trailer (('),
    pageOf(Buffer.alloc(200 * 1024 * 1024)),
    pageOf(Buffer.alloc(7 * 1024 * 1024, '(a) Tj ')),
    pageOf(Buffer.alloc(7 * 1024 * 1024, '1 ')),
  ]
  for (const [index, bytes] of hostile.entries()) {
    const started = process.cpuUsage()
    await read(PDF, bytes).catch((error: { code: string }) => assert.equal(error.code, 'invalid_argument'))
    const { user, system } = process.cpuUsage(started)
    assert.ok(user + system < 5_000_000, `case ${index} took ${user + system} µs`)
  }
})

test('[MEDIA-05] text of any kind is its own content, and costs what the tokenizer says', async () => {
  const medium = await read('text/plain', Buffer.from('Hello big world.\nSecond line, Grüße!'))
  assert.equal(medium.modality, 'TEXT')
  assert.equal(medium.text, 'Hello big world.\nSecond line, Grüße!')
  assert.equal(medium.description, 'a text of 2 lines and 6 words')
  assert.equal(medium.tokens, 9)
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('wide', 'utf16le')])
  assert.equal((await read('text/plain', wide)).text, 'wide')
})

test('[MEDIA-05] tables, JSON and programs are described as such', async () => {
  const rows: [mimeType: string, text: string, description: string][] = [
    ['text/csv', 'name,age\n"Doe, Jane",4\n"two\nlines",5\n', 'a CSV table of 3 rows and 2 columns'],
    ['application/json', '{"a":1,"b":[]}', 'a JSON object of 2 members'],
    ['application/json', '[1]', 'a JSON list of 1 item'],
    ['application/json', '{"a":', 'a text of 5 characters that is not valid JSON'],
    ['application/json', '['.repeat(100_000), 'a text of 100000 characters that is not valid JSON'],
    ['text/x-python', 'print(1)\n', 'a Python program of 1 line and 1 word'],
    ['text/html', '<p>one two', 'an HTML page of 1 line and 2 words'],
    ['text/md; charset=utf-8', '', 'a Markdown text of 0 lines and 0 words'],
  ]
  for (const [mimeType, text, description] of rows) {
    assert.equal((await read(mimeType, Buffer.from(text))).description, description)
  }
})

test('a text beyond what any model reads is counted by its beginning', async () => {
  const text = Buffer.alloc(16 * 1024 * 1024, 'word ')
  const medium = await read('text/plain', text)
  assert.equal(medium.description, 'a text, too long to be read as a whole')
  assert.ok(Math.abs(medium.tokens - text.length / 5) < 10, `${medium.tokens} tokens`)
})
