/**
 * llama.cpp's own server with a tiny model that is made on the spot. It speaks three wires: Chat Completions, Responses
 * and Messages. The model writes like the README, character by character; whoever gives it tools gets a call first.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runCommand } from './child-command.ts'

export interface Llama {
  /** Without a path. */
  readonly url: string
  close(): Promise<void>
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const PYTHON = at('../../.venv/llama/bin/python')

/** Why it cannot run here; false in CI, where what is missing is a failure. */
export const LLAMA_SKIP: string | false =
  !existsSync(PYTHON) && !process.env.CI && '.venv/llama is missing: npm run services makes it'

export async function startLlama(): Promise<Llama> {
  assert.ok(existsSync(PYTHON), `there is no ${PYTHON}: npm run services makes it`)
  const folder = await mkdtemp(join(tmpdir(), 'wasat-llama-'))
  const model = join(folder, 'tiny.gguf')
  await runCommand(PYTHON, [at('./llama/make_model.py'), model, at('../../README.md')])
  const child = spawn(PYTHON, [at('./llama/serve.py'), model], { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`llama.cpp's server ended with ${code}`))),
  ])) as [string]
  return {
    url: JSON.parse(line).url,
    async close() {
      child.stdin.end()
      child.kill('SIGKILL')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
