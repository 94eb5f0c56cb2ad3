/** The older resumable protocol of Google's APIs, `uploadType=resumable`: a Location, then PUTs with Content-Range. */
import type { HttpRequest } from '../../nouns.ts'
import type { Reply } from '../collection.ts'
import { begin, uploadUrlOf } from './begin.ts'
import { bytesHeader, contentRangeOf, headerOf } from './headers.ts'
import { type ReceiveParts, receive } from './receive.ts'
import type { Session } from './sessions.ts'
import type { UploadTarget } from './target.ts'

/** Google's own use of 308: go on from here. */
const RESUME_INCOMPLETE = 308

export async function startClassic(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  keyId: string,
  ids: readonly string[],
): Promise<Reply> {
  const session = await begin(room, target, request, {
    keyId,
    ids,
    mimeType: headerOf(request, 'x-upload-content-type'),
    declaredBytes: bytesHeader(request, 'x-upload-content-length'),
  })
  return {
    headers: {
      location: uploadUrlOf(request, session.id, 'uploadType=resumable'),
      'x-guploader-uploadid': session.id,
    },
  }
}

export async function continueClassic(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  session: Session,
): Promise<Reply> {
  const { answer } = session.document
  const range = contentRangeOf(request)
  if (answer !== undefined) return { json: answer }
  const received = await room.sessions.received(session)
  const total = range?.total ?? session.document.declaredBytes
  if (range !== undefined && range.span === undefined && received !== range.total) return incomplete(received)
  const progress = await receive(room, session, target, request, {
    offset: range?.span?.start ?? (range === undefined ? 0 : received),
    hasBytes: range === undefined || range.span !== undefined,
    // Without a range the body is all that there is.
    isLast: range === undefined || (range.span?.end ?? received) === total,
  })
  return progress.answer === undefined ? incomplete(progress.received) : { json: progress.answer }
}

function incomplete(received: number): Reply {
  return {
    status: RESUME_INCOMPLETE,
    headers: received === 0 ? {} : { range: `bytes=0-${received - 1}` },
  }
}
