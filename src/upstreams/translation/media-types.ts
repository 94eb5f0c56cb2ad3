/** MIME types as targets sort them. */
import { essenceOf, modalityOf } from './checks/mime-types.ts'
import type { MediumKind } from './conversation.ts'

const KINDS = {
  IMAGE: 'image',
  AUDIO: 'audio',
  VIDEO: 'video',
  DOCUMENT: 'document',
  TEXT: 'text',
} as const

/** Office files: no Gemini model reads them, other models do. */
const OFFICE =
  /^application\/(?:msword|vnd\.(?:ms-(?:excel|powerpoint)|openxmlformats-officedocument|oasis\.opendocument)[a-z0-9.-]{0,80})$/
const TEXTS: ReadonlySet<string> = new Set(
  ['json', 'xml', 'yaml', 'javascript', 'typescript', 'x-yaml', 'x-sh', 'sql', 'toml'].map(
    (name) => `application/${name}`,
  ),
)
const TEXT = /^text\/[a-z0-9.+-]{1,80}$/

/** Undefined for what no model reads. */
export function mediumKindOf(mimeType: string): MediumKind | undefined {
  const modality = modalityOf(mimeType)
  if (modality !== undefined) return KINDS[modality]
  const essence = essenceOf(mimeType)
  if (OFFICE.test(essence)) return 'document'
  return TEXTS.has(essence) || TEXT.test(essence) ? 'text' : undefined
}

/** What follows the type and says more than it: `codec=pcm;rate=24000`. Everything that we send is UTF-8 anyway. */
export function parametersOf(mimeType: string): string {
  const [, ...parameters] = mimeType.split(';').map((parameter) => parameter.trim())
  return parameters.filter((parameter) => !/^charset="?utf-?8"?$/i.test(parameter)).join(';')
}

const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mp3'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['mov', 'video/quicktime'],
])

/** What the ending of an address promises. */
export function guessMimeType(uri: string): string | undefined {
  const [path = ''] = uri.split(/[?#]/, 1)
  return BY_ENDING.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase())
}
