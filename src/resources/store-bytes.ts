import type { ResourceRow } from '../nouns/resource-table.ts'
import type { ResourceParts } from './parts.ts'

/** Writes the bytes and then the row that names them, within the key's share. Throws `resource_exhausted`. Returns the row. */
export async function storeBytes(
  { table, blobs, quota }: ResourceParts,
  row: ResourceRow,
  bytes: Buffer,
): Promise<ResourceRow> {
  const allowance = await quota.hold(row.keyId, bytes.length)
  const blob = blobs.newName()
  try {
    const writer = await blobs.write(blob)
    try {
      await writer.write(bytes)
    } finally {
      await writer.close()
    }
    await blobs.finish(blob)
    const whole = { ...row, blob, sizeBytes: bytes.length }
    await table.insert(whole)
    return whole
  } catch (error) {
    await blobs.remove(blob)
    throw error
  } finally {
    allowance.release()
  }
}
