/** Takes the bytes of one request into an upload, and makes a resource of what is whole. */
import { GatewayError } from '../../errors.ts'
import type { HttpRequest } from '../../nouns.ts'
import type { ResourceParts } from '../parts.ts'
import type { Allowance } from '../quota.ts'
import { bodyLengthOf } from './headers.ts'
import type { OpenSession, Session, Sessions } from './sessions.ts'
import { uploadNotFound } from './sessions.ts'
import type { UploadTarget } from './target.ts'

/** A refused body of up to this is read to its end, so that its sender can hear why. */
const DISCARD_BYTES_MAX = 16 * 1024 * 1024

export interface ReceiveParts {
  readonly parts: ResourceParts
  readonly sessions: Sessions
  readonly fileBytesMax: number
}

export interface Piece {
  /** Where the client says that its bytes begin. */
  readonly offset: number
  /** False when the command brings no bytes, whatever its body has. */
  readonly hasBytes: boolean
  /** Whether nothing comes after them. */
  readonly isLast: boolean
}

/** What has come of an upload: `answer` once it is a resource. */
export interface Progress {
  readonly received: number
  readonly answer: object | undefined
}

/** Takes the request's body; what a client that leaves has sent by then counts. */
export async function receive(
  room: ReceiveParts,
  session: Session,
  target: UploadTarget,
  request: HttpRequest,
  piece: Piece,
): Promise<Progress> {
  const { sessions } = room
  return sessions.exclusively(session, async () => {
    // A request before this one may have finished it since the session was loaded.
    const current = await sessions.load(session.id, target.path, session.row.keyId)
    const { answer, declaredBytes } = current.document
    if (answer !== undefined) {
      await discard(request)
      return { received: current.row.sizeBytes, answer }
    }
    if (!piece.hasBytes) await discard(request)
    const received = piece.hasBytes
      ? await receiveBytes(room, current, request, piece.offset)
      : await sessions.received(current)
    if (!piece.isLast) return { received, answer: undefined }
    if (declaredBytes !== undefined && received < declaredBytes) throw tooShort(received, declaredBytes)
    return { received, answer: await finish(room, current, target, request) }
  })
}

async function receiveBytes(
  { parts, sessions, fileBytesMax }: ReceiveParts,
  session: Session,
  request: HttpRequest,
  offset: number,
): Promise<number> {
  const { declaredBytes } = session.document
  const bytesMax = declaredBytes ?? fileBytesMax
  const allowance = await allowanceFor(parts, session)
  try {
    const opened = await sessions.open(session)
    try {
      const start = opened.writer.size
      if (offset !== start) throw wrongOffset(offset, start)
      if (start + (bodyLengthOf(request) ?? 0) > bytesMax) throw tooLong(bytesMax, start)
      await pour(request, opened, bytesMax, allowance)
    } finally {
      await sessions.close(session, opened)
      await sessions.touch(session, opened.writer.size)
    }
    return opened.writer.size
  } catch (error) {
    await discardAfter(error, request)
    throw error
  } finally {
    allowance?.release()
  }
}

/** An announced length was set aside when the session was made; any other is asked for as it comes. */
async function allowanceFor(parts: ResourceParts, session: Session): Promise<Allowance | undefined> {
  if (session.document.declaredBytes !== undefined) return undefined
  return parts.quota.hold(session.row.keyId, 0)
}

/** Appends the body to the blob. When it turns out too long nothing of this request stays. */
async function pour(
  request: HttpRequest,
  opened: OpenSession,
  bytesMax: number,
  allowance: Allowance | undefined,
): Promise<void> {
  const { writer } = opened
  const start = writer.size
  const before = opened.hash.copy()
  let isTooLong = false
  const append = (bytes: Buffer) => {
    opened.hash.update(bytes)
    return writer.write(bytes)
  }
  try {
    await request.consume((bytes) => {
      if (writer.size + bytes.length > bytesMax) {
        isTooLong = true
        throw tooLong(bytesMax, start)
      }
      const missing = allowance === undefined ? 0 : writer.size - start + bytes.length - allowance.bytes
      if (missing <= 0) return append(bytes)
      return allowance?.extend(missing).then(() => append(bytes))
    }, Number.MAX_SAFE_INTEGER)
  } catch (error) {
    if (isTooLong) {
      await writer.truncate(start)
      opened.hash = before
    }
    throw error
  }
}

async function finish(
  { parts, sessions }: ReceiveParts,
  session: Session,
  target: UploadTarget,
  request: HttpRequest,
): Promise<object> {
  const { row, document } = session
  const blob = row.blob as string
  const opened = await sessions.open(session)
  const sizeBytes = opened.writer.size
  const sha256 = opened.hash.copy().digest()
  await sessions.close(session, opened)
  await parts.blobs.finish(blob)
  const { keyId } = row
  const { ids, plan } = document
  try {
    const made = await target.finish({ keyId, ids, plan, blob, sizeBytes, sha256, request })
    if (await parts.table.insert(made.row, sessions.closed(session, made.answer))) return made.answer
  } catch (error) {
    // It can never become what it was to be: its name is taken, its store is gone.
    if (GatewayError.from(error).http < 500) await sessions.drop(session)
    throw error
  }
  await sessions.drop(session)
  throw uploadNotFound()
}

/** Reads what nobody wants: a client that is cut off while it writes may never see the answer. */
export async function discard(request: HttpRequest): Promise<void> {
  const length = bodyLengthOf(request)
  if (length === undefined || length > DISCARD_BYTES_MAX || request.clientLeft()) return
  // It waits to be told to go on, and so hears the answer anyway.
  if (request.headers.expect !== undefined) return
  await request.consume(() => undefined, DISCARD_BYTES_MAX).catch(() => undefined)
}

/** The same after a failure; one who was too slow is not waited for once more. */
export async function discardAfter(error: unknown, request: HttpRequest): Promise<void> {
  if (GatewayError.from(error).code !== 'request_timeout') await discard(request)
}

function refusal(message: string, received: number): GatewayError {
  return new GatewayError('invalid_argument', message, {
    headers: { 'x-goog-upload-status': 'active', 'x-goog-upload-size-received': String(received) },
  })
}

function wrongOffset(offset: number, received: number): GatewayError {
  return refusal(
    `The upload offset ${offset} does not match the ${received} bytes received so far.`,
    received,
  )
}

function tooLong(bytesMax: number, received: number): GatewayError {
  return refusal(`The upload is longer than the ${bytesMax} bytes that it may have.`, received)
}

function tooShort(received: number, declared: number): GatewayError {
  return refusal(`The upload has ${received} of the ${declared} bytes that were announced.`, received)
}
