/** Python virtual environments, in `.venv/`: one for each version of Google's Python client, one for llama.cpp's server. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from './project.ts'

const PYTHON = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3')
const ENVIRONMENTS: Readonly<Record<string, string>> = {
  'genai-2': 'test/sdk/python/genai-2.txt',
  'genai-3': 'test/sdk/python/genai-3.txt',
  llama: 'test/servers/llama/requirements.txt',
}
const INSTALL_TIMEOUT_MS = 5 * 60_000

export function makeEnvironments(): void {
  for (const [name, file] of Object.entries(ENVIRONMENTS)) makeEnvironment(name, join(PROJECT, file))
}

function makeEnvironment(name: string, requirements: string): void {
  const folder = join(PROJECT, '.venv', name)
  const mark = join(folder, 'made-from')
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) {
    return console.log(`.venv/${name} is there`)
  }
  rmSync(folder, { recursive: true, force: true })
  create(folder)
  run(pythonOf(folder), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  writeFileSync(mark, digest)
  console.log(`.venv/${name} is made`)
}

function create(folder: string): void {
  try {
    run(PYTHON, ['-m', 'venv', folder])
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    console.error(`${PYTHON} -m venv failed; on Debian and Ubuntu: apt-get install python3-venv`)
    throw error
  }
}

function pythonOf(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python')
}

function run(file: string, words: readonly string[]): void {
  execFileSync(file, words, { stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS })
}
