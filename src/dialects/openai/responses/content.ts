/** Parts of an item's content. */
import type { Part } from '../../../wire/gemini.ts'
import {
  audioPart,
  DETAILS,
  filePart,
  mediumPart,
  picturePart,
  resolutionOf,
  storedPart,
  typeByName,
} from '../media-part.ts'
import { invalid, type Members, missing, wrongType } from '../values.ts'

const KINDS = [
  'input_text',
  'output_text',
  'text',
  'summary_text',
  'refusal',
  'input_image',
  'input_file',
  'input_audio',
] as const

/** A text, or a list of parts. */
export function contentOf(item: Members, name: string): Part[] {
  const content = item.take(name)
  if (typeof content === 'string') return [{ text: content }]
  if (content === undefined) throw missing(item, name)
  if (!Array.isArray(content)) throw wrongType(item.pathOf(name), 'a string or an array', content)
  return item.objects(name).map(partOf)
}

/** Throws for a medium, where text alone may stand. */
export function textsOf(item: Members, name: string): Part[] {
  return contentOf(item, name).flatMap(({ text, ...others }) => {
    if (text === undefined || Object.keys(others).length > 0)
      throw invalid(item.pathOf(name), `Invalid '${item.pathOf(name)}': only text may stand here.`)
    return text === '' ? [] : { text }
  })
}

/** What answers have and no request needs, because it says nothing that the text does not say. */
const TOLD = ['annotations', 'logprobs', 'parsed'] as const

function partOf(part: Members): Part {
  const type = part.word('type', KINDS)
  switch (type) {
    case undefined:
      throw missing(part, 'type')
    case 'refusal':
      return { text: part.required('refusal') }
    case 'input_image':
      return imagePart(part)
    case 'input_file':
      return fileOf(part)
    case 'input_audio':
      return audioPart(part.object('input_audio') ?? missing(part, 'input_audio'))
    default:
      for (const name of TOLD) part.take(name)
      return { text: part.required('text') }
  }
}

function imagePart(part: Members): Part {
  const resolution = resolutionOf(part.word('detail', DETAILS))
  const id = part.text('file_id')
  if (id !== undefined) return { ...storedPart(id, 'image/jpeg', part.pathOf('file_id')), ...resolution }
  return { ...picturePart(part.required('image_url'), part.pathOf('image_url')), ...resolution }
}

function fileOf(part: Members): Part {
  const url = part.text('file_url')
  if (url === undefined) return filePart(part)
  const name = part.text('filename')
  const type = name === undefined ? undefined : typeByName(name)
  return mediumPart(url, type ?? 'application/pdf', part.pathOf('file_url'))
}

/** What an answer's picture is, by how its base64 begins. */
export function imageTypeOf(data: string): string {
  if (data.startsWith('/9j/')) return 'image/jpeg'
  return data.startsWith('UklGR') ? 'image/webp' : 'image/png'
}
