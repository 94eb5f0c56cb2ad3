/** Finds out what a sound or a film is, whichever of the two the client said. */

import { essenceOf } from '../../translation/checks/mime-types.ts'
import { RECORDING_DECODERS } from './decoders.ts'
import type { MediaFile } from './file.ts'
import type { Recording } from './found.ts'
import { type Format, formatOf } from './sniff.ts'

/** A second of a recording that does not say how long it is, in bytes. */
const BYTES_PER_SECOND = { AUDIO: 16_000, VIDEO: 250_000 } as const

/** Frames that may begin after some junk, and so are looked for even where the first bytes do not show them. */
const SEARCHED: ReadonlyMap<string, Format> = new Map([
  ['audio/mp3', 'mp3'],
  ['audio/mpeg', 'mp3'],
  ['audio/mpga', 'mp3'],
  ['audio/x-mp3', 'mp3'],
  ['audio/aac', 'adts'],
  ['audio/x-aac', 'adts'],
  ['audio/aacp', 'adts'],
])

/** Types of formats that begin with a mark: without it a file is broken. */
const MARKED = new Set([
  ...['wav', 'x-wav', 'wave', 'vnd.wave', 'aiff', 'x-aiff', 'flac', 'x-flac'].map(audio),
  ...['ogg', 'opus', 'vorbis', 'mp4', 'm4a', 'x-m4a', 'webm', 'x-matroska', 'x-ms-wma'].map(audio),
  ...['mp4', 'quicktime', 'mov', '3gpp', '3gp', 'x-m4v', 'webm', 'x-matroska', 'ogg'].map(video),
  ...['avi', 'x-msvideo', 'msvideo', 'mp2t', 'mpeg', 'mpg', 'mpegs', 'flv', 'x-flv'].map(video),
  ...['wmv', 'x-ms-wmv'].map(video),
])

function audio(subtype: string): string {
  return `audio/${subtype}`
}

function video(subtype: string): string {
  return `video/${subtype}`
}

/** Throws `invalid_argument` for what is no recording, or a broken one. */
export async function findRecording(file: MediaFile, modality: 'AUDIO' | 'VIDEO'): Promise<Recording> {
  const shown = formatOf(file.head)
  if (shown !== 'wav') {
    const { isRaw, readRaw } = await import('./audio/raw.ts')
    if (isRaw(file.mimeType)) return readRaw(file)
  }
  const type = essenceOf(file.mimeType)
  const format = shown ?? SEARCHED.get(type)
  if (format === undefined) {
    if (MARKED.has(type)) throw file.broken()
    return guess(file, modality, type)
  }
  const decode = RECORDING_DECODERS[format]
  if (decode === undefined) throw file.broken()
  const recording = await decode(file)
  return recording.isEstimate && recording.seconds === 0
    ? { ...recording, seconds: file.sizeBytes / BYTES_PER_SECOND[modality] }
    : recording
}

/** Gemini takes any type of these families; one that nobody here can read is told by its size. */
function guess(file: MediaFile, modality: 'AUDIO' | 'VIDEO', type: string): Recording {
  if (file.sizeBytes === 0) throw file.broken()
  return {
    format: type.replace(/^[a-z]+\/(?:x-)?/, ''),
    seconds: file.sizeBytes / BYTES_PER_SECOND[modality],
    isEstimate: true,
    isUnread: true,
    sound: modality === 'AUDIO' ? {} : undefined,
    frame: modality === 'VIDEO' ? { width: 0, height: 0 } : undefined,
  }
}
