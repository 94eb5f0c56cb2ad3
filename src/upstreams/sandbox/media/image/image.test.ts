import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makePng, pngChunk, read, twoColourPng } from '../making.fixture.ts'
import { FIXTURES, type MediaFixture } from '../testing.fixture.ts'
import { colourName } from './colours.ts'

const RED = [230, 20, 20] as const
const WHITE = [255, 255, 255] as const

async function describe({ mimeType, bytes }: MediaFixture): Promise<string> {
  return (await read(mimeType, bytes)).description
}

test('[MEDIA-01] a PNG is described by its size and its colours, whatever its filters', async () => {
  for (const filter of [0, 1, 2, 3, 4]) {
    const { description } = await read('image/png', twoColourPng([64, 50], 31, RED, WHITE, filter))
    assert.equal(
      description,
      'a PNG image of 64 × 50 pixels, mostly red (62 %) and white',
      `filter ${filter}`,
    )
  }
  const one = await read('image/png', twoColourPng([3, 2], 2, RED, WHITE))
  assert.equal(one.description, 'a PNG image of 3 × 2 pixels, all red')
})

test('a large PNG is unpacked piece by piece', async () => {
  const { description } = await read('image/png', twoColourPng([700, 500], 125, WHITE, RED, 4))
  assert.equal(description, 'a PNG image of 700 × 500 pixels, mostly red (75 %) and white')
})

test('[MEDIA-01] each colour type and bit depth of a PNG is read', async () => {
  const rows: [description: string, bitDepth: number, colourType: number, width: number, row: number[]][] = [
    ['mostly black (75 %) and white', 1, 0, 8, [0b00001100]],
    ['mostly white (75 %) and black', 2, 0, 4, [0b11110011]],
    ['mostly grey (50 %) and white', 4, 0, 2, [0x8f]],
    ['mostly black (50 %) and white', 16, 0, 2, [0, 0, 255, 255]],
    ['all blue', 16, 2, 1, [25, 0, 65, 0, 235, 0]],
    ['mostly transparent (50 %) and white', 8, 4, 2, [9, 0, 255, 255]],
    ['mostly blue (50 %) and transparent', 8, 6, 2, [25, 65, 235, 255, 25, 65, 235, 0]],
  ]
  for (const [colours, bitDepth, colourType, width, row] of rows) {
    const png = makePng({ width, height: 1, bitDepth, colourType, rows: Buffer.from([0, ...row]) })
    const { description } = await read('image/png', png)
    assert.equal(description, `a PNG image of ${width} × 1 pixels, ${colours}`)
  }
})

test('a palette has its colours and its transparency', async () => {
  const palette = [...RED, 25, 65, 235, 0, 0, 0]
  const common = { height: 1, colourType: 3, palette, transparency: [255, 255, 0] }
  const small = makePng({ ...common, width: 4, bitDepth: 2, rows: Buffer.from([0, 0b00000110]) })
  assert.match((await read('image/png', small)).description, /mostly red \(50 %\) and blue$/)
  const whole = makePng({ ...common, width: 4, bitDepth: 8, rows: Buffer.from([0, 1, 2, 2, 2]) })
  assert.match((await read('image/png', whole)).description, /mostly transparent \(75 %\) and blue$/)
})

test('an interlaced PNG is read pass by pass', async () => {
  // Adam7 of 5 × 3 pixels; the last pass is the row in the middle.
  const widths = [1, 1, 0, 1, 3, 2, 5]
  const heights = [1, 1, 0, 1, 1, 2, 1]
  const rows = widths.flatMap((width, pass) =>
    Array.from({ length: heights[pass]! }, () => [
      0,
      ...Array.from({ length: width }, () => (pass === 6 ? RED : WHITE)).flat(),
    ]).flat(),
  )
  const png = makePng({
    width: 5,
    height: 3,
    bitDepth: 8,
    colourType: 2,
    isInterlaced: true,
    rows: Buffer.from(rows),
  })
  const { description } = await read('image/png', png)
  assert.equal(description, 'a PNG image of 5 × 3 pixels, mostly white (67 %) and red')
})

test('a PNG that is too large to be unpacked is described by its size alone', async () => {
  const png = makePng({ width: 40_000, height: 30_000, bitDepth: 8, colourType: 2, rows: Buffer.alloc(8) })
  assert.equal((await read('image/png', png)).description, 'a PNG image of 40000 × 30000 pixels')
})

test('a PNG with fewer pixels than it says, a bad filter or a bad header is refused', async () => {
  const whole = { width: 4, height: 4, bitDepth: 8, colourType: 0 }
  const bad = [
    makePng({ ...whole, rows: Buffer.alloc(19) }),
    makePng({ ...whole, rows: Buffer.alloc(20, 5) }),
    makePng({ ...whole, bitDepth: 3, rows: Buffer.alloc(20) }),
    makePng({ ...whole, width: 0, rows: Buffer.alloc(20) }),
    makePng({ ...whole, rows: Buffer.alloc(20) }).subarray(0, 50),
    Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IEND', Buffer.alloc(0))]),
  ]
  for (const bytes of bad) {
    await assert.rejects(read('image/png', bytes), { code: 'invalid_argument', http: 400 })
  }
  assert.ok(await read('image/png', makePng({ ...whole, rows: Buffer.alloc(20) })))
})

test('[MEDIA-01] a JPEG is described by its size and its colours', async () => {
  const expected = 'a JPEG image of 96 × 64 pixels, mostly red (67 %) and blue'
  assert.equal(await describe(FIXTURES.jpeg), expected)
  assert.equal(await describe(FIXTURES.jpegProgressive), expected)
  assert.equal(await describe(FIXTURES.jpegInks), expected)
  assert.equal(await describe(FIXTURES.jpegRestarts), expected)
  assert.equal(await describe(FIXTURES.jpegGrey), 'a JPEG image of 96 × 64 pixels, all dark grey')
})

test('[MEDIA-01] GIF, WebP, HEIC and AVIF images are described', async () => {
  assert.equal(
    await describe(FIXTURES.gifAnimated),
    'an animated GIF image of 3 frames and 96 × 64 pixels, mostly red (67 %) and blue',
  )
  assert.equal(await describe(FIXTURES.webp), 'a WebP image of 96 × 64 pixels')
  assert.equal(await describe(FIXTURES.webpLossless), 'a WebP image of 96 × 64 pixels')
  assert.equal(await describe(FIXTURES.webpAnimated), 'an animated WebP image of 2 frames and 96 × 64 pixels')
  assert.equal(await describe(FIXTURES.heic), 'a HEIC image of 96 × 64 pixels')
  assert.equal(await describe(FIXTURES.avif), 'an AVIF image of 96 × 64 pixels')
})

test('a GIF made by hand: codes that are learned while they are used, and transparency', async () => {
  // 4 × 1 pixels of index 1: clear, 1, then 6 (the code that is just being learned), 1, end.
  const gif = (flags: number[]): Buffer =>
    Buffer.from([
      ...Buffer.from('GIF89a'),
      ...[4, 0, 1, 0, 0x80, 0, 0, 255, 255, 255, 230, 20, 20],
      ...flags,
      ...[0x2c, 0, 0, 0, 0, 4, 0, 1, 0, 0, 2, 2, 0b10_001_100, 0b1_101_001_1, 0, 0x3b],
    ])
  assert.equal((await read('image/gif', gif([]))).description, 'a GIF image of 4 × 1 pixels, all red')
  const control = [0x21, 0xf9, 4, 1, 0, 0, 1, 0]
  assert.equal(
    (await read('image/gif', gif(control))).description,
    'a GIF image of 4 × 1 pixels, all transparent',
  )
})

test('colours get the names that people give them', () => {
  assert.equal(colourName(255, 255, 255), 'white')
  assert.equal(colourName(255, 0, 0), 'red')
  assert.equal(colourName(0, 128, 0), 'green')
  assert.equal(colourName(0, 0, 255), 'blue')
  assert.equal(colourName(255, 255, 0), 'yellow')
  assert.equal(colourName(255, 165, 0), 'orange')
  assert.equal(colourName(128, 0, 128), 'purple')
  assert.equal(colourName(0, 255, 255), 'turquoise')
  assert.equal(colourName(120, 120, 120), 'grey')
  assert.equal(colourName(0, 0, 128), 'dark blue')
  assert.equal(colourName(139, 69, 19), 'brown')
  assert.equal(colourName(255, 192, 203), 'pink')
})

test('the larger part of a picture is named first, whatever its size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2, max: 60 }),
      fc.nat(),
      fc.constantFrom(0, 1, 2, 3, 4),
      async (width, height, split, filter) => {
        const upper = 1 + (split % (height - 1))
        const png = twoColourPng([width, height], upper, RED, WHITE, filter)
        const share = upper / height
        const [name, part] = share >= 0.5 ? ['red', share] : ['white', 1 - share]
        const { description } = await read('image/png', png)
        assert.ok(
          description.startsWith(
            `a PNG image of ${width} × ${height} pixels, mostly ${name} (${Math.round(part * 100)} %)`,
          ),
          description,
        )
      },
    ),
    { numRuns: 200 },
  )
})
