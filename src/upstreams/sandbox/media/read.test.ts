import assert from 'node:assert/strict'
import { test } from 'node:test'
import { essenceOf, mimeNumber, modalityOf } from '../../translation/checks/mime-types.ts'
import { makeWav, pdfOfPages, read, samples16, twoColourPng } from './making.fixture.ts'
import { readMedium } from './read.ts'
import { sourceOfBytes } from './source.ts'
import { FIXTURES } from './testing.fixture.ts'

const png = twoColourPng([8, 8], 4, [230, 20, 20], [255, 255, 255])

test('[MEDIA-07] a type that Gemini does not take is refused by its name', async () => {
  for (const type of ['image/svg+xml', 'image/bmp', 'application/zip', 'text/unheard-of', 'audio', '']) {
    await assert.rejects(read(type, png), {
      code: 'invalid_argument',
      message: `Unsupported MIME type: ${type}`,
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            {
              field: 'contents[0].parts[0].inline_data.mime_type',
              description: `Unsupported MIME type: ${type}`,
            },
          ],
        },
      ],
    })
  }
})

test('types are known by family, whatever their case and parameters', () => {
  assert.equal(modalityOf('IMAGE/PNG'), 'IMAGE')
  assert.equal(modalityOf('image/avif'), 'IMAGE')
  assert.equal(modalityOf('audio/anything'), 'AUDIO')
  assert.equal(modalityOf('video/anything'), 'VIDEO')
  assert.equal(modalityOf('text/csv; charset=utf-8'), 'TEXT')
  assert.equal(modalityOf('application/x-ipynb+json'), 'TEXT')
  assert.equal(modalityOf('application/pdf'), 'DOCUMENT')
  assert.equal(modalityOf(`audio/${'a'.repeat(300)}`), undefined)
  assert.equal(modalityOf('audio/l16\nrate=1'), undefined)
  assert.equal(essenceOf('audio/L16;codec=pcm;rate=24000'), 'audio/l16')
  assert.equal(mimeNumber('audio/L16;codec=pcm; rate="16000"', 'rate'), 16_000)
  assert.equal(mimeNumber('audio/L16;rate=0', 'rate'), undefined)
  assert.equal(mimeNumber('audio/L16;rate=1e9', 'rate'), undefined)
})

test('an image that is called another image is taken for what it is', async () => {
  const medium = await read('image/png', FIXTURES.jpeg.bytes)
  assert.match(medium.description, /^a JPEG image of 96 × 64 pixels/)
  assert.equal(medium.mimeType, 'image/png')
  assert.match((await read('image/webp', png)).description, /^a PNG image/)
})

test('[MEDIA-08] bytes that are no medium of their modality are refused in the words of Google', async () => {
  const wav = makeWav({ sampleRate: 8_000, channels: 1, data: samples16(8, 0) })
  const pdf = pdfOfPages([''])
  const text = Buffer.from('just a text')
  const rows: [mimeType: string, noun: string, bytes: Buffer[]][] = [
    ['image/png', 'image', [wav, pdf, text, FIXTURES.mp4.bytes, Buffer.alloc(0), Buffer.alloc(64)]],
    ['audio/wav', 'audio', [png, pdf, text, Buffer.alloc(0), Buffer.alloc(64)]],
    ['video/mp4', 'video', [png, pdf, text, FIXTURES.heic.bytes, Buffer.alloc(0)]],
    ['application/pdf', 'document', [png, wav, text, Buffer.alloc(0)]],
  ]
  for (const [mimeType, noun, list] of rows) {
    for (const bytes of list) {
      await assert.rejects(read(mimeType, bytes), {
        code: 'invalid_argument',
        status: 'INVALID_ARGUMENT',
        message:
          `Unable to process input ${noun}. Please retry or report in ` +
          'https://developers.generativeai.google/guide/troubleshooting',
      })
    }
  }
})

test('the same medium reads the same each time, and cannot be changed', async () => {
  for (const { mimeType, bytes } of [FIXTURES.jpeg, FIXTURES.gifAnimated, FIXTURES.pdf]) {
    const medium = await read(mimeType, bytes)
    assert.deepEqual(await read(mimeType, Buffer.from(bytes)), medium)
    assert.ok(Object.isFrozen(medium))
    assert.equal(medium.sizeBytes, bytes.length)
  }
})

test('a failure of the source is passed on as it is', async () => {
  const failure = new Error('the disk is gone')
  const source = { ...sourceOfBytes('image/png', png), read: () => Promise.reject(failure) }
  await assert.rejects(readMedium(source, { resolution: undefined, field: '', family: 3 }), failure)
})
