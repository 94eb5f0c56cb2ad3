/** Imagen's `:predict`: up to four pictures of one prompt. */
import { invalidField } from '../../../errors.ts'
import { readOutputOptions } from './check.ts'
import { imagine } from './imagine.ts'
import { type Picture, paint, paintJpeg } from './paint.ts'
import { checkCommon, promptOf, readPredictBody } from './predict-body.ts'
import { pixelsOf, TABLE_IMAGEN } from './size.ts'

const SAMPLES_MAX = 4
/** The fast grade has one size. */
const SIZES_FAST = ['1K']
const SEED_MAX = 2 ** 32 - 1

/**
 * Answers `{"instances":[{"prompt"}],"parameters":{sampleCount, aspectRatio, sampleImageSize, outputOptions, seed,
 * negativePrompt, …}}` with `{mimeType, bytesBase64Encoded}` each. Parameters that it does not know are left alone, as
 * they are untyped on the wire. Throws `invalid_argument`.
 */
export function predictImages(body: unknown, modelId: string): { predictions: object[] } {
  const request = readPredictBody(body)
  const { instance, parameters } = request
  const prompt = promptOf(request)
  if (prompt === undefined) throw invalidField('instances[0].prompt', 'The prompt must not be empty.')
  instance.refuse('image', 'mask', 'referenceImages')
  checkCommon(request)
  const samples = parameters.integer('sampleCount', 1, SAMPLES_MAX) ?? SAMPLES_MAX
  const seed = parameters.integer('seed', 0, SEED_MAX)
  const aspectRatio = parameters.choice('aspectRatio', TABLE_IMAGEN.ratios) ?? '1:1'
  const sizes = modelId.includes('-fast-') ? SIZES_FAST : TABLE_IMAGEN.sizes
  const imageSize =
    parameters.choice('sampleImageSize', sizes) ?? parameters.choice('imageSize', sizes) ?? '1K'
  const options = readOutputOptions(parameters.object('outputOptions') ?? {}, 'parameters.outputOptions')
  const sketch = sketchOf(prompt, parameters.text('negativePrompt'))
  const pixels = pixelsOf(TABLE_IMAGEN, aspectRatio, imageSize)
  const enhanced = parameters.flag('enhancePrompt') ? { prompt } : {}
  const predictions = Array.from({ length: samples }, (_, index) => {
    const picture: Picture = { ...sketch, ...pixels, variant: (seed ?? 0) + index }
    const bytes = options.mimeType === 'image/png' ? paint(picture) : paintJpeg(picture, options.quality)
    return { mimeType: options.mimeType, bytesBase64Encoded: bytes.toString('base64'), ...enhanced }
  })
  return { predictions }
}

/** The negative prompt names what must not be on the picture. */
function sketchOf(prompt: string, negativePrompt: string | undefined): ReturnType<typeof imagine> {
  const turns = [{ text: prompt, pictured: true }]
  if (negativePrompt) turns.push({ text: `remove it: the ${negativePrompt}`, pictured: true })
  return { ...imagine(turns), caption: prompt }
}
