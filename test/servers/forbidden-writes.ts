/** A full disk without a disk of its own; Linux only. */
import { execFileSync, spawnSync } from 'node:child_process'

export const CAN_FORBID_WRITES =
  process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

/** From now on every write of the process to a file fails; what it had written can be read. */
export function forbidWrites(pid: number): () => void {
  execFileSync('prlimit', ['--pid', String(pid), '--fsize=0:unlimited'])
  return () => execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited'])
}
