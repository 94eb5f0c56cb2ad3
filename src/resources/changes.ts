/** Changes of one row one after the other: what is read, changed and written again must not lose what came between. */
import type { ResourceRow, ResourceTable } from '../nouns/resource-table.ts'

/** Resolves to the row as it stands then; undefined when there is none, or `next` gives none. */
export type Change = (
  keyId: string,
  name: string,
  next: (row: ResourceRow) => ResourceRow | undefined,
) => Promise<ResourceRow | undefined>

export function createChanges(table: ResourceTable): Change {
  const last = new Map<string, Promise<unknown>>()

  async function change(
    keyId: string,
    name: string,
    next: (row: ResourceRow) => ResourceRow | undefined,
  ): Promise<ResourceRow | undefined> {
    const row = await table.get(keyId, name)
    const changed = row && next(row)
    return changed !== undefined && (await table.update(changed)) ? changed : undefined
  }

  return (keyId, name, next) => {
    const id = `${keyId} ${name}`
    const turn = (last.get(id) ?? Promise.resolve()).then(() => change(keyId, name, next))
    const settled = turn.then(
      () => undefined,
      () => undefined,
    )
    last.set(id, settled)
    void settled.then(() => last.get(id) === settled && last.delete(id))
    return turn
  }
}
