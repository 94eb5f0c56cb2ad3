import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Play } from '../play.ts'
import { bytesOf, decodePng, PICTURED, sceneOf, user } from './play.fixture.ts'
import { imagePlayer } from './play.ts'

const MODEL = 'gemini-2.5-flash-image'

async function play(
  contents: readonly object[],
  config?: object,
  media?: readonly string[],
  model = MODEL,
): Promise<Play> {
  const made = await imagePlayer(sceneOf(model, contents, config, media))
  assert.ok(made, 'it did not play')
  return made
}

const IMAGE = { responseModalities: ['IMAGE'] }

describe('the image player', () => {
  it('[MAKE-IMAGE-01] gives a picture of the prompt as base64 PNG, with its tokens', async () => {
    const { parts, media } = await play([user('a red circle on a blue background')], IMAGE)
    assert.equal(parts.length, 1)
    assert.equal(parts[0]!.inlineData?.mimeType, 'image/png')
    const pixels = decodePng(bytesOf(parts[0]))
    assert.deepEqual([pixels.width, pixels.height, pixels.at(0.5, 0.5)], [1024, 1024, 0xff0000])
    const medium = media?.get(parts[0]!)
    assert.deepEqual(
      [medium?.tokens, medium?.modality, medium?.sizeBytes],
      [1290, 'IMAGE', bytesOf(parts[0]).length],
    )
  })

  it('is as wide and high as it was asked to be', async () => {
    const imageConfig = { aspectRatio: '9:16', imageSize: '2K' }
    const { parts, media } = await play(
      [user('a cat')],
      { ...IMAGE, imageConfig },
      [],
      'gemini-3-pro-image-preview',
    )
    const pixels = decodePng(bytesOf(parts[0]))
    assert.deepEqual([pixels.width, pixels.height], [1536, 2752])
    assert.equal(media?.get(parts[0]!)?.tokens, 1120)
  })

  it('says a sentence before the picture when it may', async () => {
    const { parts } = await play([user('a red circle on a blue background')])
    assert.equal(parts.length, 2)
    assert.match(parts[0]!.text ?? '', /a red circle on a blue background\.$/)
    assert.ok(parts[1]!.inlineData)
  })

  it('[MAKE-IMAGE-04] tells a story with text and pictures in turn, no more than four', async () => {
    const { parts } = await play([user('Write a story about a cat and a boat with 3 pictures')])
    assert.deepEqual(
      parts.map((part) => (part.text === undefined ? 'image' : 'text')),
      ['text', 'image', 'text', 'image', 'text', 'image'],
    )
    const images = parts.filter((part) => part.inlineData).map((part) => part.inlineData!.data)
    assert.equal(new Set(images).size, 3)
    assert.equal((await play([user('Give me 60 pictures of a dog')], IMAGE)).parts.length, 4)
  })

  it('[MAKE-IMAGE-02] edits the picture of the turns before', async () => {
    const contents = [user('Draw a red circle on a blue background'), PICTURED, user('make the circle green')]
    const { parts } = await play(contents, IMAGE)
    const pixels = decodePng(bytesOf(parts[0]))
    assert.deepEqual([pixels.at(0.5, 0.5), pixels.at(0.02, 0.02)], [0x008000, 0x0000ff])
  })

  it("lends the user's own image its colour", async () => {
    const seen = ['a PNG image of 64 × 64 pixels, mostly red (62 %) and white']
    const { parts } = await play([user('Put a cat on this')], IMAGE, seen)
    assert.equal(decodePng(bytesOf(parts[0])).at(0.02, 0.02), 0xff0000)
  })

  it('gives the same bytes for the same request and others for another seed', async () => {
    const [first, again, other] = await Promise.all(
      [{}, {}, { seed: 5 }].map((config) => play([user('a cat')], { ...IMAGE, ...config })),
    )
    assert.deepEqual(first!.parts, again!.parts)
    assert.notDeepEqual(first!.parts, other!.parts)
  })

  it('leaves small talk to others, and says so when only a picture was allowed but none was wanted', async () => {
    assert.equal(await imagePlayer(sceneOf(MODEL, [user('Hello!')])), undefined)
    assert.equal(
      await imagePlayer(sceneOf(MODEL, [user('a cat')], { responseModalities: ['TEXT'] })),
      undefined,
    )
    assert.equal(await imagePlayer(sceneOf('gemini-2.5-flash', [user('Draw a cat')])), undefined)
    const none = await play([user('Describe a cat, text only')], IMAGE)
    assert.deepEqual([none.parts.length, none.finishReason], [0, 'NO_IMAGE'])
    assert.equal((await play([user('Hello!')], IMAGE)).parts.length, 1)
  })

  it('makes a JPEG when asked for one', async () => {
    const { parts } = await play([user('a cat')], {
      ...IMAGE,
      responseFormat: { image: { mimeType: 'IMAGE_JPEG' } },
    })
    assert.equal(parts[0]!.inlineData?.mimeType, 'image/jpeg')
    assert.deepEqual([...bytesOf(parts[0]).subarray(0, 3)], [0xff, 0xd8, 0xff])
  })

  it('refuses a bad wish even when nobody checked it before', () => {
    const scene = sceneOf(MODEL, [user('a cat')], { imageConfig: { aspectRatio: '9:9' } })
    return assert.rejects(async () => imagePlayer(scene), { code: 'invalid_argument' })
  })

  it('stops when nobody waits any more', async () => {
    const scene = sceneOf(MODEL, [user('4 pictures of a dog')], IMAGE)
    const made = await imagePlayer({ ...scene, signal: AbortSignal.abort() })
    assert.equal(made?.parts.length, 0)
  })
})
