/** Plays the models that make images: pictures of what the conversation asks for, with words around them or without. */
import { setImmediate } from 'node:timers/promises'
import type { Part } from '../../../wire/gemini.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import type { Medium } from '../media/medium.ts'
import type { Play, Player, Scene } from '../play.ts'
import { plain } from './backdrops.ts'
import { type ImageWish, imageWishOf } from './check.ts'
import { colourIn } from './colours.ts'
import { asksForPicture, imagine, type Turn } from './imagine.ts'
import { modalitiesOf } from './modalities.ts'
import { type Picture, paint, paintJpeg } from './paint.ts'
import { imageTokens, pixelsOf, sizeTable } from './size.ts'
import { describeSketch, type Sketch } from './sketch.ts'
import { imagesWanted, introduce, narrate } from './story.ts'

/** Plays when the answer may have images; a prompt that wants none on a model of text and images is left to others. */
export const imagePlayer: Player = (scene) => {
  const { model, request } = scene.generation
  const modalities = modalitiesOf(model, request.generationConfig)
  if (!modalities.has('IMAGE')) return undefined
  const textToo = modalities.has('TEXT')
  const { prompt, media } = scene.conversation
  const asks = asksForPicture(prompt) || media.length > 0
  const count = imagesWanted(prompt, asks, textToo)
  if (count > 0) return playImages(scene, count, textToo)
  return textToo ? undefined : { parts: [], finishReason: 'NO_IMAGE' }
}

async function playImages(scene: Scene, count: number, textToo: boolean): Promise<Play> {
  const { model, request } = scene.generation
  const config = request.generationConfig
  const wish = imageWishOf(model, config)
  const turns = turnsOf(request.contents ?? [])
  const sketch = onUsersImage(imagine(turns), scene.conversation.media)
  const pixels = pixelsOf(sizeTable(model.family), wish.aspectRatio, wish.imageSize)
  const tokens = imageTokens(model.family, wish.imageSize)
  const parts: Part[] = []
  const media = new Map<Part, Medium>()
  for (let index = 0; index < count && !scene.signal.aborted; index++) {
    const variant = variantOf(config?.seed) + index
    const picture: Picture = { ...sketch, ...pixels, caption: captionOf(sketch, index, count), variant }
    if (textToo) parts.push({ text: wordsFor(scene, sketch, turns, index, count) })
    const part = partOf(picture, wish)
    parts.push(part)
    media.set(part, mediumOf(picture, part, wish, tokens))
    // A large picture takes some time; others get their turn before the next one.
    await setImmediate()
  }
  return { parts, media }
}

/** Another seed, another arrangement of the same things. */
function variantOf(seed: number | undefined): number {
  return seed === undefined ? 0 : 1 + (Math.abs(seed) % 1_000)
}

function captionOf({ caption }: Sketch, index: number, count: number): string {
  return count === 1 || caption === '' ? caption : `${index + 1}/${count}: ${caption}`
}

function wordsFor(
  scene: Scene,
  sketch: Sketch,
  turns: readonly Turn[],
  index: number,
  count: number,
): string {
  const description = describeSketch(sketch)
  if (count > 1) return narrate(scene.conversation.prompt, description, index, count)
  const isEdit = turns.slice(0, -1).some(({ pictured }) => pictured)
  return introduce(description, isEdit, (choices) => scene.random.pick(choices))
}

function partOf(picture: Picture, { mimeType, quality }: ImageWish): Part {
  const bytes = mimeType === 'image/png' ? paint(picture) : paintJpeg(picture, quality)
  return { inlineData: { mimeType, data: bytes.toString('base64') } }
}

function mediumOf(picture: Picture, part: Part, { mimeType }: ImageWish, tokens: number): Medium {
  const { width, height, caption } = picture
  const format = mimeType === 'image/png' ? 'PNG' : 'JPEG'
  return {
    mimeType,
    modality: 'IMAGE',
    sizeBytes: Buffer.byteLength(part.inlineData?.data ?? '', 'base64'),
    tokens,
    description: `a ${format} image of ${width} × ${height} pixels: ${describeSketch(picture)}`,
    text: caption,
  }
}

/** What the user said, turn by turn, and whether the model drew something then. */
function turnsOf(contents: readonly GeminiMessage<'Content'>[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const { role, parts = [] } of contents) {
    if (role?.toLowerCase() !== 'model') {
      turns.push({ text: textOf(parts), pictured: false })
      continue
    }
    const last = turns.pop()
    if (last === undefined) continue
    const pictured = parts.some((part) => /^image\//i.test(mimeTypeOf(part)))
    turns.push({ ...last, pictured: last.pictured || pictured })
  }
  return turns
}

function textOf(parts: readonly GeminiMessage<'Part'>[]): string {
  return parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n')
}

function mimeTypeOf({ inlineData, fileData }: GeminiMessage<'Part'>): string {
  return inlineData?.mimeType ?? fileData?.mimeType ?? ''
}

/** A picture of the user's own lends its main colour to the background, unless the prompt names another one. */
function onUsersImage(sketch: Sketch, media: readonly string[]): Sketch {
  if (sketch.backdrop !== undefined) return sketch
  for (const description of media) {
    const colour = colourIn(description)
    if (colour !== undefined) return { ...sketch, backdrop: plain(colour) }
  }
  return sketch
}
