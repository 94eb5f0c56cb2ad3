/** What a store holds, for an upstream that searches it. */

import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { StoredDocument } from '../../nouns/resources.ts'
import type { Caller } from '../../nouns.ts'
import { shownId } from '../names.ts'
import type { ResourceParts } from '../parts.ts'
import { storedFileOf, type TextOf } from './add.ts'
import { documentOf } from './document.ts'
import { documentsIn, findStore, STORES, storeNotFound } from './store.ts'

/** Texts that were read last are kept: as many characters as this. A document never changes. */
const KEPT_CHARACTERS_MAX = 32 * 1024 * 1024
/** Of all documents of a store together; those that come later are not searched. */
const STORE_CHARACTERS_MAX = 16 * 1024 * 1024

export function createDocumentReader(
  parts: ResourceParts,
  textOf: TextOf,
): (caller: Caller, storeName: string) => Promise<readonly StoredDocument[]> {
  const kept = new Map<string, string>()
  let characters = 0

  function keep(name: string, text: string): void {
    if (kept.has(name) || text.length > KEPT_CHARACTERS_MAX) return
    kept.set(name, text)
    characters += text.length
    for (const [oldest, { length }] of kept) {
      if (characters <= KEPT_CHARACTERS_MAX) return
      kept.delete(oldest)
      characters -= length
    }
  }

  async function textFor({ name, blob, sizeBytes, ...row }: ResourceRow): Promise<string> {
    // Names are random, and no two keys share one.
    const known = kept.get(name)
    if (known !== undefined) return known
    const { mimeType } = documentOf({ name, blob, sizeBytes, ...row })
    const text = await textOf(storedFileOf(parts, { name, mimeType, blob: blob as string, sizeBytes }))
    keep(name, text)
    return text
  }

  return async ({ keyId }, storeName) => {
    const prefix = `${STORES}/`
    if (!storeName.startsWith(prefix)) throw storeNotFound(shownId(storeName))
    const store = await findStore(parts.table, keyId, storeName.slice(prefix.length))
    const documents: StoredDocument[] = []
    let room = STORE_CHARACTERS_MAX
    for (const row of await documentsIn(parts.table, store)) {
      const { state, displayName, customMetadata } = documentOf(row)
      if (state !== 'ACTIVE') continue
      const text = await textFor(row)
      room -= text.length
      if (room < 0) break
      documents.push({ name: row.name, displayName: displayName || row.name, text, customMetadata })
    }
    return documents
  }
}
