/** Parts of a message: text, and media that lie in it or at an address. */
import type { Part } from '../../../wire/gemini.ts'
import { invalid, type Members, unspeakable, wrongType } from '../values.ts'

const KINDS = ['text', 'image_url', 'input_audio', 'file', 'video_url', 'refusal'] as const

export function partOf(part: Members): Part {
  switch (part.word('type', KINDS)) {
    case 'text':
    case 'refusal':
      return { text: textOfPart(part) }
    case 'image_url':
      return imagePart(part)
    case 'input_audio':
      return audioPart(part.object('input_audio') ?? missing(part, 'input_audio'))
    case 'file':
      return filePart(part.object('file') ?? missing(part, 'file'))
    case 'video_url':
      return mediumPart(
        (part.object('video_url') ?? missing(part, 'video_url')).required('url'),
        'video/mp4',
        part.path,
      )
    default:
      throw missing(part, 'type')
  }
}

export function textOfPart(part: Members): string {
  const type = part.word('type', KINDS)
  if (type === 'refusal') return part.required('refusal')
  if (type === 'text') return part.required('text')
  throw invalid(part.pathOf('type'), `Invalid value: '${type}'. Only text may stand at '${part.path}'.`)
}

const DETAILS: Readonly<Record<string, string | undefined>> = {
  low: 'MEDIA_RESOLUTION_LOW',
  high: 'MEDIA_RESOLUTION_HIGH',
}

function imagePart(part: Members): Part {
  const image = part.object('image_url') ?? missing(part, 'image_url')
  const detail = image.word('detail', ['auto', 'low', 'high', 'original'])
  const level = detail === undefined ? undefined : DETAILS[detail]
  const medium = mediumPart(image.required('url'), 'image/jpeg', image.pathOf('url'))
  const { mimeType = '' } = medium.inlineData ?? medium.fileData ?? {}
  // A budget reckons with a picture here, and a film costs a hundred times as much.
  if (!/^image\//i.test(mimeType))
    throw invalid(image.pathOf('url'), `Invalid '${image.pathOf('url')}': expected an image.`)
  return {
    ...medium,
    ...(level !== undefined && { mediaResolution: { level } }),
  }
}

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*?(;base64)?,/i

/** Of an address: a data URL as the bytes that it is, any other one as a file to be fetched. */
export function mediumPart(url: string, usualType: string, param: string): Part {
  if (!/^data:/i.test(url)) {
    if (!/^(?:https?|gs):\/\//i.test(url) && !url.startsWith('files/'))
      throw invalid(param, `Invalid '${param}': expected a data URL or an address with http or https.`)
    return { fileData: { mimeType: typeByName(url) ?? usualType, fileUri: url } }
  }
  const head = DATA_URL.exec(url.slice(0, HEAD_CHARACTERS_MAX))
  if (head === null || head[2] === undefined)
    throw invalid(param, `Invalid '${param}': a data URL must be base64.`)
  return { inlineData: { mimeType: head[1] || usualType, data: url.slice(head[0].length) } }
}

/** What stands in front of the data is short; the data may be many megabytes. */
const HEAD_CHARACTERS_MAX = 256

const TYPES_BY_NAME: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  heic: 'image/heic',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
}

export function typeByName(name: string): string | undefined {
  const ending = /\.([a-z0-9]{2,5})(?:[?#].*)?$/i.exec(name)?.[1]
  return ending === undefined ? undefined : TYPES_BY_NAME[ending.toLowerCase()]
}

const SOUNDS: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  aiff: 'audio/aiff',
  m4a: 'audio/m4a',
  pcm16: 'audio/pcm',
}

function audioPart(sound: Members): Part {
  const mimeType = SOUNDS[sound.word('format', Object.keys(SOUNDS)) ?? missing(sound, 'format')] as string
  return { inlineData: { mimeType, data: sound.required('data') } }
}

/** A file in the request, or one that was stored before: by its name, `files/…`. */
function filePart(file: Members): Part {
  const name = file.text('filename')
  const data = file.text('file_data')
  const id = file.text('file_id')
  const format = file.text('format')
  const usual = format ?? (name === undefined ? undefined : typeByName(name)) ?? 'application/pdf'
  if (data !== undefined) {
    // The bytes alone are taken as well as a data URL of them.
    if (/^(?:data:|https?:\/\/)/i.test(data)) return mediumPart(data, usual, file.pathOf('file_data'))
    return { inlineData: { mimeType: usual, data } }
  }
  if (id === undefined) throw missing(file, 'file_data')
  if (/^(?:files\/|https?:\/\/|gs:\/\/)/i.test(id)) return { fileData: { mimeType: usual, fileUri: id } }
  throw unspeakable(file.pathOf('file_id'), "this is no file of the model's own service")
}

function missing(members: Members, name: string): never {
  const path = members.pathOf(name)
  if (members.take(name) !== undefined) throw wrongType(path, 'another type', members.take(name))
  throw invalid(path, `Missing required parameter: '${path}'.`)
}
