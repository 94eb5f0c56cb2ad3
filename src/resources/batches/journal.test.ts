import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { ResourceTable } from '../../nouns/resource-table.ts'
import { fails } from '../../nouns.fixture.ts'
import { type Blobs, openBlobs } from '../blobs/blobs.ts'
import { createQuota } from '../quota.ts'
import { openJournal, readResults } from './journal.ts'
import { createReserve } from './reserve.ts'

const PLENTY = { take: async () => {}, release: () => {} }

function folderFor(t: TestContext): { folder: string; blobs: Blobs } {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-journal-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, blobs: openBlobs(folder) }
}

async function resultsOf(blobs: Blobs, blob: string): Promise<string[]> {
  const found: string[] = []
  for await (const json of readResults(blobs, blob)) found.push(json.toString())
  return found
}

test('[BATCH-06] what was appended is there again, in the order of the requests, and a cut line is not', async (t) => {
  const { folder, blobs } = folderFor(t)
  const blob = blobs.newName()
  const first = await openJournal(blobs, blob, PLENTY)
  await Promise.all([2, 0, 7].map((at) => first.append(at, at === 7, Buffer.from(`{"at":${at}}`))))
  // No close: the process was killed, in the middle of the next line.
  appendFileSync(join(folder, `${blob}.part`), '3 s {"at":')
  const second = await openJournal(blobs, blob, PLENTY)
  assert.deepEqual(second.progress, { successful: 2, failed: 1 })
  assert.deepEqual([second.has(3), second.has(7), second.has(1)], [false, true, false])
  await second.append(3, false, Buffer.from('{"at":3}'))
  await second.close()
  await first.close()
  assert.deepEqual(await resultsOf(blobs, blob), ['{"at":0}', '{"at":2}', '{"at":3}', '{"at":7}'])
})

test('results of every size come back as they were', async (t) => {
  const { blobs } = folderFor(t)
  const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 262_120, max: 262_160 }))
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 12 }), async (sizes) => {
      const blob = blobs.newName()
      const journal = await openJournal(blobs, blob, PLENTY)
      const texts = sizes.map((length, at) => String.fromCharCode(97 + at).repeat(length))
      await Promise.all(texts.map((text, at) => journal.append(at, false, Buffer.from(text))).reverse())
      await journal.close()
      assert.deepEqual(await resultsOf(blobs, blob), texts)
    }),
    { numRuns: 30 },
  )
})

test('[BATCH-09] results beyond the key’s share are refused, and the share is whole again at the end', async (t) => {
  const { blobs } = folderFor(t)
  const table = { totals: async () => ({ count: 0, sizeBytes: 0 }) } as unknown as ResourceTable
  const quota = createQuota(table, 100)
  const journal = await openJournal(blobs, blobs.newName(), createReserve(quota, 'k'))
  const text = Buffer.from('x'.repeat(26))
  const all = await Promise.allSettled([0, 1, 2, 3].map((at) => journal.append(at, false, text)))
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  )
  assert.deepEqual(journal.progress, { successful: 3, failed: 0 })
  await assert.rejects(quota.hold('k', 11), fails('resource_exhausted'))
  await Promise.all([journal.close(), journal.close()])
  assert.equal((await quota.hold('k', 100)).bytes, 100)
})
