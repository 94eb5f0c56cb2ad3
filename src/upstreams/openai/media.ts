/** A medium as a part of a message's content, where the target has one for it. */
import { untranslatable } from '../../nouns/report.ts'
import type { Medium, MediumPiece } from '../translation/conversation.ts'
import type { MessageContext } from './context.ts'
import type { Json } from './responses/json.ts'

const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/vnd.wave': 'wav',
  'audio/mp3': 'mp3',
  'audio/mpeg': 'mp3',
  'audio/aiff': 'aiff',
  'audio/x-aiff': 'aiff',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/x-flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/m4a': 'm4a',
  'audio/x-m4a': 'm4a',
}

const PDF = 'application/pdf'

/** Throws `untranslatable` for what the target has no part for. */
export function mediumPart(piece: MediumPiece, context: MessageContext): Json {
  switch (piece.medium.kind) {
    case 'image':
      return imagePart(piece, context)
    case 'audio':
      return audioPart(piece, context)
    case 'document':
      return documentPart(piece, context)
    case 'video':
      return videoPart(piece, context)
    case 'text':
      return textPart(piece, context)
  }
}

function imagePart({ medium, path }: MediumPiece, { flags, detail }: MessageContext): Json {
  if ('url' in medium.source) {
    if (!flags.hasImageUrls || flags.imageTypes.length === 0) throw refusal(path, 'images by address')
  } else if (!flags.imageTypes.includes(medium.mimeType)) throw refusal(path, medium.mimeType)
  return { type: 'image_url', image_url: { url: urlOf(medium), ...(detail !== undefined && { detail }) } }
}

function audioPart({ medium, path }: MediumPiece, { flags }: MessageContext): Json {
  const format = AUDIO_FORMATS[medium.mimeType]
  if (format === undefined || !flags.audioFormats.includes(format)) throw refusal(path, medium.mimeType)
  if ('url' in medium.source) throw refusal(path, 'audio by address')
  return { type: 'input_audio', input_audio: { data: medium.source.base64, format } }
}

function documentPart({ medium, path }: MediumPiece, { flags }: MessageContext): Json {
  if (flags.documents === 'none' || medium.mimeType !== PDF) throw refusal(path, medium.mimeType)
  if ('url' in medium.source && !flags.hasDocumentUrls) throw refusal(path, 'documents by address')
  const url = urlOf(medium)
  if (flags.documents === 'document_url') {
    return {
      type: 'document_url',
      document_url: url,
      ...(medium.name !== undefined && { document_name: medium.name }),
    }
  }
  // A name is asked for.
  return { type: 'file', file: { filename: medium.name ?? 'document.pdf', file_data: url } }
}

function videoPart({ medium, path }: MediumPiece, { flags }: MessageContext): Json {
  if (flags.video === 'none') throw refusal(path, medium.mimeType)
  if (flags.video === 'video_url') return { type: 'video_url', video_url: { url: urlOf(medium) } }
  const video = 'url' in medium.source ? { url: medium.source.url } : { data: medium.source.base64 }
  return { type: 'input_video', input_video: video }
}

function textPart({ medium, path }: MediumPiece, { report }: MessageContext): Json {
  if ('url' in medium.source) throw refusal(path, 'text by address')
  report.approximated(path, 'the file is given as text of the prompt')
  return { type: 'text', text: Buffer.from(medium.source.base64, 'base64').toString('utf8') }
}

function urlOf({ mimeType, source }: Medium): string {
  return 'url' in source ? source.url : `data:${mimeType};base64,${source.base64}`
}

function refusal(path: string, what: string) {
  return untranslatable(path, `the target does not take ${what}`)
}
