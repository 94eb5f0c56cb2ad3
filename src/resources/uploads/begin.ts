import { GatewayError } from '../../errors.ts'
import type { HttpRequest } from '../../nouns.ts'
import type { ReceiveParts } from './receive.ts'
import type { Session } from './sessions.ts'
import type { UploadTarget } from './target.ts'

export interface Beginning {
  readonly keyId: string
  readonly ids: readonly string[]
  readonly mimeType: string | undefined
  readonly declaredBytes: number | undefined
}

/** Judges what is announced, sets its bytes aside, and opens a session for it. */
export async function begin(
  { parts, sessions, fileBytesMax }: ReceiveParts,
  target: UploadTarget,
  request: HttpRequest,
  { keyId, ids, mimeType, declaredBytes }: Beginning,
): Promise<Session> {
  if ((declaredBytes ?? 0) > fileBytesMax) throw fileTooLarge(fileBytesMax)
  const json = await parts.readJson(request)
  const plan = await target.plan({ keyId, ids, json, mimeType })
  const allowance = await parts.quota.hold(keyId, declaredBytes ?? 0)
  try {
    const announced = declaredBytes === undefined ? {} : { declaredBytes }
    return await sessions.create(keyId, { target: target.path, ids, plan, ...announced })
  } finally {
    allowance.release()
  }
}

export function fileTooLarge(bytesMax: number): GatewayError {
  return new GatewayError('invalid_argument', `Request payload size exceeds the limit: ${bytesMax} bytes.`, {
    hint: 'resources.fileBytesMax is the limit',
  })
}

/** Where the bytes go: the same path on our own host, with the id that opens it. */
export function uploadUrlOf(request: HttpRequest, id: string, protocol: string): string {
  const path = request.path.map(encodeURIComponent).join('/').replaceAll('%3A', ':')
  return `${request.origin()}/${path}?upload_id=${id}&${protocol}`
}
