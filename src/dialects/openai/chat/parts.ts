/** Parts of a message: text, and media that lie in it or at an address. */
import type { Part } from '../../../wire/gemini.ts'
import { audioPart, DETAILS, filePart, mediumPart, resolutionOf } from '../media-part.ts'
import { invalid, type Members, missing } from '../values.ts'

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
      return mediumPart(addressed(part, 'video_url').required('url'), 'video/mp4', part.path)
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

function imagePart(part: Members): Part {
  const image = addressed(part, 'image_url')
  const detail = image.word('detail', DETAILS)
  return { ...mediumPart(image.required('url'), 'image/jpeg', image.pathOf('url')), ...resolutionOf(detail) }
}

/** An object with an address, or the address alone, as some clients write it. */
function addressed(part: Members, name: string): Pick<Members, 'required' | 'word' | 'pathOf'> {
  const value = part.take(name)
  if (typeof value !== 'string') return part.object(name) ?? missing(part, name)
  return { required: () => value, word: () => undefined, pathOf: () => part.pathOf(name) }
}
