/**
 * Whether a child is really locked in: it is asked, under the very flags that a program runs with, to do what no
 * program may. A runtime that knows a flag and does not honour it, or not for all of this, is found out here.
 */
import { createServer, type Server } from 'node:net'
import { collect } from './collect.ts'
import { pyodideFolder } from './launch.ts'
import { residentBytes } from './memory.ts'

/** The first whose permission model knows the network. */
const NODE_MAJOR_MIN = 25
const PROBE_TIMEOUT_MS = 30_000
const PROBE_BYTES_MAX = 16_384
const PROBE_TRIES = 12
const PROCESSOR_SECONDS_MAX = 30

const REFUSALS = new Set(['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED', 'EvalError'])

/** `reason` is for the operator: what is missing, and what to do about it. */
export type Lockdown = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Proves it anew at each call, in less than a second. Never rejects. */
export async function canLockDown(): Promise<Lockdown> {
  const missing = await missingGround()
  if (missing !== undefined) return { ok: false, reason: missing }
  let connections = 0
  const listener = createServer((socket) => {
    connections++
    socket.destroy()
  })
  try {
    const { output, succeeded, complaint } = await collect(
      {
        child: 'probe',
        values: [String(await listen(listener)), import.meta.filename],
        processorSecondsMax: PROCESSOR_SECONDS_MAX,
      },
      { timeoutMs: PROBE_TIMEOUT_MS, bytesMax: PROBE_BYTES_MAX },
    )
    if (!succeeded) return { ok: false, reason: `the test of the locked child failed, ${complaint}` }
    return judge(output.toString(), connections)
  } finally {
    listener.close()
  }
}

/** What can be told without a child. */
async function missingGround(): Promise<string | undefined> {
  const { versions, platform, pid } = process
  if ('bun' in versions || Number.parseInt(versions.node, 10) < NODE_MAJOR_MIN) {
    return `it needs Node ${NODE_MAJOR_MIN} or newer, whose permission model can refuse the network`
  }
  if (platform === 'win32') return 'it needs Linux or macOS, where the memory of a program can be watched'
  if (pyodideFolder() === undefined) return 'the optional package pyodide is not installed'
  if ((await residentBytes(pid)) === undefined) return 'the memory of a process cannot be measured here'
  return undefined
}

function listen(listener: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** `output` is what the probe wrote: a JSON object of what it tried and what became of it. */
export function judge(output: string, connections: number): Lockdown {
  const outcomes = read(output)
  const names = Object.keys(outcomes)
  if (names.length !== PROBE_TRIES) return { ok: false, reason: 'the locked child did not finish its test' }
  const allowed = names.filter((name) => !REFUSALS.has(String(outcomes[name])))
  if (connections > 0) allowed.push('reach a listener')
  if (allowed.length === 0) return { ok: true }
  return { ok: false, reason: `this runtime does not keep a locked child from: ${allowed.join(', ')}` }
}

function read(output: string): Record<string, unknown> {
  try {
    const outcomes: unknown = JSON.parse(output)
    return typeof outcomes === 'object' && outcomes !== null ? { ...outcomes } : {}
  } catch {
    return {}
  }
}
