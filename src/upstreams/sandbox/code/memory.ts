/** How much memory a process holds, as the system sees it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PS_TIMEOUT_MS = 5_000

/** Resident bytes; undefined when the process is gone, or where nobody can tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const kibibytes = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024
}

async function fromProc(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
}

async function fromPs(pid: number): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS }).catch(
    () => ({ stdout: '' }),
  )
  return /^\s*(\d+)\s*$/.exec(stdout)?.[1]
}
