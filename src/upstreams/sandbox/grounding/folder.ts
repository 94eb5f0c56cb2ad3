/** Reads the documents of a folder, within bounds, and says what it left out. */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { DOCUMENT_FILE } from './document.ts'

export const FILES_MAX = 5_000
export const FILE_BYTES_MAX = 1_048_576
const FOLDER_BYTES_MAX = 64 * 1_048_576
const DEPTH_MAX = 16
/** Reasons that are kept; more of them say nothing new. */
const REASONS_MAX = 100

export interface FolderFile {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string
  readonly content: string
}

export interface FolderContent {
  readonly files: readonly FolderFile[]
  /** `path: reason`, for files that look like documents and were not read. */
  readonly leftOut: readonly string[]
}

/** Every document file below `folder`, by name. Throws what the file system throws for the folder itself. */
export async function readFolder(folder: string): Promise<FolderContent> {
  const root = await realpath(folder)
  const files: FolderFile[] = []
  const leftOut: string[] = []
  let bytes = 0
  for await (const path of walk(root)) {
    const name = relative(root, path).split(sep).join('/')
    const refuse = (reason: string) => leftOut.length < REASONS_MAX && leftOut.push(`${name}: ${reason}`)
    if (files.length >= FILES_MAX) {
      refuse(`more than ${FILES_MAX} files`)
      break
    }
    const content = await readWithin(root, path, FOLDER_BYTES_MAX - bytes)
    if (typeof content === 'string') {
      refuse(content)
      continue
    }
    bytes += content.length
    files.push({ path: name, content: content.toString('utf8') })
  }
  return { files, leftOut }
}

/** Files by name, folder by folder; folders behind a link, and what begins with a dot, are not entered. */
async function* walk(root: string): AsyncGenerator<string> {
  const folders = [{ path: root, depth: 0 }]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const entries = await readdir(next.path, { withFileTypes: true })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    const below: typeof folders = []
    for (const entry of entries) {
      const path = join(next.path, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory() && next.depth < DEPTH_MAX) below.push({ path, depth: next.depth + 1 })
      else if (!entry.isDirectory() && DOCUMENT_FILE.test(entry.name)) yield path
    }
    folders.push(...below.reverse())
  }
}

/** The bytes of a file, or why they were not read. */
async function readWithin(root: string, path: string, bytesLeft: number): Promise<Buffer | string> {
  try {
    const target = await realpath(path)
    if (!target.startsWith(root + sep)) return 'a link that leads out of the folder'
    const { size, isFile } = await lstat(target).then((stat) => ({ size: stat.size, isFile: stat.isFile() }))
    if (!isFile) return 'not a file'
    if (size > FILE_BYTES_MAX) return `larger than ${FILE_BYTES_MAX} bytes`
    if (size > bytesLeft) return `the folder has more than ${FOLDER_BYTES_MAX} bytes`
    const bytes = await readFile(target)
    return bytes.length > FILE_BYTES_MAX ? `larger than ${FILE_BYTES_MAX} bytes` : bytes
  } catch {
    return 'cannot be read'
  }
}
