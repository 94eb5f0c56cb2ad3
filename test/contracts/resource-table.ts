/** What every Store promises of the things that clients created and named. Run over each implementation. */
import assert from 'node:assert/strict'
import type { ResourceRow } from '../../src/nouns/resource-table.ts'
import { HOSTILE, hasCode, LARGEST, type OpenSubject, type Register, registerOn } from './store.ts'

export function resourceTableContract(name: string, open: OpenSubject): void {
  const register = registerOn(name, open)
  registerResources(register)
  registerResourcePairs(register)
  registerResourceLists(register)
}

export function resourceRow(changes: Partial<ResourceRow> = {}): ResourceRow {
  return {
    keyId: 'k1',
    name: 'files/a',
    collection: 'files',
    parent: undefined,
    upstream: undefined,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    expiresAt: undefined,
    blob: undefined,
    sizeBytes: 5,
    document: '{}',
    ...changes,
  }
}

const namesOf = (rows: readonly ResourceRow[]) => rows.map(({ name }) => name)

function registerResources(register: Register): void {
  register('a resource is made, read, changed and removed', async (subject) => {
    const { resources } = subject.store
    const row = resourceRow({ parent: 'stores/s', upstream: 'google', blob: 'b1', expiresAt: LARGEST })
    assert.equal(await resources.insert(row), true)
    assert.deepEqual(await resources.get('k1', 'files/a'), row)
    assert.deepEqual(await resources.find('files/a'), row)
    assert.deepEqual(await resources.findByBlob('b1'), row)
    const changed = resourceRow({
      parent: 'stores/s',
      collection: 'others',
      updatedAt: LARGEST,
      sizeBytes: LARGEST,
      document: '{"a":"é🙂"}',
    })
    assert.equal(await resources.update(changed), true)
    const again = (await subject.reopen()).resources
    assert.deepEqual(await again.get('k1', 'files/a'), changed)
    assert.equal(await again.findByBlob('b1'), undefined)
    assert.equal(await again.delete('k1', 'files/a'), true)
    assert.equal(await again.get('k1', 'files/a'), undefined)
  })

  register('a resource that is not there is told, not thrown', async ({ store: { resources } }) => {
    assert.equal(await resources.get('k1', 'none'), undefined)
    assert.equal(await resources.find('none'), undefined)
    assert.equal(await resources.findByBlob('none'), undefined)
    assert.equal(await resources.update(resourceRow()), false)
    assert.equal(await resources.delete('k1', 'none'), false)
    assert.deepEqual(await resources.list({ keyId: 'k1', collection: 'files', limit: 10 }), [])
    assert.deepEqual(await resources.totals('k1'), { count: 0, sizeBytes: 0 })
  })

  register('a name belongs to its key, and is taken there once', async ({ store: { resources } }) => {
    await resources.insert(resourceRow({ document: '1' }))
    await resources.insert(resourceRow({ keyId: 'k2', document: '2' }))
    await assert.rejects(resources.insert(resourceRow({ document: '3' })), hasCode('already_exists'))
    assert.equal((await resources.get('k1', 'files/a'))?.document, '1')
    assert.equal((await resources.get('k2', 'files/a'))?.document, '2')
    assert.equal(await resources.delete('k2', 'files/a'), true)
    assert.equal((await resources.get('k1', 'files/a'))?.document, '1')
  })

  register('a blob has one row', async ({ store: { resources } }) => {
    await resources.insert(resourceRow({ blob: 'b1' }))
    await assert.rejects(
      resources.insert(resourceRow({ name: 'files/b', blob: 'b1' })),
      hasCode('already_exists'),
    )
    assert.equal((await resources.findByBlob('b1'))?.name, 'files/a')
  })

  register(
    'text of any characters comes back as it went in resources too',
    async ({ store: { resources } }) => {
      for (const text of HOSTILE) {
        const row = resourceRow({ keyId: text, name: text, collection: text, document: JSON.stringify(text) })
        await resources.insert(row)
        assert.deepEqual(await resources.get(text, text), row)
        assert.deepEqual(await resources.list({ keyId: text, collection: text, limit: 1 }), [row])
      }
    },
  )
}

function registerResourcePairs(register: Register): void {
  register('a row takes over from another one, both or neither', async ({ store: { resources } }) => {
    const session = resourceRow({ name: 'uploads/u', collection: 'uploads', blob: 'b1' })
    await resources.insert(session)
    const done = resourceRow({ name: 'uploads/u', collection: 'finished', sizeBytes: 0 })
    assert.equal(await resources.insert(resourceRow({ blob: 'b1' }), done), true)
    assert.deepEqual(await resources.get('k1', 'uploads/u'), done)
    assert.equal((await resources.findByBlob('b1'))?.name, 'files/a')
    // The name is taken: then the other row stays as it is, too.
    const other = resourceRow({ name: 'uploads/v', collection: 'uploads', blob: 'b2' })
    await resources.insert(other)
    const late = resources.insert(resourceRow({ blob: 'b2' }), { ...other, blob: undefined })
    await assert.rejects(late, hasCode('already_exists'))
    assert.deepEqual(await resources.get('k1', 'uploads/v'), other)
    // The other row is gone: then nothing is made of it.
    const lost = resourceRow({ name: 'uploads/none' })
    assert.equal(await resources.insert(resourceRow({ name: 'files/b' }), lost), false)
    assert.equal(await resources.get('k1', 'files/b'), undefined)
    await resources.insert(resourceRow({ name: 'files/c' }))
  })

  register('of many that take the same name at once, one wins', async ({ store: { resources } }) => {
    const makers = Array.from({ length: 50 }, (_, index) =>
      resources.insert(resourceRow({ document: `${index}` })),
    )
    const results = await Promise.allSettled(makers)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results)
      if (result.status === 'rejected') assert.ok(hasCode('already_exists')(result.reason))
  })
}

function registerResourceLists(register: Register): void {
  register(
    'resources are listed newest first, page by page, by key, collection and parent',
    async (subject) => {
      const { resources } = subject.store
      const rows = Array.from({ length: 12 }, (_, index) =>
        resourceRow({
          name: `files/${String.fromCharCode(97 + index)}`,
          createdAt: 1_000 + Math.floor(index / 3),
          parent: index % 2 === 0 ? 'stores/even' : undefined,
        }),
      )
      for (const row of rows.toReversed()) await resources.insert(row)
      await resources.insert(resourceRow({ keyId: 'k2', name: 'files/x' }))
      await resources.insert(resourceRow({ name: 'caches/x', collection: 'caches' }))
      const seen: string[] = []
      let after: { createdAt: number; name: string } | undefined
      for (;;) {
        const page = await resources.list({ keyId: 'k1', collection: 'files', after, limit: 5 })
        seen.push(...namesOf(page))
        after = page.at(-1)
        if (page.length < 5) break
      }
      assert.deepEqual(seen, namesOf(rows.toReversed()))
      const even = await resources.list({ keyId: 'k1', collection: 'files', parent: 'stores/even', limit: 3 })
      assert.deepEqual(namesOf(even), ['files/k', 'files/i', 'files/g'])
      const later = { keyId: 'k1', collection: 'files', parent: 'stores/even', after: even.at(-1), limit: 9 }
      assert.deepEqual(namesOf(await resources.list(later)), ['files/e', 'files/c', 'files/a'])
      const oldest = { keyId: 'k1', collection: 'files', order: 'oldest', limit: 2 } as const
      assert.deepEqual(namesOf(await resources.list(oldest)), ['files/a', 'files/b'])
    },
  )

  register('what has expired is found, the oldest first', async ({ store: { resources } }) => {
    for (const [index, expiresAt] of [undefined, 30, 10, 20, 40].entries())
      await resources.insert(resourceRow({ name: `files/${index}`, expiresAt }))
    assert.deepEqual(namesOf(await resources.expired(30, 10)), ['files/2', 'files/3', 'files/1'])
    assert.deepEqual(namesOf(await resources.expired(30, 2)), ['files/2', 'files/3'])
    assert.deepEqual(await resources.expired(9, 10), [])
  })

  register('the totals of a key, altogether and by collection', async ({ store: { resources } }) => {
    await resources.insert(resourceRow({ sizeBytes: 2 ** 40 }))
    await resources.insert(resourceRow({ name: 'caches/a', collection: 'caches', sizeBytes: 3 }))
    await resources.insert(resourceRow({ keyId: 'k2', sizeBytes: 100 }))
    assert.deepEqual(await resources.totals('k1'), { count: 2, sizeBytes: 2 ** 40 + 3 })
    assert.deepEqual(await resources.totals('k1', 'caches'), { count: 1, sizeBytes: 3 })
    assert.deepEqual(await resources.totals('k3'), { count: 0, sizeBytes: 0 })
  })

  register('a closed store takes no resources', async ({ store }) => {
    await store.close()
    await assert.rejects(store.resources.get('k1', 'files/a'), hasCode('store_unavailable'))
    await assert.rejects(store.resources.insert(resourceRow()), hasCode('store_unavailable'))
  })
}
