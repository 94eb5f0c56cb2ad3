import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { imageTokens, type MediaResolution, pageTokens, soundTokens, videoTokens } from './tokens.ts'

const RESOLUTIONS: readonly (MediaResolution | undefined)[] = [
  undefined,
  'LOW',
  'MEDIUM',
  'HIGH',
  'ULTRA_HIGH',
]

/** Of an image as long as one may be, and so narrow that it is two of the smallest tiles wide. */
const TILES_MAX = 24

test('[MEDIA-06] an image costs by its tiles on Gemini 2, by its resolution on Gemini 3', () => {
  const rows: [width: number, height: number, tokens: number][] = [
    [1, 1, 258],
    [384, 384, 258],
    // Tiles of 360 pixels: 3 × 2.
    [960, 540, 6 * 258],
    // Tiles of at least 256 pixels: 2 × 1.
    [385, 100, 2 * 258],
    // Tiles of at most 768 pixels, after the longer side was brought to 3072: 4 × 3.
    [4_000, 3_000, 12 * 258],
    [40_000, 30_000, 12 * 258],
  ]
  for (const [width, height, tokens] of rows) {
    assert.equal(
      imageTokens(width, height, { family: 2.5, resolution: undefined }),
      tokens,
      `${width}×${height}`,
    )
  }
  const costs = (family: number): number[] =>
    RESOLUTIONS.map((resolution) => imageTokens(960, 540, { family, resolution }))
  assert.deepEqual(costs(2), [6 * 258, 64, 256, 6 * 256, 6 * 256])
  assert.deepEqual(costs(3), [1120, 280, 560, 1120, 2240])
  assert.deepEqual(costs(3.5), costs(3))
})

test('[MEDIA-06] a video costs by its frames, and its sound beside them', () => {
  const costs = (family: number): number[] =>
    RESOLUTIONS.map((resolution) => videoTokens(10, 1, false, { family, resolution }))
  assert.deepEqual(costs(2.5), [2580, 660, 2580, 2580, 2580])
  assert.deepEqual(costs(3), [700, 700, 700, 2800, 2800])
  const three = { family: 3, resolution: undefined } as const
  assert.equal(videoTokens(10, 1, true, three), 700 + 320)
  assert.equal(videoTokens(10, 0.5, false, three), 350)
  assert.equal(videoTokens(10, 24, false, three), 240 * 70)
  assert.equal(videoTokens(0.01, 1, false, three), 70)
})

test('[MEDIA-06] a sound costs 32 tokens a second', () => {
  assert.equal(soundTokens(60), 1_920)
  assert.equal(soundTokens(0.5), 16)
})

test('[MEDIA-06] a PDF costs by its pages', () => {
  const costs = (family: number): number[] =>
    RESOLUTIONS.map((resolution) => pageTokens(2, { family, resolution }))
  assert.deepEqual(costs(2), [516, 132, 516, 516, 516])
  assert.deepEqual(costs(3), [1120, 560, 1120, 2240, 2240])
})

test('a side that is scaled down to the largest has no tile for a rounding error', () => {
  const pricing = { family: 2, resolution: undefined }
  assert.equal(imageTokens(6_112_585, 49_816_041, pricing), imageTokens(376, 3_072, pricing))
})

test('no image costs nothing, or more than it can have tiles', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom(...RESOLUTIONS),
      fc.constantFrom(2, 2.5, 3, 4),
      (width, height, resolution, family) => {
        const tokens = imageTokens(width, height, { family, resolution })
        assert.ok(Number.isInteger(tokens) && tokens >= 64 && tokens <= TILES_MAX * 258, `${tokens}`)
      },
    ),
  )
})
