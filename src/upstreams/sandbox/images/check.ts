/** What a request says about the images that it wants, checked against its model. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { Complaints } from '../../translation/checks/complaints.ts'
import { notYet } from '../errors.ts'
import type { SandboxModel } from '../models.ts'
import { checkModalities, modalitiesOf } from './modalities.ts'
import { sizeTable } from './size.ts'

type GenerationConfig = GeminiMessage<'GenerationConfig'>
type ImageConfig = GeminiMessage<'ImageConfig'>
type ImageFormat = GeminiMessage<'ImageResponseFormat'>

/** How the images of an answer are to be. */
export interface ImageWish {
  /** Such as `16:9`; it is in the model's table. */
  readonly aspectRatio: string
  readonly imageSize: string
  readonly mimeType: 'image/png' | 'image/jpeg'
  /** Of a JPEG, from 0 to 100. */
  readonly quality: number
}

const CONFIG = 'generation_config.image_config'
const FORMAT = 'generation_config.response_format'
const RATIO_STANDARD = '1:1'
const SIZE_STANDARD = '1K'
const QUALITY_STANDARD = 75

/** Throws Google's 400 for modalities and image settings that the model does not take. */
export function checkImageConfig(model: SandboxModel, config: GenerationConfig | undefined): void {
  checkModalities(model, config)
  if (config === undefined) return
  if (!model.outputs.includes('IMAGE')) return refuseOnOthers(model, config)
  if (config.imageConfig !== undefined || formatOf(config) !== undefined) imageWishOf(model, config)
  if ((config.candidateCount ?? 1) > 1 && modalitiesOf(model, config).has('IMAGE')) {
    throw invalidField(
      'generation_config.candidate_count',
      `Multiple candidates is not enabled for models/${model.id}`,
    )
  }
}

function refuseOnOthers(model: SandboxModel, config: GenerationConfig): void {
  const text = `Image output is not enabled for models/${model.id}`
  if (hasSettings(config.imageConfig)) throw invalidField(CONFIG, text)
  if (formatOf(config) !== undefined) throw invalidField(FORMAT, text)
}

/** An empty message says nothing. */
function hasSettings(message: object | undefined): boolean {
  return message !== undefined && Object.keys(message).length > 0
}

function formatOf(config: GenerationConfig | undefined): ImageFormat | undefined {
  return config?.responseFormat?.find(({ image }) => image !== undefined)?.image
}

/** Throws `invalid_argument` for values that the model does not know. */
export function imageWishOf(model: SandboxModel, config: GenerationConfig | undefined): ImageWish {
  const format = formatOf(config)
  if (format !== undefined) {
    if (hasSettings(config?.imageConfig)) {
      throw invalidField(FORMAT, 'Only one of image_config and response_format.image may be set.')
    }
    return wishOfFormat(model, format)
  }
  const image = config?.imageConfig ?? {}
  const { aspectRatio, imageSize } = image
  const wish = checkValues(model, aspectRatio || undefined, imageSize || undefined, `${CONFIG}.`)
  checkPeople(image)
  return { ...wish, ...readOutputOptions(image.imageOutputOptions ?? {}) }
}

function checkValues(
  model: SandboxModel,
  aspectRatio: string = RATIO_STANDARD,
  imageSize: string = SIZE_STANDARD,
  path: string,
): Pick<ImageWish, 'aspectRatio' | 'imageSize'> {
  const table = sizeTable(model.family)
  const complaints = new Complaints('GenerateContentRequest')
  if (!table.ratios.includes(aspectRatio)) {
    complaints.add(`${path}aspect_ratio`, `aspect_ratio must be one of ${quoted(table.ratios)}.`)
  }
  if (!table.sizes.includes(imageSize)) {
    complaints.add(`${path}image_size`, `image_size must be one of ${quoted(table.sizes)}.`)
  }
  complaints.throwAny()
  return { aspectRatio, imageSize }
}

/** `'1:1', '2:3'` */
export function quoted(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}

const PERSON_GENERATION = ['ALLOW_ALL', 'ALLOW_ADULT', 'ALLOW_NONE']
const PROMINENT_PEOPLE = ['ALLOW_PROMINENT_PEOPLE', 'BLOCK_PROMINENT_PEOPLE']

function checkPeople({ personGeneration, prominentPeople }: ImageConfig): void {
  const complaints = new Complaints('GenerateContentRequest')
  const check = (field: string, value: string | undefined, allowed: readonly string[]): void => {
    if (!value || value.endsWith('_UNSPECIFIED') || allowed.includes(value.toUpperCase())) return
    complaints.add(`${CONFIG}.${field}`, `${field} must be one of ${quoted(allowed)}.`)
  }
  check('person_generation', personGeneration, PERSON_GENERATION)
  check('prominent_people', prominentPeople, PROMINENT_PEOPLE)
  complaints.throwAny()
}

/** Vertex's `{mimeType, compressionQuality}`, which Imagen calls `outputOptions`. */
export function readOutputOptions(
  options: Readonly<Record<string, unknown>>,
  field = `${CONFIG}.image_output_options`,
): Pick<ImageWish, 'mimeType' | 'quality'> {
  const mimeType = options.mimeType ?? options.mime_type ?? 'image/png'
  const quality = options.compressionQuality ?? options.compression_quality ?? QUALITY_STANDARD
  if (mimeType !== 'image/png' && mimeType !== 'image/jpeg') {
    const shown = typeof mimeType === 'string' ? shorten(mimeType) : typeof mimeType
    throw invalidField(
      `${field}.mime_type`,
      `Unsupported output MIME type: ${shown}. Allowed: image/png, image/jpeg.`,
    )
  }
  if (typeof quality !== 'number' || !(quality >= 0 && quality <= 100)) {
    throw invalidField(`${field}.compression_quality`, 'compressionQuality must be in the range [0, 100].')
  }
  return { mimeType, quality }
}

const RATIO_WORDS: Readonly<Record<string, string>> = {
  ONE: '1',
  TWO: '2',
  THREE: '3',
  FOUR: '4',
  FIVE: '5',
  EIGHT: '8',
  NINE: '9',
  SIXTEEN: '16',
  TWENTY_ONE: '21',
}
const SIZE_NAMES: Readonly<Record<string, string>> = {
  IMAGE_SIZE_FIVE_TWELVE: '512',
  IMAGE_SIZE_ONE_K: '1K',
  IMAGE_SIZE_TWO_K: '2K',
  IMAGE_SIZE_FOUR_K: '4K',
}

/** `responseFormat` names the same things by enums, and knows JPEG only. */
function wishOfFormat(model: SandboxModel, format: ImageFormat): ImageWish {
  if (format.delivery === 'URI') throw notYet(`${FORMAT}.image.delivery`, 'Delivery by URI')
  const ratio = /^ASPECT_RATIO_(.+)_BY_(.+)$/.exec(format.aspectRatio ?? '')
  const aspectRatio = ratio === null ? undefined : `${RATIO_WORDS[ratio[1]!]}:${RATIO_WORDS[ratio[2]!]}`
  const wish = checkValues(model, aspectRatio, SIZE_NAMES[format.imageSize ?? ''], `${FORMAT}.image.`)
  const mimeType = format.mimeType === 'IMAGE_JPEG' ? 'image/jpeg' : 'image/png'
  return { ...wish, mimeType, quality: QUALITY_STANDARD }
}
