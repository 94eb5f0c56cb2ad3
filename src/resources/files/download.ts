/** The bytes of a generated file, all of them or one range. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { HttpRequest } from '../../nouns.ts'
import type { Blobs } from '../blobs/blobs.ts'
import type { Reply } from '../collection.ts'
import { pour } from '../pour.ts'
import { documentOf } from './file.ts'

/** Read from the disk at one time. */
const PIECE_BYTES = 256 * 1024
const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i

interface Span {
  readonly start: number
  /** One after the last byte. */
  readonly end: number
}

/** What a download reads of its request. */
type Asked = Pick<HttpRequest, 'headers' | 'query'>

export function downloadFile(row: ResourceRow, request: Asked, blobs: Blobs): Reply {
  const { mimeType, source } = documentOf(row)
  const alt = request.query.get('alt') ?? request.query.get('$alt')
  if (alt !== 'media') {
    throw new GatewayError('invalid_argument', 'A file is downloaded with the query parameter alt=media.')
  }
  if (source !== 'GENERATED' || row.blob === undefined) {
    throw new GatewayError(
      'invalid_argument',
      `Only generated files can be downloaded: ${row.name} was uploaded.`,
    )
  }
  const { blob, sizeBytes } = row
  const common = { 'content-type': mimeType, 'accept-ranges': 'bytes' }
  const span = spanOf(request, sizeBytes)
  if (span === 'unsatisfiable') return notSatisfiable(sizeBytes)
  const { start, end } = span ?? { start: 0, end: sizeBytes }
  return {
    status: span === undefined ? 200 : 206,
    headers: {
      ...common,
      'content-length': end - start,
      ...(span && { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }),
    },
    stream: (response) => pour(readBlob(blobs, blob, start, end), response),
  }
}

/** One range or none: several, or one in another unit, get the whole file, as RFC 9110 allows. */
function spanOf(request: Asked, sizeBytes: number): Span | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = RANGE.exec(request.headers.range ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  return start < end ? { start, end } : 'unsatisfiable'
}

function notSatisfiable(sizeBytes: number): Reply {
  const message = `The range is not within the ${sizeBytes} bytes of the file.`
  return {
    status: 416,
    headers: { 'content-range': `bytes */${sizeBytes}` },
    json: { error: { code: 416, message, status: 'OUT_OF_RANGE' } },
  }
}

/** The bytes from `start` to before `end`. Throws when the blob was deleted while it was read. */
async function* readBlob(
  blobs: Blobs,
  blob: string,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void> {
  for (let at = start; at < end; ) {
    const piece = await blobs.read(blob, at, Math.min(at + PIECE_BYTES, end))
    if (piece.length === 0) throw new GatewayError('not_found', 'The file was deleted while it was read.')
    at += piece.length
    yield piece
  }
}
