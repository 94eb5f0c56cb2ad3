/** Keeps answers with the conversation that each of them ends: small ones in their row, large ones in a blob. */
import type { KeptResponse, KeptResponses } from '../../nouns/kept-responses.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import { isReadableId } from '../names.ts'
import { isExpired } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { storeBytes } from '../store-bytes.ts'

const RESPONSES = 'responses'
const DAY_MS = 24 * 60 * 60 * 1000
const KEPT_MS = 30 * DAY_MS
/** What is longer is a file of its own: rows are read in lists. */
const ROW_BYTES_MAX = 32 * 1024
/** A conversation beyond this cannot be gone on with. */
const RESPONSE_BYTES_MAX = 32 * 1024 * 1024
const PER_KEY_MAX = 10_000
/** Of a key's share of the disk: answers that nobody asks for again must not take the room of its files. */
const SHARE = 1 / 4
/** A key's rows are counted once in so many new ones: the bound may be passed by as many. */
const COUNTED_EVERY = 16
const KEYS_COUNTED_MAX = 10_000
/** Removed in one step, until there is room. */
const STEP_ROWS = 32

export interface ResponseRoom extends KeptResponses {
  /** False when it is not there, or another's. */
  forget(keyId: string, id: string): Promise<boolean>
}

export interface ResponseOptions {
  readonly limits: { readonly bytesPerKeyMax: number }
  /** Hears why an answer could not be kept: the client has it all the same. */
  onFailure(error: unknown): void
}

export function createResponseRoom(
  parts: ResourceParts,
  { limits, onFailure }: ResponseOptions,
): ResponseRoom {
  const { table, blobs, now } = parts
  const bytesMax = Math.floor(limits.bytesPerKeyMax * SHARE)
  const isDue = createTurns()

  async function findRow(keyId: string, id: string): Promise<ResourceRow | undefined> {
    const row = isReadableId(id) ? await table.get(keyId, nameOf(id)) : undefined
    return row === undefined || row.collection !== RESPONSES || isExpired(row, now()) ? undefined : row
  }

  /** The oldest go until `bytes` more fit. */
  async function makeRoom(keyId: string, bytes: number): Promise<void> {
    const { count, sizeBytes } = await table.totals(keyId, RESPONSES)
    let tooMany = count + 1 - PER_KEY_MAX
    let tooLarge = sizeBytes + bytes - bytesMax
    while (tooMany > 0 || tooLarge > 0) {
      const rows = await table.list({ keyId, collection: RESPONSES, order: 'oldest', limit: STEP_ROWS })
      if (rows.length === 0) return
      for (const row of rows) {
        if (tooMany <= 0 && tooLarge <= 0) return
        await forget(parts, row)
        tooMany -= 1
        tooLarge -= row.sizeBytes
      }
    }
  }

  async function write(keyId: string, id: string, document: string, sizeBytes: number): Promise<void> {
    const isLarge = sizeBytes > ROW_BYTES_MAX
    if (isDue(keyId) || isLarge) await makeRoom(keyId, sizeBytes)
    const row = rowOf(keyId, id, sizeBytes, now())
    if (isLarge) await storeBytes(parts, row, Buffer.from(document))
    else await table.insert({ ...row, document })
  }

  return {
    keep: async (keyId, kept) => {
      const document = JSON.stringify(kept)
      const sizeBytes = Buffer.byteLength(document)
      if (sizeBytes > Math.min(RESPONSE_BYTES_MAX, bytesMax)) return false
      try {
        await write(keyId, kept.id, document, sizeBytes)
        return true
      } catch (error) {
        onFailure(error)
        return false
      }
    },
    find: async (keyId, id) => {
      const row = await findRow(keyId, id)
      if (row === undefined) return undefined
      const text =
        row.blob === undefined
          ? row.document
          : (await blobs.read(row.blob, 0, row.sizeBytes)).toString('utf8')
      return JSON.parse(text) as KeptResponse
    },
    forget: async (keyId, id) => {
      const row = await findRow(keyId, id)
      return row !== undefined && forget(parts, row)
    },
  }
}

function nameOf(id: string): string {
  return `${RESPONSES}/${id}`
}

function rowOf(keyId: string, id: string, sizeBytes: number, now: number): ResourceRow {
  return {
    ...{ keyId, name: nameOf(id), collection: RESPONSES, parent: undefined, upstream: undefined },
    ...{ createdAt: now, updatedAt: now, expiresAt: now + KEPT_MS },
    ...{ blob: undefined, sizeBytes, document: '{}' },
  }
}

/** True for the first of a key's answers, and then for one of so many. */
function createTurns(): (keyId: string) => boolean {
  const turns = new Map<string, number>()
  return (keyId) => {
    const turn = turns.get(keyId) ?? 0
    if (turns.size > KEYS_COUNTED_MAX) turns.clear()
    turns.set(keyId, (turn + 1) % COUNTED_EVERY)
    return turn === 0
  }
}
