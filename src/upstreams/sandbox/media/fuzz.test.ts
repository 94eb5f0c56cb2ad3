import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { createRandom } from '../digest.ts'
import { makeWav, pdfOfPages, read, samples16, twoColourPng } from './making.fixture.ts'
import { FIXTURES, type MediaFixture } from './testing.fixture.ts'

/** Of one damaged file, on a busy machine; the slowest takes some milliseconds. */
const CASE_CPU_MICROS_MAX = 2_000_000
const CUTS_PER_FILE = 40
const FLIPS_PER_FILE = 60

const MEDIA: readonly MediaFixture[] = [
  ...Object.values(FIXTURES),
  { mimeType: 'image/png', bytes: twoColourPng([9, 9], 4, [230, 20, 20], [255, 255, 255], 4) },
  { mimeType: 'audio/wav', bytes: makeWav({ sampleRate: 8_000, channels: 2, data: samples16(400, 99) }) },
  { mimeType: 'application/pdf', bytes: pdfOfPages(['BT (one) Tj ET', 'BT [(t) -400 (wo)] TJ ET']) },
]

/** Either a medium that can be true, or Google's refusal. */
async function check(mimeType: string, bytes: Buffer, what: string): Promise<void> {
  const started = process.cpuUsage()
  try {
    const medium = await read(mimeType, bytes, { family: 2.5 })
    assert.ok(Number.isSafeInteger(medium.tokens) && medium.tokens > 0, `${what}: ${medium.tokens} tokens`)
    assert.doesNotMatch(medium.description, /NaN|Infinity|undefined|\b-\d/, what)
  } catch (error) {
    assert.ok(error instanceof GatewayError, `${what}: ${(error as Error).stack}`)
    assert.equal(error.code, 'invalid_argument', what)
  }
  const { user, system } = process.cpuUsage(started)
  assert.ok(user + system < CASE_CPU_MICROS_MAX, `${what}: ${user + system} µs`)
}

test('[MEDIA-08] a file that ends anywhere is read or refused', async () => {
  for (const { mimeType, bytes } of MEDIA) {
    const step = Math.max(1, Math.floor(bytes.length / CUTS_PER_FILE))
    for (let end = 0; end < bytes.length; end += step) {
      await check(mimeType, bytes.subarray(0, end), `${mimeType} cut at ${end}`)
    }
  }
})

test('[MEDIA-08] a file with any bytes changed is read or refused', async () => {
  const random = createRandom(20_261_120)
  for (const { mimeType, bytes } of MEDIA) {
    for (let round = 0; round < FLIPS_PER_FILE; round++) {
      const damaged = Buffer.from(bytes)
      const changes = 1 + random.below(8)
      for (let change = 0; change < changes; change++) {
        // Headers are where damage matters most.
        const range = round % 2 === 0 ? Math.min(256, damaged.length) : damaged.length
        const at = random.below(range)
        damaged[at] = random.pick([0, 0xff, 0x7f, 0x80, random.below(256)])
      }
      await check(mimeType, damaged, `${mimeType} round ${round}`)
    }
  }
})

test('[MEDIA-08] noise behind any beginning is read or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MEDIA),
      fc.nat(128),
      fc.uint8Array({ maxLength: 512 }),
      async ({ mimeType, bytes }, kept, noise) => {
        await check(mimeType, Buffer.concat([bytes.subarray(0, kept), noise]), `${mimeType} after ${kept}`)
      },
    ),
    { numRuns: 500 },
  )
})
