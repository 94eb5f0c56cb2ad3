/** Content of a user's message or of a function's output. */
import type { MediumPiece } from '../../translation/conversation.ts'
import type { MessageContext } from '../context.ts'
import { mediumPart } from '../media.ts'
import { type Json, objectOf } from './json.ts'

export function inputText(text: string): Json {
  return { type: 'input_text', text }
}

/** Throws `untranslatable` for what there is no part for. */
export function inputMedium(piece: MediumPiece, context: MessageContext): Json {
  const part = mediumPart(piece, context)
  if (part.type === 'text') return inputText(part.text as string)
  if (part.type === 'file') return inputFile(piece, objectOf(part.file))
  const { url, detail = 'auto' } = objectOf(part.image_url)
  return { type: 'input_image', image_url: url, detail }
}

function inputFile({ medium }: MediumPiece, { filename, file_data }: Json): Json {
  if ('base64' in medium.source) return { type: 'input_file', filename, file_data }
  return {
    type: 'input_file',
    file_url: medium.source.url,
    ...(medium.name !== undefined && { filename: medium.name }),
  }
}
