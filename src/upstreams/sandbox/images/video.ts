/** A stand-in for Veo: a real MP4 of some seconds that shows the prompt; its picture changes once a second. */
import { setImmediate } from 'node:timers/promises'
import { invalidField } from '../../../errors.ts'
import { plain } from './backdrops.ts'
import { colourIn } from './colours.ts'
import { createFilm } from './h264.ts'
import { imagine } from './imagine.ts'
import { type Frame, writeMp4 } from './mp4.ts'
import { type Picture, paintCanvas } from './paint.ts'
import { checkCommon, type Fields, fieldsOf, promptOf, readPredictBody } from './predict-body.ts'

const SAMPLES_MAX = 4
const SECONDS_MIN = 4
const SECONDS_MAX = 8
/** Veo 3 takes no others, although its error speaks of a range. */
const SECONDS: readonly number[] = [4, 6, 8]
const SEED_MAX = 2 ** 32 - 1
export const FRAMES_PER_SECOND = 24

const RESOLUTIONS: Readonly<Record<string, readonly [long: number, short: number]>> = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
}

/** A request for films that has been found good. */
export interface VideoRequest {
  /** Empty when there is only an image. */
  readonly prompt: string
  readonly negativePrompt: string
  /** The first frame that was asked for. */
  readonly image: { readonly mimeType: string; readonly bytes: Buffer } | undefined
  readonly width: number
  readonly height: number
  readonly durationSeconds: number
  readonly sampleCount: number
  readonly seed: number
}

export interface FilmOptions {
  /** Which of `sampleCount` films; they differ. */
  readonly sample?: number
  /** What is true of the request's image, such as `a PNG image, mostly red`; its colour becomes the background. */
  readonly imageDescription?: string
}

/** Reads the body of `:predictLongRunning`. Throws `invalid_argument` for whatever is not good. */
export function readVideoRequest(body: unknown): VideoRequest {
  const request = readPredictBody(body)
  const { instance, parameters } = request
  const prompt = promptOf(request) ?? ''
  const image = readImage(instance)
  if (prompt === '' && image === undefined) {
    throw invalidField('instances[0].prompt', 'Either a prompt or an image must be given.')
  }
  instance.refuse('lastFrame', 'video', 'referenceImages', 'mask')
  checkCommon(request)
  const isTall = parameters.choice('aspectRatio', ['16:9', '9:16']) === '9:16'
  const resolution = parameters.choice('resolution', Object.keys(RESOLUTIONS)) ?? '720p'
  const [long, short] = RESOLUTIONS[resolution]!
  parameters.flag('generateAudio')
  return {
    prompt,
    negativePrompt: parameters.text('negativePrompt') ?? '',
    image,
    width: isTall ? short : long,
    height: isTall ? long : short,
    durationSeconds: parameters.integer('durationSeconds', SECONDS_MIN, SECONDS_MAX, SECONDS) ?? SECONDS_MAX,
    sampleCount: parameters.integer('sampleCount', 1, SAMPLES_MAX) ?? 1,
    seed: parameters.integer('seed', 0, SEED_MAX) ?? 0,
  }
}

function readImage(instance: Fields): VideoRequest['image'] {
  const image = instance.object('image')
  if (image === undefined) return undefined
  const fields = fieldsOf(image, `${instance.path}.image`)
  fields.refuse('gcsUri')
  const mimeType = fields.choice('mimeType', ['image/png', 'image/jpeg', 'image/webp'])
  const bytes = Buffer.from(fields.text('bytesBase64Encoded') ?? '', 'base64')
  if (mimeType === undefined || bytes.length === 0) {
    throw invalidField(fields.path, 'An image needs both `bytesBase64Encoded` and `mimeType`.')
  }
  return { mimeType, bytes }
}

/** One film of the request, without sound. The same request and sample give the same bytes. */
export async function filmOf(
  request: VideoRequest,
  { sample = 0, imageDescription = '' }: FilmOptions = {},
): Promise<{ bytes: Buffer; mimeType: 'video/mp4' }> {
  const { width, height, durationSeconds } = request
  const film = createFilm(width, height, FRAMES_PER_SECOND)
  const stills = Array.from({ length: FRAMES_PER_SECOND - 1 }, (_, index) => film.still(index + 1))
  const frames: Frame[] = []
  for (let second = 0; second < durationSeconds; second++) {
    const canvas = paintCanvas(pictureAt(request, imageDescription, sample * SECONDS_MAX + second))
    frames.push({ unit: film.key(canvas), isKey: true })
    for (const unit of stills) frames.push({ unit, isKey: false })
    // A second takes some tens of milliseconds; others get their turn before the next one.
    await setImmediate()
  }
  return { bytes: writeMp4(film, frames, FRAMES_PER_SECOND), mimeType: 'video/mp4' }
}

function pictureAt(request: VideoRequest, imageDescription: string, step: number): Picture {
  const { prompt, negativePrompt, width, height, seed } = request
  const turns = [{ text: prompt, pictured: true }]
  if (negativePrompt !== '') turns.push({ text: `remove it: the ${negativePrompt}`, pictured: true })
  const sketch = imagine(turns)
  const colour = colourIn(imageDescription)
  const backdrop = sketch.backdrop ?? (colour === undefined ? undefined : plain(colour))
  return { ...sketch, backdrop, caption: prompt, width, height, variant: seed + step }
}
