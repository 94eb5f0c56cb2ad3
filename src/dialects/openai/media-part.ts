/** Media of a request: in it, at an address, or stored before. */
import type { Part } from '../../wire/gemini.ts'
import { invalid, type Members, missing, unspeakable } from './values.ts'

/** How closely the model looks at a picture. */
export const DETAILS = ['auto', 'low', 'high', 'original'] as const

const LEVELS: Readonly<Record<string, string | undefined>> = {
  low: 'MEDIA_RESOLUTION_LOW',
  high: 'MEDIA_RESOLUTION_HIGH',
}

export function resolutionOf(detail: (typeof DETAILS)[number] | undefined): Part {
  const level = detail === undefined ? undefined : LEVELS[detail]
  return level === undefined ? {} : { mediaResolution: { level } }
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

/** A budget reckons with a picture where one is shown, and a film costs a hundred times as much. */
export function picturePart(url: string, param: string): Part {
  const medium = mediumPart(url, 'image/jpeg', param)
  const { mimeType = '' } = medium.inlineData ?? medium.fileData ?? {}
  if (!/^image\//i.test(mimeType)) throw invalid(param, `Invalid '${param}': expected an image.`)
  return medium
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

/** A file in the request, or one that was stored before: by its name, `files/…`. */
export function filePart(file: Members): Part {
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
  return storedPart(id, usual, file.pathOf('file_id'))
}

/** By the name that it got when it was stored, or by its address. */
export function storedPart(id: string, mimeType: string, param: string): Part {
  if (/^(?:files\/|https?:\/\/|gs:\/\/)/i.test(id)) return { fileData: { mimeType, fileUri: id } }
  throw unspeakable(param, "this is no file of the model's own service")
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

export function audioPart(sound: Members): Part {
  const mimeType = SOUNDS[sound.word('format', Object.keys(SOUNDS)) ?? missing(sound, 'format')] as string
  return { inlineData: { mimeType, data: sound.required('data') } }
}
