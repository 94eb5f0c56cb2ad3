/** Processor time of this process: its own, and that of the garbage collector's threads. */

export function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
