/** C04: a crowd of clients that leave at once. */
import { readdir } from 'node:fs/promises'
import { begun, cellOf, chunk, LAST_CHUNK } from '../../src/cli/faults/bytes.ts'
import type { Line, Play } from '../../src/cli/faults/upstream.ts'
import { FAULT_WIRES, type FaultWire } from '../../src/cli/faults/wires.ts'
import type { RawConnection } from '../corpus/socket.ts'
import { until } from '../gateway/rig.ts'
import { type ClientRig, requestOf, SSE_VERB, sending } from './client-rig.ts'

/** Lowered in the gateway's configuration. */
export const DRAINS_MAX = 30

/** For each wire; 150 in all. */
const LEAVERS = 50

export interface CrowdLeft {
  /** For each wire. */
  readonly clients: number
  /** Read to their end at once. */
  readonly drained: number
  readonly filesBefore: number
  readonly filesAfter: number
}

const crowd = { gate: Promise.withResolvers<void>() }

/** Begins, and ends when the crowd has left. */
const gated =
  (wire: FaultWire): Play =>
  async (line: Line) => {
    const cell = cellOf(wire, 'stream')
    await line.write(begun(cell))
    await crowd.gate.promise
    await line.write(chunk(cell.words.ending({ input: 11, output: 7 })))
    await line.write(LAST_CHUNK)
  }

export const CROWD_PLAYS: ReadonlyMap<string, Play> = new Map([
  ...FAULT_WIRES.map((wire) => [`${wire}.stream.crowd`, gated(wire)] as const),
])

const openFiles = async (pid: number) => (await readdir(`/proc/${pid}/fd`)).length

export async function leaveAtOnce({ gateway }: ClientRig): Promise<CrowdLeft> {
  const filesBefore = await openFiles(gateway.pid)
  const clients: RawConnection[] = []
  await Promise.all(
    FAULT_WIRES.map(async (wire) => {
      const text = requestOf(`${wire}.stream.crowd`, gateway.key, { verb: SSE_VERB })
      const opened = await Promise.all(Array.from({ length: LEAVERS }, () => sending(gateway.port, text)))
      clients.push(...opened)
      await until('all streams have begun', () => opened.every((one) => one.leftover().includes('two ')))
    }),
  )
  for (const client of clients) client.destroy()
  await until('only what is read to its end is left', async () => {
    const [open, drains] = await Promise.all([
      gateway.metric('wasat_active_streams'),
      gateway.metric('wasat_drains'),
    ])
    return open === drains || drains > DRAINS_MAX
  })
  const drained = await gateway.metric('wasat_drains')
  crowd.gate.resolve()
  await until('every drain ended', async () => (await gateway.metric('wasat_drains')) === 0)
  return { clients: LEAVERS, drained, filesBefore, filesAfter: await openFiles(gateway.pid) }
}
