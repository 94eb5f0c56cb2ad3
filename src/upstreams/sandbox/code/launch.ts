/** How a child of ours is started: the flags and limits are the walls around a Python program. */
import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type ChildName = 'probe' | 'run' | 'snapshot'

const CHILD_FOLDER = join(import.meta.dirname, 'child')
/** The sources run as TypeScript, the published package as JavaScript. */
const EXTENSION = extname(import.meta.filename)
const OLD_SPACE_MIB_MAX = 128
const SHELL = '/bin/sh'

/** Where Pyodide lies; undefined when it is not installed. */
export function pyodideFolder(): string | undefined {
  try {
    return fileURLToPath(new URL('.', import.meta.resolve('pyodide')))
  } catch {
    return undefined
  }
}

/** Everything is refused but reading the child's own few sources and Pyodide. */
function nodeFlags(readable: readonly string[]): string[] {
  return [
    '--permission',
    ...readable.map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${OLD_SPACE_MIB_MAX}`,
    // A signal would otherwise open a debugger.
    '--disable-sigusr1',
    '--no-warnings',
  ]
}

export interface Launch {
  readonly child: ChildName
  readonly values: readonly string[]
  /** Processor time after which the system ends the child, even when the gateway is no longer there to do it. */
  readonly processorSecondsMax: number
}

/**
 * Starts a child with nothing of our environment, in the root folder, not able to write a file or to dump its memory.
 * Pipes: 0 to it, 1 and 2 from it, 3 from it. It does not keep the gateway alive.
 */
export function launch({ child, values, processorSecondsMax }: Launch): ChildProcess {
  const pyodide = pyodideFolder()
  const readable = [`${CHILD_FOLDER}/`, ...(pyodide === undefined ? [] : [pyodide])]
  const script = join(CHILD_FOLDER, child + EXTENSION)
  const limits = `ulimit -c 0 && ulimit -f 0 && ulimit -t ${processorSecondsMax} && exec "$0" "$@"`
  const command = ['-c', limits, process.execPath, ...nodeFlags(readable), script, ...values]
  const started = spawn(SHELL, command, {
    cwd: '/',
    env: { TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  // Writing to a child that has just died is no fault: its end is noticed elsewhere.
  started.stdin?.on('error', () => {})
  release(started)
  return started
}

/** Neither the child nor its pipes keep the gateway alive; whoever waits for it holds a timer. */
function release(child: ChildProcess): void {
  child.unref()
  for (const pipe of child.stdio) if (pipe instanceof Socket) pipe.unref()
}
