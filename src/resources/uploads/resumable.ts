/** Google's resumable protocol: `start`, then `upload` as often as needed, then `finalize`; `query` and `cancel`. */
import { GatewayError } from '../../errors.ts'
import type { HttpRequest } from '../../nouns.ts'
import type { Reply } from '../collection.ts'
import { begin, uploadUrlOf } from './begin.ts'
import { bytesHeader, commandsOf, headerOf } from './headers.ts'
import { discard, type ReceiveParts, receive } from './receive.ts'
import type { Session } from './sessions.ts'
import type { UploadTarget } from './target.ts'

/** What Google asks for and we do not insist on. */
const GRANULARITY_BYTES = 256 * 1024

export async function startResumable(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  keyId: string,
  ids: readonly string[],
): Promise<Reply> {
  const commands = commandsOf(headerOf(request, 'x-goog-upload-command') ?? '')
  if (!commands.has('start')) {
    throw new GatewayError(
      'invalid_argument',
      'An upload without an upload_id begins with the command start.',
    )
  }
  const session = await begin(room, target, request, {
    keyId,
    ids,
    mimeType: headerOf(request, 'x-goog-upload-header-content-type'),
    declaredBytes: bytesHeader(request, 'x-goog-upload-header-content-length'),
  })
  const url = uploadUrlOf(request, session.id, 'upload_protocol=resumable')
  return {
    headers: {
      'x-goog-upload-status': 'active',
      'x-goog-upload-url': url,
      'x-goog-upload-control-url': url,
      'x-goog-upload-chunk-granularity': GRANULARITY_BYTES,
      'x-guploader-uploadid': session.id,
    },
  }
}

/** Whatever follows the start. */
export async function continueResumable(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  session: Session,
): Promise<Reply> {
  const commands = commandsOf(headerOf(request, 'x-goog-upload-command') ?? '')
  if (commands.has('start')) {
    throw new GatewayError('invalid_argument', 'The upload has been started already.')
  }
  if (commands.has('query')) return query(room, session)
  if (commands.has('cancel')) return cancel(room, session, request)
  const received = await room.sessions.received(session)
  // A bare `finalize` brings no bytes, so it needs no offset.
  const isUpload = commands.has('upload')
  const offset = bytesHeader(request, 'x-goog-upload-offset') ?? (isUpload ? undefined : received)
  if (offset === undefined) {
    await discard(request)
    throw new GatewayError('invalid_argument', 'The header x-goog-upload-offset is missing.')
  }
  const progress = await receive(room, session, target, request, {
    offset,
    hasBytes: isUpload,
    isLast: commands.has('finalize'),
  })
  if (progress.answer !== undefined) return final(progress.answer)
  return { headers: statusOf('active', progress.received) }
}

async function query({ sessions }: ReceiveParts, session: Session): Promise<Reply> {
  const { answer } = session.document
  if (answer !== undefined) return final(answer)
  return { headers: statusOf('active', await sessions.received(session)) }
}

async function cancel({ sessions }: ReceiveParts, session: Session, request: HttpRequest): Promise<Reply> {
  if (session.document.answer !== undefined) {
    throw new GatewayError(
      'failed_precondition',
      'The upload is complete: delete what was made of it instead.',
    )
  }
  await discard(request)
  await sessions.exclusively(session, () => sessions.drop(session))
  return { headers: { 'x-goog-upload-status': 'cancelled' } }
}

function final(answer: object): Reply {
  return { headers: { 'x-goog-upload-status': 'final' }, json: answer }
}

function statusOf(status: string, received: number): Record<string, string | number> {
  return { 'x-goog-upload-status': status, 'x-goog-upload-size-received': received }
}
