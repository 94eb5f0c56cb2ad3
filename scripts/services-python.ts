/**
 * Python virtual environments, in `.venv/`: one for each version of Google's Python client, one for OpenAI's, one for
 * llama.cpp's server.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from './project.ts'

const PYTHON = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3')
const ENVIRONMENTS: Readonly<Record<string, string>> = {
  'genai-2': 'test/sdk/python/genai-2.txt',
  'genai-3': 'test/sdk/python/genai-3.txt',
  'openai-3': 'test/sdk/python/openai-3.txt',
  llama: 'test/servers/llama/requirements.txt',
}
const INSTALL_TIMEOUT_MS = 5 * 60_000

/** All at once: most of it is waiting for downloads. */
export async function makeEnvironments(): Promise<void> {
  await Promise.all(
    Object.entries(ENVIRONMENTS).map(([name, file]) => makeEnvironment(name, join(PROJECT, file))),
  )
}

async function makeEnvironment(name: string, requirements: string): Promise<void> {
  const folder = join(PROJECT, '.venv', name)
  const mark = join(folder, 'made-from')
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) {
    return console.log(`.venv/${name} is there`)
  }
  rmSync(folder, { recursive: true, force: true })
  await create(folder)
  await run(pythonOf(folder), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  writeFileSync(mark, digest)
  console.log(`.venv/${name} is made`)
}

async function create(folder: string): Promise<void> {
  try {
    await run(PYTHON, ['-m', 'venv', folder])
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    console.error(`${PYTHON} -m venv failed; on Debian and Ubuntu: apt-get install python3-venv`)
    throw error
  }
}

function pythonOf(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python')
}

function run(file: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${file} ${words.join(' ')} ended with ${code}`))
    })
  })
}
