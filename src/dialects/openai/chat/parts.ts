/** Parts of a message: text, and media that lie in it or at an address. */
import type { Part } from '../../../wire/gemini.ts'
import { audioPart, DETAILS, filePart, mediumPart, picturePart, resolutionOf } from '../media-part.ts'
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

function imagePart(part: Members): Part {
  const image = part.object('image_url') ?? missing(part, 'image_url')
  const resolution = resolutionOf(image.word('detail', DETAILS))
  return { ...picturePart(image.required('url'), image.pathOf('url')), ...resolution }
}
