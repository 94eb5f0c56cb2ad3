/** The room as its tests use it: a real store and folder, a clock in the test's hand, and requests as the dialect opens them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parseDocument, readDocument } from '../dialects/body.ts'
import { open } from '../dialects/gemini/open.ts'
import { GatewayError } from '../errors.ts'
import { bodyOf, recordedResponse, requestOf } from '../nouns.fixture.ts'
import type { Caller, HttpRequest } from '../nouns.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/store.ts'
import { createResources, type ResourceOptions, type ResourceRoom } from './resources.ts'

export const ALICE: Caller = {
  keyId: 'alice',
  name: 'alice',
  models: [],
  limits: {},
  project: undefined,
  isBudgeted: false,
}
export const BOB: Caller = {
  keyId: 'bob',
  name: 'bob',
  models: [],
  limits: {},
  project: undefined,
  isBudgeted: false,
}

const LIMITS = { depth: 20, nodes: 10_000, keysPerObject: 100 }

export interface Asked {
  readonly headers?: Readonly<Record<string, string | number>>
  /** Pieces of the body; an object is sent as JSON. */
  readonly body?: string | Buffer | readonly (string | Buffer)[] | object
  /** Without a declared length. */
  readonly chunked?: boolean
  readonly caller?: Caller | undefined
  /** Whatever else the request shall be. */
  readonly rest?: Partial<HttpRequest>
}

export interface Heard {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

export interface Rig {
  readonly room: ResourceRoom
  readonly store: SqliteStore
  /** Answers as the gateway does: a thrown error is its status and message. */
  ask(method: string, target: string, asked?: Asked): Promise<Heard>
  /** Moves the clock. */
  later(milliseconds: number): void
  now(): number
  /** Names in the folder of stored files. */
  blobs(): readonly string[]
  /** Ends this room and opens another one on the same folder. */
  restart(): Promise<void>
}

export const START = Date.parse('2026-11-20T10:00:00Z')

export async function rig(t: TestContext, options: Partial<ResourceOptions> = {}): Promise<Rig> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'wasat-resources-'))
  let now = START
  let store = await openSqliteStore(dataFolder)
  for (const { keyId } of [ALICE, BOB]) await store.directory.createKey(keyRecord(keyId))
  const build = () =>
    createResources({
      store,
      dataFolder,
      limits: { fileBytesMax: 1_000_000, bytesPerKeyMax: 2_000_000 },
      readJson: (request) => readDocument(request, LIMITS),
      parseJson: (bytes) => parseDocument(bytes, LIMITS),
      modelExists: (model, { models }) => model === 'gemini-2.5-flash' && models.length === 0,
      countTokens: async (_, document) => JSON.stringify(document).length,
      cacheTokensMin: () => 100,
      supportsModel: (_, model) => model.startsWith('gemini-') || model.startsWith('veo-'),
      perform: async (_, body) => ({ status: 200, body }),
      planFilm: async () => ({
        sampleCount: 1,
        make: async () => ({ bytes: Buffer.from('film'), mimeType: 'video/mp4' }),
      }),
      textOf: async (file) => (await file.read()).toString(),
      onFailure: (error) => {
        throw error
      },
      now: () => now,
      ...options,
    })
  let room = build()
  t.after(async () => {
    await room.close()
    await store.close()
    rmSync(dataFolder, { recursive: true, force: true })
  })
  return {
    get room() {
      return room
    },
    get store() {
      return store
    },
    ask: (method, target, asked) => ask(room, method, target, asked),
    later: (milliseconds) => {
      now += milliseconds
    },
    now: () => now,
    blobs: () => readdirSync(join(dataFolder, 'resources', 'files')).sort(),
    restart: async () => {
      await room.close()
      await store.close()
      store = await openSqliteStore(dataFolder)
      room = build()
    },
  }
}

async function ask(room: ResourceRoom, method: string, target: string, asked: Asked = {}): Promise<Heard> {
  const response = recordedResponse()
  const { caller = 'caller' in asked ? undefined : ALICE } = asked
  try {
    const request = requestFor(method, target, asked)
    await room.answer(request, response, open(request), caller)
  } catch (thrown) {
    const { http, message, headers } = GatewayError.from(thrown)
    if (http === 500) throw thrown
    return { status: http, headers: { ...headers }, text: message, json: undefined }
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  const isJson = headers['content-type']?.startsWith('application/json;')
  const { status, text } = response
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined }
}

function requestFor(
  method: string,
  target: string,
  { headers = {}, body, chunked, rest }: Asked,
): HttpRequest {
  const pieces = piecesOf(body)
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece as string), 0)
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }
  const all = Object.entries({ ...framing, ...headers })
  return requestOf(target, {
    method,
    headers: Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), String(value)])),
    ...bodyOf(...pieces),
    ...rest,
  })
}

function piecesOf(body: Asked['body']): readonly (string | Buffer)[] {
  if (body === undefined) return []
  if (typeof body === 'string' || Buffer.isBuffer(body)) return [body]
  return Array.isArray(body) ? body : [JSON.stringify(body)]
}

function keyRecord(id: string) {
  return {
    ...{ id, name: id, digest: id, projectId: undefined, models: [], addresses: [], limits: {} },
    ...{ routes: {}, expiresAt: undefined, disabled: false, createdAt: 0, updatedAt: 0 },
  }
}

/** Begins an upload as the SDKs do; resolves to its address. */
export async function begin(
  { ask: askRoom }: Pick<Rig, 'ask'>,
  { file = {}, length, mimeType, caller = ALICE }: Begun = {},
): Promise<string> {
  const { status, headers, text } = await askRoom('POST', '/upload/v1beta/files', {
    caller,
    headers: {
      'X-Goog-Upload-Protocol': 'resumable',
      'X-Goog-Upload-Command': 'start',
      ...(length !== undefined && { 'X-Goog-Upload-Header-Content-Length': length }),
      ...(mimeType !== undefined && { 'X-Goog-Upload-Header-Content-Type': mimeType }),
    },
    body: { file },
  })
  const url = headers['x-goog-upload-url']
  if (status !== 200 || url === undefined) throw new Error(`${status} ${text}`)
  return url.replace('http://gateway.test', '')
}

export interface Begun {
  readonly file?: object
  readonly length?: number
  readonly mimeType?: string
  readonly caller?: Caller
}

/** One further request of an upload. */
export function command(words: string, offset?: number): Record<string, string | number> {
  return {
    'x-goog-upload-command': words,
    ...(offset !== undefined && { 'x-goog-upload-offset': offset }),
    // As the JavaScript SDK sends it, whatever the bytes are.
    'content-type': 'application/json',
  }
}

/** A whole upload in two requests; resolves to the file. */
export async function upload(on: Pick<Rig, 'ask'>, bytes: string | Buffer, begun: Begun = {}) {
  const url = await begin(on, { length: Buffer.byteLength(bytes as string), ...begun })
  const heard = await on.ask('POST', url, {
    headers: command('upload, finalize', 0),
    body: bytes,
    caller: begun.caller ?? ALICE,
  })
  if (heard.status !== 200) throw new Error(`${heard.status} ${heard.text}`)
  return heard.json.file
}

/** The head of a request that begins an upload. */
export function start({ length, mimeType }: { length?: number | string; mimeType?: string } = {}) {
  return {
    'x-goog-upload-protocol': 'resumable',
    'x-goog-upload-command': 'start',
    ...(length !== undefined && { 'x-goog-upload-header-content-length': length }),
    ...(mimeType !== undefined && { 'x-goog-upload-header-content-type': mimeType }),
  }
}
