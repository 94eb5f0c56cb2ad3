/** One medium → the block that the model has for it. */
import { isUtf8 } from 'node:buffer'
import { type Report, untranslatable } from '../../nouns/report.ts'
import type { Medium, MediumPiece } from '../translation/conversation.ts'
import { type Block, isBlank } from './blocks.ts'

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
const PDF = 'application/pdf'
const PLAIN = 'text/plain'
const HTTPS = /^https:/i
/** Of a title; a longer name is told as part of the context. */
const TITLE_CHARS_MAX = 500

/** Throws `untranslatable` for what the model cannot take in. */
export function mediumBlock({ path, medium }: MediumPiece, report: Report): Block {
  const { kind, mimeType, source } = medium
  if ('url' in source && !HTTPS.test(source.url)) {
    throw untranslatable(path, 'the target fetches addresses that begin with https only')
  }
  if (kind === 'image' && IMAGE_TYPES.has(mimeType)) {
    return { type: 'image', source: sourceOf(source, mimeType) }
  }
  if (mimeType === PDF) return { type: 'document', source: sourceOf(source, mimeType), ...nameOf(medium) }
  if (kind === 'text' && 'base64' in source) return textDocument(path, source.base64, medium, report)
  throw untranslatable(path, `the target does not take ${'url' in source ? 'addresses of ' : ''}${mimeType}`)
}

/** The wire knows plain text only; what kind of text it is stands beside it, where the model sees it. */
function textDocument(path: string, base64: string, medium: Medium, report: Report): Block {
  const bytes = Buffer.from(base64, 'base64')
  if (!isUtf8(bytes)) report.approximated(path, 'it is no UTF-8: what could not be read is replaced')
  const data = bytes.toString('utf8')
  if (isBlank(data)) {
    report.approximated(path, 'the target refuses an empty file: it is told of it')
    return { type: 'text', text: `(An empty file of the type ${medium.mimeType}.)` }
  }
  const source = { type: 'text', media_type: PLAIN, data }
  return { type: 'document', source, ...nameOf(medium, medium.mimeType === PLAIN ? [] : [medium.mimeType]) }
}

/** What stands beside the document, where the model sees it. */
function nameOf({ name = '' }: Medium, context: readonly string[] = []): object {
  const isLong = name.length > TITLE_CHARS_MAX
  const told = isLong ? [name, ...context] : context
  return {
    ...(name !== '' && !isLong && { title: name }),
    ...(told.length > 0 && { context: told.join(', ') }),
  }
}

function sourceOf(source: Medium['source'], mimeType: string): object {
  return 'url' in source
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: mimeType, data: source.base64 }
}
