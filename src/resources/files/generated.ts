import { createHash } from 'node:crypto'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import type { ResourceParts } from '../parts.ts'
import { newFileRow } from './create.ts'
import type { FILES } from './file.ts'

export interface GeneratedFile {
  readonly mimeType: string
  readonly displayName?: string
  /** `files/batch-abc`; ours when left out. The key must not have one of this name. */
  readonly name?: `${typeof FILES}/${string}`
  /** Writes every byte in order, each piece after the promise of the one before. */
  write(append: (piece: Buffer) => Promise<void>): Promise<void>
}

/** Stores what was made for a key: the result of a batch, a video. Nothing stays when `write` throws. */
export async function createGeneratedFile(
  parts: ResourceParts,
  { keyId }: Pick<Caller, 'keyId'>,
  { mimeType, displayName, name, write }: GeneratedFile,
): Promise<ResourceRow> {
  const { blobs, table } = parts
  const blob = blobs.newName()
  try {
    const writer = await blobs.write(blob)
    const hash = createHash('sha256')
    try {
      await write(async (piece) => {
        hash.update(piece)
        await writer.write(piece)
      })
    } finally {
      await writer.close()
    }
    const bytes = { blob, sizeBytes: writer.size, sha256: hash.digest() }
    await blobs.finish(blob)
    const plan = { mimeType, ...(displayName !== undefined && { displayName }), ...(name && { name }) }
    const row = await newFileRow(parts, { keyId, plan, source: 'GENERATED', bytes })
    await table.insert(row)
    return row
  } catch (error) {
    await blobs.remove(blob)
    throw error
  }
}
