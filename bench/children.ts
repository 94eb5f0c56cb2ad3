/** Every process that the benchmark starts, so that none outlives it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { processTree } from './proc.ts'

/** A gateway may take this long to let its streams go before it is ended for good. */
const STOP_TIMEOUT_MS = 2_000

const children = new Set<ChildProcess>()

export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Takes standard output and standard error. */
  readonly logFile: string
}

export function registerChild(child: ChildProcess): void {
  children.add(child)
  child.once('exit', () => children.delete(child))
}

/**
 * Starts a process with only the given environment: a key in the operator's own environment must not
 * change what is measured.
 */
export function startProcess(options: ProcessOptions): ChildProcess {
  const log = openSync(options.logFile, 'a')
  const child = spawn(options.command, options.args, {
    cwd: options.folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: options.folder,
      TMPDIR: options.folder,
      ...options.environment,
    },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  // Without a listener a missing program would be an uncaught exception; waiting for its port says it better.
  child.on('error', () => children.delete(child))
  registerChild(child)
  return child
}

/** Asks the process to end, waits, then ends it and its descendants. */
export async function stopProcess(child: ChildProcess, patienceMs = STOP_TIMEOUT_MS): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const timer = setTimeout(() => killTree(child), patienceMs)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function killTree(child: ChildProcess): void {
  if (hasEnded(child) || child.pid === undefined) return
  for (const pid of processTree(child.pid)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** Ends everything at once; also the last thing that runs when the benchmark itself ends. */
export function killAll(): void {
  for (const child of children) killTree(child)
}

/** Makes sure that an interrupted run leaves nothing behind. */
export function guardChildren(cleanUp: () => void): void {
  process.on('exit', () => {
    killAll()
    cleanUp()
  })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(code))
  }
}
