/**
 * The files of tests that run Python share its snapshot, by a file beside the compile cache: to take one costs five
 * seconds of a processor. It is found by all that it is made of, and believed only when it is whole.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { heapBytesOf } from './interpreter.ts'
import { pyodideFolder } from './launch.ts'
import { type SnapshotSettings, takeSnapshot, takeSnapshotsBy } from './snapshots.ts'

const FOLDER = fileURLToPath(new URL('../../../../node_modules/.cache/wasat-python', import.meta.url))
const CHILD_FOLDER = join(import.meta.dirname, 'child')
const PYODIDE_FILES = [
  'package.json',
  'pyodide.mjs',
  'pyodide.asm.mjs',
  'pyodide.asm.wasm',
  'python_stdlib.zip',
]
const DIGEST_BYTES = 32

const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** Every byte that a snapshot follows from. */
function nameOf(settings: SnapshotSettings): string {
  const { version, arch, platform } = process
  const hash = createHash('sha256').update([version, arch, platform, heapBytesOf(settings)].join(' '))
  const sources = readdirSync(CHILD_FOLDER).map((file) => join(CHILD_FOLDER, file))
  const pyodide = PYODIDE_FILES.map((file) => join(pyodideFolder() ?? '', file))
  for (const path of [...sources, ...pyodide]) hash.update(digestOf(readFileSync(path)))
  return hash.digest('hex')
}

function read(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path)
    const snapshot = bytes.subarray(DIGEST_BYTES)
    return digestOf(snapshot).equals(bytes.subarray(0, DIGEST_BYTES)) ? snapshot : undefined
  } catch {
    return undefined
  }
}

/** Whoever reads meanwhile finds the whole file or none. */
function keep(path: string, snapshot: Buffer): void {
  mkdirSync(FOLDER, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, Buffer.concat([digestOf(snapshot), snapshot]))
  renameSync(unfinished, path)
}

export async function keptSnapshot(settings: SnapshotSettings): Promise<Buffer> {
  const path = join(FOLDER, nameOf(settings))
  const kept = read(path)
  if (kept !== undefined) return kept
  const taken = await takeSnapshot(settings)
  keep(path, taken)
  return taken
}

takeSnapshotsBy(keptSnapshot)
