/** Where the project is, and what is in it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('..', import.meta.url))

const LIST_BYTES_MAX = 64 * 1024 * 1024

/** What git tracks, and what is new and not ignored; relative paths with forward slashes, sorted. */
export function projectFiles(root: string = PROJECT): string[] {
  const words = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const output = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: LIST_BYTES_MAX })
  const names = new Set(output.split('\0').filter((name) => name !== '' && existsSync(join(root, name))))
  return [...names].sort()
}

/** Every TypeScript file below a folder, relative to `root`, with forward slashes, sorted. */
export function typescriptFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root).length).replaceAll('\\', '/'))
    .map((name) => name.replace(/^\/+/, ''))
    .filter((name) => !name.includes('node_modules/'))
    .sort()
}
