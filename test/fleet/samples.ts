/** What each replica holds, now and then: memory, descriptors, sockets, answers under way. */
import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { MoneyGateway } from '../money/rig.ts'
import type { Fleet } from './fleet.ts'

/** The resident size is judged by every value, all else by the lowest of each thirtieth of the time. */
export const MEASURES = {
  residentMib: { title: 'Resident memory', unit: 'MiB', floor: 12 },
  heapMib: { title: 'JavaScript heap in use', unit: 'MiB', floor: 10 },
  descriptors: { title: 'Open descriptors', unit: 'count', floor: 12 },
  sockets: { title: 'Open sockets', unit: 'count', floor: 12 },
  resources: { title: 'Sockets, timers and requests of the event loop', unit: 'count', floor: 16 },
  streams: { title: 'Answers under way', unit: 'count', floor: 8 },
} as const

export type Measure = keyof typeof MEASURES
export type Sample = Readonly<Record<Measure, number>> & {
  readonly atSeconds: number
  readonly replica: number
}

const MIB = 1024 * 1024

export async function sampleFleet(fleet: Fleet, atSeconds: number): Promise<Sample[]> {
  const indexes = Array.from({ length: fleet.size }, (_, index) => index)
  const samples = indexes.map(async (replica) => {
    const one = fleet.replica(replica)
    return one && { atSeconds, replica, ...(await sample(one)) }
  })
  return (await Promise.all(samples)).filter((one) => one !== undefined)
}

async function sample(replica: MoneyGateway): Promise<Record<Measure, number>> {
  const text = await (await fetch(`${replica.url}/metrics`)).text()
  const metric = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1])
  const folder = `/proc/${replica.pid}/fd`
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  )
  return {
    residentMib: (await replica.memory()) / MIB,
    heapMib: metric('nodejs_heap_used_bytes') / MIB,
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    resources: metric('nodejs_active_resources'),
    streams: metric('wasat_active_streams'),
  }
}

const COLUMNS = ['atSeconds', 'replica', ...Object.keys(MEASURES)] as (keyof Sample)[]

export function csvOf(samples: readonly Sample[]): string {
  const rows = samples.map((one) =>
    COLUMNS.map((name) => String(Math.round(one[name] * 100) / 100)).join(','),
  )
  return `${[COLUMNS.join(','), ...rows].join('\n')}\n`
}

export function samplesOf(csv: string): Sample[] {
  const [head = '', ...rows] = csv.trim().split('\n')
  const names = head.split(',')
  return rows.map((row) => {
    const cells = row.split(',').map(Number)
    return Object.fromEntries(names.map((name, index) => [name, cells[index]])) as unknown as Sample
  })
}

export function seriesOf(samples: readonly Sample[], replica: number, measure: Measure): number[] {
  return samples.filter((one) => one.replica === replica).map((one) => one[measure])
}
