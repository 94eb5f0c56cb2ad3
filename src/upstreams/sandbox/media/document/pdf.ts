/** PDF: number of pages, title, and the text layer. */
import { GatewayError } from '../../../../errors.ts'
import type { MediaFile } from '../file.ts'
import type { Document } from '../found.ts'
import { readPdfFile } from './pdf-file.ts'
import { pagesOf, titleOf } from './pdf-pages.ts'
import { textOfPages } from './pdf-text.ts'

/** What Gemini takes, in bytes and pages. */
const FILE_BYTES_MAX = 50 * 1024 * 1024
const PAGES_MAX = 1_000

/** Throws Google's words for a document that is too large, or has no pages or too many. */
export async function readPdf(file: MediaFile): Promise<Document> {
  if (file.sizeBytes > FILE_BYTES_MAX) {
    throw new GatewayError(
      'invalid_argument',
      "The request's total referenced files bytes are too large to be read",
    )
  }
  const { bytes } = await file.view(0, FILE_BYTES_MAX)
  const pdf = await readPdfFile(bytes)
  const pages = pagesOf(pdf)
  if (pages.length === 0) throw new GatewayError('invalid_argument', 'The document has no pages.')
  if (pages.length > PAGES_MAX) {
    throw new GatewayError(
      'invalid_argument',
      `The document contains ${pages.length} pages which exceeds the supported page limit of ${PAGES_MAX}.`,
    )
  }
  // The streams of an encrypted document are noise.
  const isReadable = !pdf.trailer.has('Encrypt')
  const { text, isCut } = isReadable ? await textOfPages(pdf, pages) : { text: '', isCut: false }
  const title = isReadable ? titleOf(pdf) : ''
  return { format: 'PDF', pages: pages.length, title, text, isTextCut: isCut }
}
