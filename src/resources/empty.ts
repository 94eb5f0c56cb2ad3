import type { Collection } from './collection.ts'

/** A collection that nobody can put anything into: its list is empty, which some clients ask for by habit. */
export function emptyCollection(name: string): Collection {
  return { endpoints: [{ method: 'GET', path: name, handle: async () => ({ json: {} }) }] }
}
