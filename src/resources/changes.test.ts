import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceRow, ResourceTable } from '../nouns/resource-table.ts'
import { createChanges } from './changes.ts'

const ROW: ResourceRow = {
  keyId: 'k',
  name: 'things/a',
  collection: 'things',
  parent: undefined,
  upstream: undefined,
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  blob: undefined,
  sizeBytes: 0,
  document: '{}',
}

test('changes of one row that come together do not lose one another', async () => {
  let row: ResourceRow | undefined = ROW
  const table = {
    get: async () => row,
    update: async (next: ResourceRow) => {
      row = next
      return true
    },
  } as unknown as ResourceTable
  const change = createChanges(table)
  const add = () => change('k', 'things/a', (current) => ({ ...current, sizeBytes: current.sizeBytes + 1 }))
  await Promise.all(Array.from({ length: 50 }, add))
  assert.equal(row.sizeBytes, 50)
  await assert.rejects(
    change('k', 'things/a', () => {
      throw new Error('no')
    }),
    /no/,
  )
  assert.equal((await add())?.sizeBytes, 51, 'a change that failed does not stop the next one')
  row = undefined
  assert.equal(await add(), undefined)
})
