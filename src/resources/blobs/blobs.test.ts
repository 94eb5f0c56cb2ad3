import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { openBlobs } from './blobs.ts'

function folderFor(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'wasat-blobs-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'resources', 'files')
}

test('a blob is a part until it is finished, and nobody else’s to read', async (t) => {
  const folder = folderFor(t)
  const blobs = openBlobs(folder)
  const name = blobs.newName()
  assert.match(name, /^[0-9a-f]{32}$/)
  const writer = await blobs.write(name)
  assert.equal(writer.write(Buffer.from('hello ')), undefined)
  await writer.write(Buffer.from('world'))
  assert.equal(writer.size, 11)
  await writer.close()
  assert.deepEqual(readdirSync(folder), [`${name}.part`])
  if (process.platform !== 'win32') {
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(join(folder, `${name}.part`)).mode & 0o777, 0o600)
  }
  await blobs.finish(name)
  await blobs.finish(name)
  assert.deepEqual(readdirSync(folder), [name])
  assert.equal(await blobs.sizeOf(name), 11)
  assert.equal((await blobs.read(name, 6, 100)).toString(), 'world')
  await blobs.remove(name)
  await blobs.remove(name)
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(await blobs.sizeOf(name), undefined)
})

test('pieces of every size come out in their order, and what is cut off is gone', async (t) => {
  const blobs = openBlobs(folderFor(t))
  const name = blobs.newName()
  const sizes = [1, 262_143, 1, 262_144, 300_000, 0, 700_000, 5]
  const pieces = sizes.map((size, index) => Buffer.alloc(size, 97 + index))
  const writer = await blobs.write(name)
  for (const piece of pieces) await writer.write(piece)
  await writer.truncate(1_000_000)
  await writer.write(Buffer.from('end'))
  await writer.close()
  const again = await blobs.write(name)
  assert.equal(again.size, 1_000_003)
  await again.write(Buffer.from('!'))
  await again.close()
  const wanted = Buffer.concat([Buffer.concat(pieces).subarray(0, 1_000_000), Buffer.from('end!')])
  const scanned: Buffer[] = []
  await blobs.scan(name, (piece) => void scanned.push(Buffer.from(piece)))
  assert.ok(Buffer.concat(scanned).equals(wanted))
})

test('a finished blob can be gone on with: its process may have died before its row was written', async (t) => {
  const folder = folderFor(t)
  const blobs = openBlobs(folder)
  const name = blobs.newName()
  await (await blobs.write(name)).close()
  await blobs.finish(name)
  const writer = await blobs.write(name)
  await writer.write(Buffer.from('more'))
  await writer.close()
  assert.deepEqual(readdirSync(folder), [`${name}.part`])
  await blobs.finish(name)
  assert.equal((await blobs.read(name, 0, 10)).toString(), 'more')
})

test('orphans go, what a row names stays, and so does what is not ours', async (t) => {
  const folder = folderFor(t)
  const before = openBlobs(folder)
  const [kept, lost, part] = [before.newName(), before.newName(), before.newName()] as const
  for (const name of [kept, lost, part]) await (await before.write(name)).close()
  for (const name of [kept, lost]) await before.finish(name)
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  const blobs = openBlobs(folder)
  const young = blobs.newName()
  await (await blobs.write(young)).close()
  await blobs.removeOrphans(async (name) => name === kept)
  assert.deepEqual(readdirSync(folder).sort(), [kept, `${young}.part`, 'notes.txt'].sort())
})

test('a folder that fails is ours to mend, not the client’s', async (t) => {
  const folder = folderFor(t)
  const blobs = openBlobs(folder)
  const name = blobs.newName()
  await assert.rejects(blobs.read(name, 0, 1), fails('store_unavailable'))
  rmSync(folder, { recursive: true })
  await assert.rejects(blobs.write(name), fails('store_unavailable'))
})
