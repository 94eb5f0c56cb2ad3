/** Everything below `/upload/{version}/`: which protocol a request speaks, and for which upload. */
import { GatewayError } from '../../errors.ts'
import type { Caller, HttpRequest, ResourcePath } from '../../nouns.ts'
import { matchPath, methodNotAllowed, type Reply, routeNotFound } from '../collection.ts'
import type { ResourceParts } from '../parts.ts'
import { continueClassic, startClassic } from './classic.ts'
import { headerOf, protocolOf } from './headers.ts'
import type { ReceiveParts } from './receive.ts'
import { continueResumable, startResumable } from './resumable.ts'
import { createSessions } from './sessions.ts'
import type { UploadTarget } from './target.ts'
import { uploadMultipart, uploadRaw } from './whole.ts'

export interface UploadOptions {
  readonly parts: ResourceParts
  readonly targets: readonly UploadTarget[]
  readonly fileBytesMax: number
  /** Whether a key still opens doors: an upload's address alone must not outlive the key that began it. */
  isKeyLive(keyId: string): Promise<boolean>
}

export interface Uploads {
  /** `caller` is undefined when the upload's address is all that was shown. */
  answer(request: HttpRequest, path: ResourcePath, caller: Caller | undefined): Promise<Reply>
  isBusy(rowName: string): boolean
}

const STARTS = {
  resumable: startResumable,
  classic: startClassic,
  multipart: uploadMultipart,
  raw: uploadRaw,
}

export function createUploads({ parts, targets, fileBytesMax, isKeyLive }: UploadOptions): Uploads {
  const sessions = createSessions(parts, isKeyLive)
  const room: ReceiveParts = { parts, sessions, fileBytesMax }

  return {
    isBusy: sessions.isBusy,
    answer: async (request, path, caller) => {
      const { target, ids } = targetOf(targets, path)
      const id = uploadIdOf(request)
      if (request.method !== 'POST' && request.method !== 'PUT') {
        throw methodNotAllowed(request.method, ['POST', 'PUT'])
      }
      if (id !== undefined) {
        const session = await sessions.load(id, target.path, caller?.keyId)
        const isGoogles = headerOf(request, 'x-goog-upload-command') !== undefined
        return (isGoogles ? continueResumable : continueClassic)(room, target, request, session)
      }
      if (request.method === 'PUT') throw methodNotAllowed('PUT', ['POST'])
      if (caller === undefined) throw routeNotFound()
      return STARTS[protocolOf(request)](room, target, request, caller.keyId, ids)
    },
  }
}

function targetOf(
  targets: readonly UploadTarget[],
  path: ResourcePath,
): { target: UploadTarget; ids: readonly string[] } {
  for (const target of targets) {
    const ids = matchPath(target.path, path)
    if (ids !== undefined) return { target, ids }
  }
  throw routeNotFound()
}

export function uploadIdOf(request: HttpRequest): string | undefined {
  const ids = new Set(request.query.getAll('upload_id'))
  if (ids.size > 1) throw new GatewayError('invalid_argument', 'The request carries more than one upload_id.')
  return ids.values().next().value
}
