import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFilm } from './h264.ts'
import { imagine } from './imagine.ts'
import { paintCanvas } from './paint.ts'

/** The bits of a NAL unit without its type and its emulation prevention bytes. */
class BitReader {
  readonly #bytes: Buffer
  #at = 0
  constructor(unit: Buffer) {
    const kept: number[] = []
    let zeros = 0
    for (const byte of unit.subarray(1)) {
      if (zeros >= 2 && byte === 3) zeros = 0
      else {
        kept.push(byte)
        zeros = byte === 0 ? zeros + 1 : 0
      }
    }
    this.#bytes = Buffer.from(kept)
  }
  bits(count: number): number {
    let value = 0
    for (let index = 0; index < count; index++, this.#at++) {
      value = value * 2 + ((this.#bytes[this.#at >> 3]! >> (7 - (this.#at & 7))) & 1)
    }
    return value
  }
  golomb(): number {
    let zeros = 0
    while (this.bits(1) === 0) zeros++
    return 2 ** zeros - 1 + this.bits(zeros)
  }
  align(): void {
    while (this.#at % 8 !== 0) assert.equal(this.bits(1), 0)
  }
  /** Nothing but the stop bit and zeros is left. */
  end(): void {
    assert.equal(this.bits(1), 1)
    this.align()
    assert.equal(this.#at, this.#bytes.length * 8)
  }
}

interface Planes {
  readonly y: Uint8Array
  readonly cb: Uint8Array
  readonly cr: Uint8Array
  /** How many macroblocks were predicted. */
  readonly predicted: number
}

/** Decodes a key frame of predicted and plain macroblocks, as clauses 7.3 and 8.3 of the standard say. */
function decodeKey(unit: Buffer, columns: number, lines: number): Planes {
  const reader = new BitReader(unit)
  assert.equal(unit[0]! & 0x1f, 5)
  assert.deepEqual([reader.golomb(), reader.golomb(), reader.golomb(), reader.bits(4)], [0, 7, 0, 0])
  assert.deepEqual([reader.golomb(), reader.bits(2), reader.golomb(), reader.golomb()], [0, 0, 0, 1])
  const planes = [16, 8, 8].map((size) => ({
    size,
    stride: columns * size,
    samples: new Uint8Array(columns * lines * size * size),
  }))
  const isPlain: boolean[] = []
  for (let at = 0; at < columns * lines; at++) {
    const [column, line] = [at % columns, Math.floor(at / columns)]
    const type = reader.golomb()
    isPlain.push(type === 25)
    if (type === 25) reader.align()
    else assert.ok(type === 1 || type === 2, `macroblock type ${type}`)
    if (type !== 25) {
      assert.equal(reader.golomb(), type === 1 ? 2 : 1, 'chroma follows luma')
      assert.equal(reader.golomb(), 0)
      const around = [column > 0 && isPlain[at - 1], line > 0 && isPlain[at - columns]]
      // Any neighbour of sixteen coefficients makes the expectation eight or more.
      if (around.includes(true)) assert.equal(reader.bits(6), 3)
      else assert.equal(reader.bits(1), 1)
    }
    for (const { size, stride, samples } of planes) {
      const start = line * size * stride + column * size
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const here = start + y * stride + x
          const from = type === 1 ? start - stride + x : start + y * stride - 1
          samples[here] = type === 25 ? reader.bits(8) : samples[from]!
        }
      }
    }
  }
  reader.end()
  const predicted = isPlain.filter((plain) => !plain).length
  return { y: planes[0]!.samples, cb: planes[1]!.samples, cr: planes[2]!.samples, predicted }
}

describe('H.264', () => {
  const [width, height] = [200, 120]
  const film = createFilm(width, height, 24)
  const sketch = imagine([{ text: 'a red circle on a blue background', pictured: false }])
  const canvas = paintCanvas({ ...sketch, width, height, variant: 0 })

  it('a key frame holds the picture, most of it predicted', () => {
    const planes = decodeKey(film.key(canvas), 13, 8)
    const at = (x: number, y: number): readonly number[] => [
      planes.y[y * 208 + x]!,
      planes.cb[(y >> 1) * 104 + (x >> 1)]!,
      planes.cr[(y >> 1) * 104 + (x >> 1)]!,
    ]
    // Red and blue in BT.709, narrow range.
    assert.deepEqual(at(100, 50), [63, 102, 240])
    assert.deepEqual(at(4, 4), [32, 240, 118])
    assert.ok(planes.predicted > 40, `${planes.predicted} of 104`)
  })

  it('a still frame skips every macroblock and has its number', () => {
    for (const number of [1, 15, 16, 23]) {
      const unit = film.still(number)
      const reader = new BitReader(unit)
      assert.equal(unit[0]! & 0x1f, 1)
      assert.deepEqual(
        [reader.golomb(), reader.golomb(), reader.golomb(), reader.bits(4)],
        [0, 5, 0, number % 16],
      )
      assert.deepEqual([reader.bits(2), reader.bits(1), reader.golomb(), reader.golomb()], [0, 0, 0, 1])
      assert.equal(reader.golomb(), 13 * 8)
      reader.end()
    }
  })

  it('the sequence tells the size, cut to what was asked for', () => {
    const reader = new BitReader(film.sequence)
    assert.deepEqual([reader.bits(8), reader.bits(8), reader.bits(8)], [66, 0xc0, 31])
    assert.deepEqual(
      [reader.golomb(), reader.golomb(), reader.golomb(), reader.golomb(), reader.bits(1)],
      [0, 0, 2, 1, 0],
    )
    const size = [reader.golomb() + 1, reader.golomb() + 1]
    assert.deepEqual(size, [13, 8])
    assert.equal(reader.bits(2), 3)
    assert.equal(reader.bits(1), 1)
    const [left, right, top, bottom] = [reader.golomb(), reader.golomb(), reader.golomb(), reader.golomb()]
    assert.deepEqual([left, right, top, bottom], [0, 4, 0, 4])
  })
})
