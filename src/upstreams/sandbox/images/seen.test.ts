/** What the sandbox makes, given back to the readers with which it looks at what clients send. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { read } from '../media/making.fixture.ts'
import { encodeAudio } from '../speech/encode.ts'
import { speak } from '../speech/speak.ts'
import { VOICE_STANDARD } from '../speech/voices.ts'
import { colourIn } from './colours.ts'
import { imagine } from './imagine.ts'
import { type Picture, paint, paintJpeg } from './paint.ts'
import { filmOf, readVideoRequest } from './video.ts'

const TEXT = 'a red circle on a blue background'
const PICTURE: Picture = {
  ...imagine([{ text: TEXT, pictured: false }]),
  width: 333,
  height: 250,
  variant: 0,
}

describe('what the sandbox makes can be seen and heard by itself', () => {
  for (const [mimeType, bytes] of [
    ['image/png', paint(PICTURE)],
    ['image/jpeg', paintJpeg(PICTURE, 75)],
    ['image/jpeg', paintJpeg(PICTURE, 10)],
  ] as const) {
    it(`[MAKE-IMAGE-06] as ${mimeType} of ${bytes.length} bytes`, async () => {
      const { description } = await read(mimeType, bytes)
      assert.match(description, /333 × 250 pixels, mostly blue \(\d\d %\) and red/)
      assert.equal(colourIn(description), 0x0000ff)
    })
  }

  it('as a film', async () => {
    const request = readVideoRequest({ instances: [{ prompt: TEXT }], parameters: { durationSeconds: 6 } })
    const { description } = await read('video/mp4', (await filmOf(request)).bytes)
    assert.match(description, /^an MP4 video of 6\.0 seconds, 1280 × 720 pixels/)
  })

  it('as speech', async () => {
    const samples = speak('Hello there, how are you today?', VOICE_STANDARD)
    const { description } = await read('audio/wav', encodeAudio(samples, 'AUDIO_WAV', 24_000))
    assert.match(description, /^a WAV recording of [23]\.\d seconds, 24 kHz, mono, peak level [2-5]\d %$/)
  })

  it('and a colour is found in a description', () => {
    const CASES: readonly (readonly [string, number | undefined])[] = [
      ['a PNG image of 2 × 2 pixels, all green', 0x008000],
      ['a PNG image of 2 × 2 pixels, in navy (41 %), grey (21 %) and beige (19 %)', 0x000080],
      ['a PDF of 3 pages', undefined],
    ]
    for (const [description, expected] of CASES) assert.equal(colourIn(description), expected)
    assert.notEqual(colourIn('mostly light blue (60 %)'), 0x0000ff)
  })
})
