/**
 * Uploads under way. A session is a row of the store, so it outlives a restart; how far it has come is the length of its
 * blob; and the running digest is kept in memory, or read again from the disk when it is not there.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { BlobWriter } from '../blobs/writer.ts'
import { isExpired } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import type { Plan } from './target.ts'

/** How long an upload may rest between two of its requests. */
export const SESSION_TTL_MS = 24 * 60 * 60 * 1000
/** Uploads of one key that are not finished. */
export const SESSIONS_PER_KEY_MAX = 1_000
/** Running digests that are kept; a few hundred bytes each. */
const DIGESTS_MAX = 1_000
/** How long a finished one can be asked for its answer again, by a client that did not hear it. */
const FINISHED_TTL_MS = 60 * 60 * 1000
const COLLECTION = 'uploads'
const FINISHED = 'finishedUploads'
const ID_BYTES = 32
const ID = /^[A-Za-z0-9_-]{43}$/

/** The document of a session's row. */
export interface SessionDocument {
  /** The path of its target. */
  readonly target: string
  readonly ids: readonly string[]
  readonly plan: Plan
  readonly declaredBytes?: number
  /** What the finished upload was answered with: the bytes are then the resource's, and no longer the session's. */
  readonly answer?: object
}

export interface Session {
  readonly id: string
  readonly row: ResourceRow
  readonly document: SessionDocument
}

/** A session's blob, open for more. */
export interface OpenSession {
  readonly writer: BlobWriter
  hash: Hash
}

export interface Sessions {
  /** Throws `resource_exhausted` when the key has too many. */
  create(keyId: string, document: SessionDocument): Promise<Session>
  /** Throws the same `not_found` for an unknown, expired, cancelled or foreign one. */
  load(id: string, target: string, keyId: string | undefined): Promise<Session>
  /** One request at a time: throws `failed_precondition` while another one is at work on it. */
  exclusively<Result>(session: Session, work: () => Promise<Result>): Promise<Result>
  isBusy(rowName: string): boolean
  /** Bytes that have come. */
  received(session: Session): Promise<number>
  open(session: Session): Promise<OpenSession>
  /** Closes the blob; the digest is kept for the next request. */
  close(session: Session, opened: OpenSession): Promise<void>
  /** After a request: more time, and the bytes that it counts for now. */
  touch(session: Session, sizeBytes: number): Promise<void>
  /** The row of a session whose bytes belong to a resource from now on. */
  closed(session: Session, answer: object): ResourceRow
  drop(session: Session): Promise<void>
}

export function createSessions(
  parts: ResourceParts,
  isKeyLive: (keyId: string) => Promise<boolean>,
): Sessions {
  const { table, blobs, now } = parts
  const busy = new Map<string, OpenSession | undefined>()
  const digests = new Map<string, { readonly hash: Hash; readonly bytes: number }>()

  async function create(keyId: string, document: SessionDocument): Promise<Session> {
    const { count } = await table.totals(keyId, COLLECTION)
    if (count >= SESSIONS_PER_KEY_MAX) {
      throw new GatewayError('resource_exhausted', 'Too many uploads have been begun and not finished.')
    }
    const id = randomBytes(ID_BYTES).toString('base64url')
    const createdAt = now()
    const row: ResourceRow = {
      keyId,
      name: rowNameOf(id),
      collection: COLLECTION,
      parent: undefined,
      upstream: undefined,
      createdAt,
      updatedAt: createdAt,
      expiresAt: createdAt + SESSION_TTL_MS,
      blob: blobs.newName(),
      sizeBytes: document.declaredBytes ?? 0,
      document: JSON.stringify(document),
    }
    await table.insert(row)
    return { id, row, document }
  }

  async function load(id: string, target: string, keyId: string | undefined): Promise<Session> {
    const row = ID.test(id) ? await table.find(rowNameOf(id)) : undefined
    if (row === undefined || isExpired(row, now())) throw uploadNotFound()
    const isAllowed = keyId === undefined ? await isKeyLive(row.keyId) : row.keyId === keyId
    const document = JSON.parse(row.document) as SessionDocument
    if (!isAllowed || document.target !== target) throw uploadNotFound()
    return { id, row, document }
  }

  async function exclusively<Result>({ row }: Session, work: () => Promise<Result>): Promise<Result> {
    if (busy.has(row.name)) {
      throw new GatewayError('failed_precondition', 'Another request is at work on this upload.')
    }
    busy.set(row.name, undefined)
    try {
      return await work()
    } finally {
      busy.delete(row.name)
    }
  }

  async function received({ row }: Session): Promise<number> {
    const opened = busy.get(row.name)
    if (opened !== undefined) return opened.writer.size
    return row.blob === undefined ? row.sizeBytes : ((await blobs.sizeOf(row.blob)) ?? 0)
  }

  async function open({ row }: Session): Promise<OpenSession> {
    const blob = row.blob as string
    const writer = await blobs.write(blob)
    const kept = digests.get(row.name)
    digests.delete(row.name)
    const hash = kept?.bytes === writer.size ? kept.hash : createHash('sha256')
    const opened: OpenSession = { writer, hash }
    try {
      if (hash !== kept?.hash) await blobs.scan(blob, (piece) => void hash.update(piece))
    } catch (error) {
      await writer.close()
      throw error
    }
    busy.set(row.name, opened)
    return opened
  }

  async function close({ row }: Session, { writer, hash }: OpenSession): Promise<void> {
    busy.set(row.name, undefined)
    const bytes = writer.size
    await writer.close()
    digests.set(row.name, { hash, bytes })
    const oldest = digests.size > DIGESTS_MAX ? digests.keys().next().value : undefined
    if (oldest !== undefined) digests.delete(oldest)
  }

  async function touch({ row, document }: Session, sizeBytes: number): Promise<void> {
    const updatedAt = now()
    const counted = document.declaredBytes ?? sizeBytes
    await table.update({ ...row, updatedAt, expiresAt: updatedAt + SESSION_TTL_MS, sizeBytes: counted })
  }

  function closed({ row, document }: Session, answer: object): ResourceRow {
    digests.delete(row.name)
    const updatedAt = now()
    return {
      ...row,
      collection: FINISHED,
      updatedAt,
      expiresAt: updatedAt + FINISHED_TTL_MS,
      blob: undefined,
      sizeBytes: 0,
      document: JSON.stringify({ ...document, plan: {}, answer }),
    }
  }

  async function drop({ row }: Session): Promise<void> {
    digests.delete(row.name)
    await forget(parts, row)
  }

  return {
    create,
    load,
    exclusively,
    isBusy: (rowName) => busy.has(rowName),
    received,
    open,
    close,
    touch,
    closed,
    drop,
  }
}

/** The id opens the upload like a key, so the store holds its hash alone. */
function rowNameOf(id: string): string {
  return `${COLLECTION}/${createHash('sha256').update(id).digest('hex')}`
}

export function uploadNotFound(): GatewayError {
  return new GatewayError(
    'not_found',
    'The upload was not found: it may have been cancelled, have expired, or never have been.',
  )
}
