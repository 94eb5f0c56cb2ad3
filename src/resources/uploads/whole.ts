/** Uploads of one request: `multipart`, and `raw`. What does not become a resource leaves nothing behind. */
import { createHash } from 'node:crypto'
import type { HttpRequest } from '../../nouns.ts'
import type { Reply } from '../collection.ts'
import type { Allowance } from '../quota.ts'
import { fileTooLarge } from './begin.ts'
import { bodyLengthOf, headerOf } from './headers.ts'
import { boundaryOf, createMultipartReader } from './multipart.ts'
import { discardAfter, type ReceiveParts } from './receive.ts'
import type { Plan, UploadTarget } from './target.ts'

/** What a multipart body may have beside the bytes of its file. */
const ENVELOPE_BYTES_MAX = 128 * 1024

/** Takes the bytes of the file one after the other. */
type Pour = (piece: Buffer) => Promise<void> | undefined
/** Reads the request's body; resolves to what was planned for its bytes. */
type Feed = (pour: Pour) => Promise<Plan>

export function uploadMultipart(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  keyId: string,
  ids: readonly string[],
): Promise<Reply> {
  const boundary = boundaryOf(headerOf(request, 'content-type'))
  return upload(room, target, request, keyId, ids, async (pour) => {
    let json: Record<string, unknown> = {}
    let plan: Plan | undefined
    const reader = createMultipartReader(boundary, {
      json: async (bytes) => {
        json = room.parts.parseJson(bytes)
      },
      begin: async (mimeType) => {
        plan = await target.plan({ keyId, ids, json, mimeType })
      },
      bytes: pour,
    })
    await request.consume(reader.write, room.fileBytesMax + ENVELOPE_BYTES_MAX)
    reader.end()
    return plan ?? {}
  })
}

export function uploadRaw(
  room: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  keyId: string,
  ids: readonly string[],
): Promise<Reply> {
  return upload(room, target, request, keyId, ids, async (pour) => {
    const mimeType =
      headerOf(request, 'x-goog-upload-header-content-type') ?? headerOf(request, 'content-type')
    const plan = await target.plan({ keyId, ids, json: {}, mimeType })
    await request.consume(pour, room.fileBytesMax)
    return plan
  })
}

async function upload(
  { parts, fileBytesMax }: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  keyId: string,
  ids: readonly string[],
  feed: Feed,
): Promise<Reply> {
  const { blobs } = parts
  const blob = blobs.newName()
  const length = bodyLengthOf(request)
  if ((length ?? 0) > fileBytesMax + ENVELOPE_BYTES_MAX) throw fileTooLarge(fileBytesMax)
  const allowance = await parts.quota.hold(keyId, length ?? 0)
  try {
    const { plan, sizeBytes, sha256 } = await store(parts, blob, fileBytesMax, allowance, feed)
    await blobs.finish(blob)
    const made = await target.finish({ keyId, ids, plan, blob, sizeBytes, sha256, request })
    await parts.table.insert(made.row)
    return { headers: { 'x-goog-upload-status': 'final' }, json: made.answer }
  } catch (error) {
    await blobs.remove(blob)
    await discardAfter(error, request)
    throw error
  } finally {
    allowance.release()
  }
}

async function store(
  { blobs }: ReceiveParts['parts'],
  blob: string,
  bytesMax: number,
  allowance: Allowance,
  feed: Feed,
): Promise<{ plan: Plan; sizeBytes: number; sha256: Buffer }> {
  const writer = await blobs.write(blob)
  const hash = createHash('sha256')
  const append = (piece: Buffer) => {
    hash.update(piece)
    return writer.write(piece)
  }
  try {
    const plan = await feed((piece) => {
      const size = writer.size + piece.length
      if (size > bytesMax) throw fileTooLarge(bytesMax)
      if (size <= allowance.bytes) return append(piece)
      return allowance.extend(size - allowance.bytes).then(() => append(piece))
    })
    return { plan, sizeBytes: writer.size, sha256: hash.digest() }
  } finally {
    await writer.close()
  }
}
