/** Short commands and long-lived servers, as the tests of the stores start them. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** A user to run as, or nothing to stay who we are. */
export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** Runs a command to its end; rejects with what it printed when that was not well. */
export function runCommand(file: string, words: readonly string[], as: RunAs = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { ...as, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (piece: Buffer) => {
      output += piece.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    // Not 'close': a server that the command left behind may hold the pipes open.
    child.on('exit', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${file} ${words.join(' ')} ended with ${code}\n${output}`))
    })
  })
}

/** A port of the loopback address that nobody has at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0))
    })
  })
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** Whether it has ended and only waits for its parent to ask: in a container the first process may never do that. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return true
  }
}
