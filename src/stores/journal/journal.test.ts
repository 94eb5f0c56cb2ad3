import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { UsageRow } from '../../nouns/ledger.ts'
import { fails } from '../../nouns.fixture.ts'
import { encodeFrame, FRAMES_START } from './frames.ts'
import { JOURNAL_BYTES, type Journal, journalPath, openJournal } from './journal.ts'
import { rowOf } from './rows.fixture.ts'

const SMALL_BYTES = 64 * 1024

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wasat-journal-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const idsOf = (rows: readonly UsageRow[]): string[] => rows.map((row) => row.requestId)

test('[STO-02] the journal takes its room at the start, and no more ever', async (context) => {
  const folder = await folderFor(context)
  const journal = await openJournal(folder)
  const { size, blocks, mode } = await stat(journalPath(folder))
  assert.equal(size, JOURNAL_BYTES)
  assert.ok(blocks * 512 >= JOURNAL_BYTES, 'the blocks are there, not only the length')
  assert.equal(mode & 0o777, 0o600)
  await Promise.all(Array.from({ length: 100 }, (_, index) => journal.append(rowOf(`r${index}`))))
  assert.equal((await stat(journalPath(folder))).size, JOURNAL_BYTES)
  await journal.close()
})

test('[STO-01] a row comes back as it went, whatever it lacks, in the order of the appends', async (context) => {
  const folder = await folderFor(context)
  const rows = [
    rowOf('full'),
    rowOf('bare', {
      projectId: undefined,
      tags: undefined,
      upstream: undefined,
      upstreamModel: undefined,
      modelVersion: undefined,
      otherAttempts: [],
      price: undefined,
      details: undefined,
      finishReason: undefined,
      firstByteMs: undefined,
    }),
    rowOf('hostile', { model: 'naïve 😀 \u0000 "\\', billedNanoUsd: Number.MAX_SAFE_INTEGER }),
  ]
  const journal = await openJournal(folder)
  await Promise.all(rows.map((row) => journal.append(row)))
  assert.deepEqual(journal.pending(), rows)
  await journal.close()
  const again = await openJournal(folder)
  assert.deepEqual(again.pending(), rows)
  await again.close()
})

test('[STO-01] drained rows do not come back, and a full journal has its whole room again', async (context) => {
  const folder = await folderFor(context)
  const journal = await openJournal(folder, { bytes: SMALL_BYTES })
  let count = 0
  const fill = async () => {
    for (; ; count++) {
      try {
        await journal.append(rowOf(`r${count}`))
      } catch (error) {
        fails('store_unavailable')(error)
        return
      }
    }
  }
  await fill()
  const first = journal.pending().length
  assert.ok(first > 20)
  await journal.drained(first - 1)
  assert.deepEqual(idsOf(journal.pending()), [`r${first - 1}`])
  await journal.drained(1)
  await fill()
  assert.ok(journal.pending().length >= first - 1, 'ids are longer by a digit at most')
  const kept = idsOf(journal.pending()).slice(3)
  await journal.drained(3)
  await journal.close()
  const again = await openJournal(folder, { bytes: SMALL_BYTES })
  assert.deepEqual(idsOf(again.pending()), kept)
  await again.close()
  await assert.rejects(again.append(rowOf('late')), fails('store_unavailable'))
})

test('[STO-01] rows of one turn that do not all fit: the first ones stand, the others are refused', async (context) => {
  const journal = await openJournal(await folderFor(context), { bytes: SMALL_BYTES })
  const results = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) => journal.append(rowOf(`r${index}`))),
  )
  const taken = results.filter((result) => result.status === 'fulfilled').length
  assert.ok(taken > 20 && taken < 100)
  assert.ok(results.slice(0, taken).every((result) => result.status === 'fulfilled'))
  assert.deepEqual(
    idsOf(journal.pending()),
    Array.from({ length: taken }, (_, index) => `r${index}`),
  )
  await journal.close()
})

test('[STO-01] a torn tail is left out at every byte at which a write can end', async (context) => {
  const folder = await folderFor(context)
  const journal = await openJournal(folder, { bytes: SMALL_BYTES })
  const rows = [rowOf('r0'), rowOf('r1', { tags: undefined }), rowOf('r2')]
  for (const row of rows) await journal.append(row)
  await journal.close()
  const whole = await readFile(journalPath(folder))
  const ends = [FRAMES_START]
  for (const [index, row] of rows.entries()) ends.push(ends.at(-1)! + encodeFrame(row, index + 1).length)
  for (let cut = 0; cut <= ends.at(-1)!; cut += cut < FRAMES_START ? 512 : 7) {
    await writeFile(journalPath(folder), whole.subarray(0, cut))
    const torn = await openJournal(folder, { bytes: SMALL_BYTES })
    const expected = ends.slice(1).filter((end) => end <= cut).length
    assert.deepEqual(torn.pending(), rows.slice(0, expected), `cut at ${cut}`)
    await torn.append(rowOf('after'))
    await torn.close()
    const again = await openJournal(folder, { bytes: SMALL_BYTES })
    assert.deepEqual(idsOf(again.pending()), [...idsOf(rows.slice(0, expected)), 'after'])
    await again.close()
  }
})

/** What a kill leaves of a write: up to some byte of it the new ones, behind it those of the time before. */
function tornBetween(before: Buffer, after: Buffer, at: number): Buffer {
  const first = before.findIndex((byte, index) => byte !== after[index])
  const last = before.findLastIndex((byte, index) => byte !== after[index])
  if (first === -1) return after
  const cut = first + (at % (last - first + 2))
  return Buffer.concat([after.subarray(0, cut), before.subarray(cut)])
}

type Step =
  | { readonly kind: 'append'; readonly rows: number }
  | { readonly kind: 'drain'; readonly rows: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), rows: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('drain' as const), rows: fc.integer({ min: 1, max: 9 }) }),
)

async function play(journal: Journal, { kind, rows }: Step, ids: string[]): Promise<void> {
  if (kind === 'drain') {
    await journal.drained(rows)
    ids.splice(0, rows)
    return
  }
  const added = Array.from({ length: rows }, () => `r${nextId++}`)
  await Promise.all(
    added.map((id, index) => journal.append(rowOf(id, index % 2 === 0 ? {} : { tags: undefined }))),
  )
  ids.push(...added)
}
let nextId = 0

test('[STO-01] appends, drains and kills in any order: nothing acknowledged is lost, nothing drained long ago is back', async (context) => {
  const folder = await folderFor(context)
  const path = journalPath(folder)
  const reopen = () => openJournal(folder, { bytes: SMALL_BYTES })
  const runs = Number(process.env.WASAT_PROPERTY_RUNS ?? 40)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 4 }),
      step,
      fc.nat(),
      async (lives, last, at) => {
        await rm(path, { force: true })
        const ids: string[] = []
        for (const life of lives) {
          const journal = await reopen()
          assert.deepEqual(idsOf(journal.pending()), ids)
          for (const one of life) await play(journal, one, ids)
          await journal.close()
        }
        // The last step is cut off at some byte, as a kill does it; the file is of a fixed size.
        await (await reopen()).close()
        const before = await readFile(path)
        const acknowledged = [...ids]
        const journal = await reopen()
        await play(journal, last, ids)
        await journal.close()
        await writeFile(path, tornBetween(before, await readFile(path), at))
        const killed = await reopen()
        const found = idsOf(killed.pending())
        await killed.close()
        // A drain that did not reach the disk is done again; an append that did not was never acknowledged.
        const all = last.kind === 'drain' ? acknowledged : ids
        const least = last.kind === 'drain' ? ids : acknowledged
        assert.ok(found.length >= least.length && found.length <= all.length, `${found} of ${all}`)
        assert.deepEqual(
          found,
          last.kind === 'drain' ? all.slice(all.length - found.length) : all.slice(0, found.length),
        )
      },
    ),
    { numRuns: runs },
  )
})

test('[STO-01] any bytes can be opened as a journal, and it works from then on', async (context) => {
  const folder = await folderFor(context)
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: FRAMES_START + 400 }),
      fc.boolean(),
      async (bytes, isShifted) => {
        const noise = isShifted ? Buffer.concat([Buffer.alloc(FRAMES_START), bytes]) : Buffer.from(bytes)
        await writeFile(journalPath(folder), noise)
        const journal = await openJournal(folder, { bytes: SMALL_BYTES })
        assert.deepEqual(journal.pending(), [])
        await journal.append(rowOf('r'))
        await journal.close()
        const again = await openJournal(folder, { bytes: SMALL_BYTES })
        assert.deepEqual(idsOf(again.pending()), ['r'])
        await again.close()
      },
    ),
    { numRuns: 30 },
  )
})

test('[STO-01] a start that died while it made the file leaves nothing that is taken for one', async (context) => {
  const folder = await folderFor(context)
  await writeFile(`${journalPath(folder)}.new`, 'half')
  const journal = await openJournal(folder, { bytes: SMALL_BYTES })
  await journal.append(rowOf('r'))
  await journal.close()
  assert.equal((await stat(journalPath(folder))).size, SMALL_BYTES)
})

test('[STO-02] no room at the start is told, not ignored', async () => {
  await assert.rejects(openJournal('/proc/wasat-nowhere'), fails('store_unavailable'))
})

test('[STO-06] kill -9 in the middle of appends: every acknowledged row is there', async (context) => {
  const folder = await folderFor(context)
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./journal-child.fixture.ts', import.meta.url)), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const seen: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    seen.push(line)
    if (seen.length === 150) child.kill('SIGKILL')
  })
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  const journal = await openJournal(folder)
  const found = new Set(idsOf(journal.pending()))
  await journal.close()
  assert.ok(seen.length >= 150)
  assert.deepEqual(
    seen.filter((id) => !found.has(id)),
    [],
  )
})
