/** Uploads to the upstream with accounts: resumable, multipart and raw. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  type Asked,
  type Json,
  KEPT_BYTES,
  LATER,
  newId,
  origin,
  Refusal,
  send,
  textOf,
  type Upload,
  uploads,
  wishes,
} from './resources-state.ts'

function fileOf(
  name: string,
  { file, mimeType, size, hash }: Pick<Upload, 'file' | 'mimeType' | 'size' | 'hash'>,
): Json {
  const { displayName = file.display_name } = file
  return {
    name,
    ...(displayName !== undefined && { displayName }),
    mimeType,
    sizeBytes: String(size),
    createTime: '2026-11-21T00:00:00Z',
    expirationTime: LATER,
    sha256Hash: Buffer.from(hash.copy().digest('hex')).toString('base64'),
    uri: `${origin()}/v1beta/${name}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
    futureField: { kept: true },
  }
}

export async function upload(asked: Asked): Promise<void> {
  const { request, response, url, key, path } = asked
  const id = url.searchParams.get('upload_id')
  if (id !== null) return continueUpload(asked, id)
  if (request.headers['x-goog-upload-protocol'] === 'raw') {
    const session = newUpload(key, path, {}, String(request.headers['content-type'] ?? ''))
    await take(request, session)
    return send(response, 200, finish(asked, session))
  }
  if (request.headers['x-goog-upload-protocol'] === 'multipart') return uploadMultipart(asked)
  const text = await textOf(request)
  const body = text === '' ? {} : JSON.parse(text)
  const mimeType = String(request.headers['x-goog-upload-header-content-type'] ?? 'application/octet-stream')
  const session = newUpload(key, path, body.file ?? body, mimeType)
  const name = (body.file as Json | undefined)?.name
  if (typeof name === 'string' && asked.account.things.has(name))
    throw new Refusal(409, 'ALREADY_EXISTS', 'Requested entity already exists')
  const uploadId = newId('secret-upload-')
  uploads.set(uploadId, session)
  const address = `${origin()}/upload/v1beta/${path}?upload_id=${uploadId}&upload_protocol=resumable`
  response.writeHead(200, {
    'X-Goog-Upload-Status': 'active',
    'X-Goog-Upload-URL': address,
    'X-Goog-Upload-Control-URL': address,
    'X-Goog-Upload-Chunk-Granularity': '262144',
    'X-GUploader-UploadID': uploadId,
    'Content-Length': '0',
  })
  response.end()
}

async function uploadMultipart(asked: Asked): Promise<void> {
  const { request, response, key, path } = asked
  const text = await textOf(request)
  const boundary = /boundary=([^;]+)/.exec(String(request.headers['content-type']))?.[1]
  const [, json = '', content = ''] = text
    .split(`--${boundary}`)
    .map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, -2))
  const session = newUpload(key, path, JSON.parse(json).file, 'text/plain')
  session.size = content.length
  session.hash.update(content)
  send(response, 200, finish(asked, session))
}

function newUpload(key: string, target: string, file: Json, mimeType: string): Upload {
  return {
    key,
    target,
    file,
    mimeType,
    hash: createHash('sha256'),
    size: 0,
    start: Buffer.alloc(0),
    answer: undefined,
  }
}

async function take(request: IncomingMessage, session: Upload): Promise<void> {
  for await (const piece of request) {
    const bytes = piece as Buffer
    session.size += bytes.length
    session.hash.update(bytes)
    if (session.start.length < KEPT_BYTES) session.start = Buffer.concat([session.start, bytes])
    if (session.size > wishes.dieAfterBytes) {
      wishes.dieAfterBytes = Number.POSITIVE_INFINITY
      request.socket.destroy()
      throw new Error('died')
    }
  }
}

async function continueUpload(asked: Asked, id: string): Promise<void> {
  const { request, response, key } = asked
  const session = uploads.get(id)
  if (session === undefined || session.key !== key) throw new Refusal(404, 'NOT_FOUND', 'No such upload.')
  const command = String(request.headers['x-goog-upload-command'])
  const status = (name: string) => ({
    'X-Goog-Upload-Status': name,
    'X-Goog-Upload-Size-Received': String(session.size),
  })
  if (command === 'cancel') {
    uploads.delete(id)
    return send(response, 200, '', status('cancelled'))
  }
  if (command === 'query') {
    return send(
      response,
      200,
      session.answer ?? '',
      status(session.answer === undefined ? 'active' : 'final'),
    )
  }
  const offset = Number(request.headers['x-goog-upload-offset'] ?? session.size)
  // Without reading what comes: as a real front end refuses.
  if (offset !== session.size)
    throw new Refusal(400, 'INVALID_ARGUMENT', `Wrong offset: ${session.size} received.`)
  await take(request, session)
  if (!command.includes('finalize')) return send(response, 200, '', status('active'))
  session.answer = finish(asked, session)
  return send(response, 200, session.answer, status('final'))
}

function finish({ account }: Asked, session: Upload): Json {
  const store = /^(fileSearchStores\/[^:]+):uploadToFileSearchStore$/.exec(session.target)?.[1]
  if (store !== undefined) {
    const documentName = `${store}/documents/${newId('doc')}`
    account.things.set(documentName, {
      name: documentName,
      displayName: session.file.displayName,
      state: 'STATE_ACTIVE',
    })
    const name = `${store}/upload/operations/${newId('op')}`
    const operation = { name, done: true, response: { parent: store, documentName } }
    account.things.set(name, operation)
    return operation
  }
  const name = typeof session.file.name === 'string' ? session.file.name : `files/${newId('file')}`
  const file = fileOf(name, session)
  account.things.set(name, file)
  account.bytes.set(name, session.start)
  return { file }
}
