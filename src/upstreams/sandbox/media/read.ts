/** Reads one medium: what it is, what it costs, and what words are in it. */
import { invalidField } from '../../../errors.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'
import { countTokens } from '../../tokenizer.ts'
import type { Modality } from '../../translation/checks/mime-types.ts'
import { modalityOf } from '../../translation/checks/mime-types.ts'
import { brokenMedium } from './broken.ts'
import { clipOf, describeClip, type VideoMetadata } from './clip.ts'
import { DOCUMENT_DECODERS, PICTURE_DECODERS } from './decoders.ts'
import { describeDocument, describePicture, describeSound, describeVideo } from './describe.ts'
import { type MediaFile, openMedia } from './file.ts'
import type { Document, Picture, Recording } from './found.ts'
import type { Medium } from './medium.ts'
import { findRecording } from './recordings.ts'
import { formatOf } from './sniff.ts'
import type { MediumSource } from './source.ts'
import { imageTokens, type MediaResolution, pageTokens, soundTokens, videoTokens } from './tokens.ts'

export interface ReadOptions {
  /** The part's, or else the request's. */
  readonly resolution: MediaResolution | undefined
  readonly videoMetadata?: VideoMetadata | undefined
  /** Path of the part's data, such as `contents[0].parts[1].inline_data`. */
  readonly field: string
  /** The model's generation, such as 2.5 or 3: the token rules differ. */
  readonly family: number
}

/**
 * Throws `invalid_argument` for a mime type that Gemini does not take, for bytes that are no such medium, and for a
 * clip (`videoMetadata`) that cannot be cut.
 */
export async function readMedium(source: MediumSource, options: ReadOptions): Promise<Medium> {
  const modality = modalityOf(source.mimeType)
  if (modality === undefined) {
    throw invalidField(`${options.field}.mime_type`, `Unsupported MIME type: ${shorten(source.mimeType)}`)
  }
  const file = await openMedia(source, modality)
  switch (modality) {
    case 'TEXT':
      return textMedium(file)
    case 'IMAGE':
      return pictureMedium(file, await findPicture(file), options)
    case 'AUDIO':
      return soundMedium(file, await findRecording(file, 'AUDIO'))
    case 'VIDEO':
      return videoMedium(file, await findRecording(file, 'VIDEO'), options)
    case 'DOCUMENT':
      return documentMedium(file, await findDocument(file), options)
  }
}

/** How long a sound or a film lasts, in seconds. Throws `invalid_argument` for what is neither. */
export async function readSeconds(source: MediumSource): Promise<number> {
  const modality = modalityOf(source.mimeType)
  if (modality !== 'AUDIO' && modality !== 'VIDEO') throw brokenMedium('VIDEO')
  const file = await openMedia(source, modality)
  return (await findRecording(file, modality)).seconds
}

async function findPicture(file: MediaFile): Promise<Picture> {
  const format = formatOf(file.head)
  const decode = format && PICTURE_DECODERS[format]
  // A JPEG that is called a PNG is taken for what it is; anything else is no picture.
  if (decode === undefined) throw file.broken()
  return decode(file)
}

async function findDocument(file: MediaFile): Promise<Document> {
  const format = formatOf(file.head)
  const decode = format && DOCUMENT_DECODERS[format]
  if (decode === undefined) throw file.broken()
  return decode(file)
}

async function textMedium(file: MediaFile): Promise<Medium> {
  const { readPlainText } = await import('./document/plain.ts')
  const { text, description, scale } = await readPlainText(file)
  return mediumOf(file, 'TEXT', Math.ceil(countTokens(text) * scale), description, text)
}

function pictureMedium(file: MediaFile, picture: Picture, options: ReadOptions): Medium {
  const tokens = imageTokens(picture.width, picture.height, options)
  return mediumOf(file, 'IMAGE', tokens, describePicture(picture))
}

function soundMedium(file: MediaFile, recording: Recording): Medium {
  if (recording.sound === undefined) throw file.broken()
  return mediumOf(file, 'AUDIO', Math.max(1, soundTokens(recording.seconds)), describeSound(recording))
}

function videoMedium(file: MediaFile, recording: Recording, options: ReadOptions): Medium {
  const { frame, sound, seconds } = recording
  // Browsers call what they record a video even when there is only sound in it.
  if (frame === undefined) {
    return mediumOf(file, 'VIDEO', Math.max(1, soundTokens(seconds)), describeSound(recording))
  }
  const clip = clipOf(seconds, options.videoMetadata, options.field)
  const tokens = videoTokens(clip.end - clip.start, clip.fps, sound !== undefined, options)
  return mediumOf(file, 'VIDEO', tokens, describeVideo(recording) + describeClip(clip))
}

function documentMedium(file: MediaFile, document: Document, options: ReadOptions): Medium {
  const tokens = pageTokens(document.pages, options)
  return mediumOf(file, 'DOCUMENT', tokens, describeDocument(document), document.text)
}

function mediumOf(
  { mimeType, sizeBytes }: MediaFile,
  modality: Modality,
  tokens: number,
  description: string,
  text = '',
): Medium {
  return Object.freeze({ mimeType, modality, sizeBytes, tokens, description, text })
}
