/** What the tests of the commands share: a terminal that is only memory, and the real command as a process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Terminal } from './output.ts'
import { runProgram } from './program.ts'

export const BIN = fileURLToPath(new URL('../../bin/wasat.mjs', import.meta.url))

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface MemoryTerminal extends Terminal {
  readonly out: string[]
  readonly err: string[]
}

export function memoryTerminal(cwd: string, environment: Record<string, string> = {}): MemoryTerminal {
  const out: string[] = []
  const err: string[] = []
  const stdout = (text: string) => void out.push(text)
  const stderr = (text: string) => void err.push(text)
  return { environment, cwd, stdout, stderr, out, err, hasColors: false }
}

/** Runs a command inside this process. */
export async function run(
  words: string,
  cwd: string,
  environment: Record<string, string> = {},
): Promise<Ran> {
  const terminal = memoryTerminal(cwd, environment)
  const exitCode = await runProgram(words.split(' ').filter(Boolean), terminal)
  return { exitCode, stdout: terminal.out.join(''), stderr: terminal.err.join('') }
}

/** Starts the real command with a clean environment. */
export function startBin(
  words: readonly string[],
  cwd: string,
  environment: Record<string, string> = {},
  node: string = process.execPath,
): ChildProcess {
  const env = { PATH: process.env.PATH ?? '', ...environment }
  return spawn(node, [BIN, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

export function ended(child: ChildProcess): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.on('error', reject)
  child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  return promise
}
