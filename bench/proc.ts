/** What Linux says of a process: CPU time, memory, descendants. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

let ticksPerSecond: number | undefined

function clockTicksPerSecond(): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'latin1' }))
  return ticksPerSecond
}

/** Fields of /proc/<pid>/stat after the name, which may itself contain spaces and brackets. Empty when it ended. */
function statFields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** User and system time of all threads together, in milliseconds; in steps of one clock tick (10 ms mostly). */
export function cpuTimeMs(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = statFields(pid)
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  }
  return (ticks * 1000) / clockTicksPerSecond()
}

/** Resident memory in KiB, all processes together. */
export function residentKib(pids: readonly number[]): number {
  let total = 0
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1')
    total += Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0)
  }
  return total
}

/** The process and all its descendants, parents first. */
export function processTree(root: number): readonly number[] {
  const childrenOf = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = Number(statFields(pid)[1] ?? -1)
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []))
  return tree
}
