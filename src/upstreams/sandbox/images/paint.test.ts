import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fold, glyphOf } from './font.ts'
import { imagine } from './imagine.ts'
import { MOTIFS } from './motifs.ts'
import { type Picture, paint, paintJpeg } from './paint.ts'
import { decodePng } from './play.fixture.ts'

function picture(text: string, others: Partial<Picture> = {}): Picture {
  return { ...imagine([{ text, pictured: false }]), width: 256, height: 256, variant: 0, ...others }
}

describe('painting', () => {
  it('[MAKE-IMAGE-01] a red circle on a blue background is red in the middle and blue around it', () => {
    const pixels = decodePng(
      paint(picture('a red circle on a blue background', { width: 1024, height: 1024 })),
    )
    assert.deepEqual([pixels.width, pixels.height], [1024, 1024])
    assert.equal(pixels.at(0.5, 0.5), 0xff0000)
    for (const [x, y] of [
      [0.02, 0.02],
      [0.98, 0.02],
      [0.02, 0.98],
      [0.98, 0.98],
    ] as const) {
      assert.equal(pixels.at(x, y), 0x0000ff)
    }
    // What a circle covers whose radius is 0.36 of what the caption leaves.
    assert.ok(Math.abs(pixels.share(0xff0000) - 0.36) < 0.02)
    assert.ok(pixels.share(0x0000ff) > 0.5)
  })

  it('writes the words of the prompt into the picture', () => {
    const shown = decodePng(paint(picture('a red circle on a blue background')))
    const bare = decodePng(paint(picture('a red circle on a blue background', { caption: '' })))
    assert.ok(shown.share(0xf5f5f5) > 0.002)
    assert.equal(bare.share(0xf5f5f5), 0)
  })

  it('draws a sky over a ground, and stars at night', () => {
    const day = decodePng(paint(picture('a tree and a house')))
    assert.notEqual(day.at(0.02, 0.1), day.at(0.02, 0.9))
    const night = decodePng(paint(picture('a tree at night')))
    assert.ok(night.share(0xfffbe0) > 0)
    assert.equal(day.share(0xfffbe0), 0)
  })

  it('has every motif in its own colour', () => {
    for (const kind of Object.keys(MOTIFS)) {
      const pixels = decodePng(paint(picture(`a magenta ${kind}`, { caption: '' })))
      assert.ok(pixels.share(0xff00ff) > 0.005, kind)
    }
  })

  it('arranges the same things differently for another variant, and the same for the same', () => {
    const plain = picture('a star and a heart')
    assert.deepEqual(paint(plain), paint(plain))
    assert.notDeepEqual(paint(plain), paint({ ...plain, variant: 1 }))
  })

  it('paints whatever the words and the size are', () => {
    const sizes = fc.integer({ min: 8, max: 200 })
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        sizes,
        sizes,
        fc.nat(),
        (text, width, height, variant) => {
          const pixels = decodePng(paint(picture(text, { width, height, variant })))
          assert.deepEqual([pixels.width, pixels.height], [width, height])
        },
      ),
      { numRuns: 150 },
    )
  })

  it('stays quick and small at 4K', () => {
    const startedAt = process.cpuUsage()
    const png = paint(picture('a house, a tree and a cat under the sun', { width: 4096, height: 4096 }))
    const cpu = process.cpuUsage(startedAt)
    assert.ok(png.length < 2_000_000, `${png.length} bytes`)
    assert.ok((cpu.user + cpu.system) / 1_000 < 1_200, `${cpu.user + cpu.system} µs`)
  })
})

describe('letters', () => {
  it('are all different, and a box when there is none', () => {
    const glyphs = Array.from({ length: 95 }, (_, index) => glyphOf(String.fromCharCode(0x20 + index)).join())
    assert.equal(new Set(glyphs).size, 95)
    assert.equal(glyphOf('量').join(), glyphOf('语').join())
    assert.ok(!glyphs.includes(glyphOf('量').join()))
  })

  it('are folded to ASCII as far as it goes', () => {
    assert.equal(fold('  Ça   coûte “dix” Straßen…  '), 'Ca coute "dix" Strassen...')
  })
})

describe('JPEG', () => {
  it('has the size, the tables and one scan without stray markers', () => {
    const jpeg = paintJpeg(picture('a red circle on a blue background', { width: 321, height: 123 }), 75)
    const segments = new Map<number, Buffer>()
    let at = 2
    for (let marker = 0; marker !== 0xda; ) {
      marker = jpeg[at + 1]!
      const length = jpeg.readUInt16BE(at + 2)
      segments.set(marker, jpeg.subarray(at + 4, at + 2 + length))
      at += 2 + length
    }
    assert.deepEqual([...segments.keys()], [0xe0, 0xdb, 0xc0, 0xc4, 0xda])
    assert.deepEqual([segments.get(0xc0)!.readUInt16BE(3), segments.get(0xc0)!.readUInt16BE(1)], [321, 123])
    assert.equal(segments.get(0xdb)!.length, 130)
    const scan = jpeg.subarray(at, -2)
    for (let index = 0; index < scan.length - 1; index++) {
      if (scan[index] === 0xff) assert.equal(scan[index + 1], 0)
    }
    assert.deepEqual([...jpeg.subarray(-2)], [0xff, 0xd9])
  })

  it('is smaller at a lower quality', () => {
    const cat = picture('a cat')
    assert.ok(paintJpeg(cat, 20).length < paintJpeg(cat, 95).length)
  })
})
