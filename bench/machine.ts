/** The machine that a figure is true of. */
import { readFileSync } from 'node:fs'
import { cpus, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly kernel: string
  readonly node: string
  /** Over the last minute before the run: whether the machine was busy with something else. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `${platform()} ${release()}`,
    node: process.version,
    loadBefore: Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[0]),
  }
}
