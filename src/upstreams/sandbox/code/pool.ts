/** Python for the sandbox: nothing of it exists before the first program, and after that one child is kept waiting. */
import { GatewayError } from '../../../errors.ts'
import { collect } from './collect.ts'
import { type CodeResult, heapBytesOf, processorSecondsOf } from './interpreter.ts'
import { canLockDown, type Lockdown } from './lockdown.ts'
import { closing, createSupply, notStarted, type Supply, type SupplySettings } from './supply.ts'
import { overloaded } from './waiting.ts'

/** Programs that run or wait; each holds its own text. */
const PROGRAMS_MAX = 32
const SNAPSHOT_BYTES_MAX = 64 * 1_024 * 1_024

export interface PythonOptions extends Partial<SupplySettings> {
  /** Whether a child is really locked in; asked before the first one. */
  readonly lockdown?: () => Promise<Lockdown>
}

const STANDARD: SupplySettings = {
  // As long as Google lets a program run.
  timeoutMs: 30_000,
  memoryBytesMax: 512 * 1_024 * 1_024,
  // One that runs, and one that is made ready for the next.
  poolSize: 2,
  startTimeoutMs: 60_000,
  waitTimeoutMs: 90_000,
  idleTimeoutMs: 5 * 60_000,
}

export interface Python {
  /**
   * Runs one program in a child of its own. Rejects with `unimplemented` where no child can be locked in, `overloaded`
   * when too many wait or none can be started, `shutting_down` after `close`, `deadline_exceeded` when the signal says
   * that nobody waits.
   */
  run(code: string, signal: AbortSignal): Promise<CodeResult>
  /** Ends all children; resolves when they are gone. */
  close(): Promise<void>
}

export function createPython({ lockdown = canLockDown, ...options }: PythonOptions = {}): Python {
  const settings: SupplySettings = { ...STANDARD, ...options }
  const ending = new AbortController()
  let supply: Promise<Supply> | undefined
  let programs = 0

  async function prepare(): Promise<Supply> {
    const proof = await lockdown()
    if (!proof.ok) throw unavailable(proof.reason)
    return createSupply(await orClosing(snapshotFor(settings), ending.signal), settings)
  }

  /** Tried again by the next program when it failed. */
  function prepared(): Promise<Supply> {
    supply ??= prepare().catch((error) => {
      supply = undefined
      throw error
    })
    return supply
  }

  async function run(code: string, signal: AbortSignal): Promise<CodeResult> {
    const { take } = await prepared()
    if (ending.signal.aborted) throw closing()
    const interpreter = await take(signal)
    const result = await interpreter.run(code, signal)
    // What `close` killed is no failure of the program.
    if (ending.signal.aborted) throw closing()
    return result
  }

  return {
    async run(code, signal) {
      if (ending.signal.aborted) throw closing()
      if (programs >= PROGRAMS_MAX) throw overloaded()
      programs++
      try {
        return await run(code, signal)
      } finally {
        programs--
      }
    },
    async close() {
      ending.abort()
      const made = await supply?.catch(() => undefined)
      await made?.close()
    },
  }
}

/** By the size of the heap. A reload of the configuration makes a new pool, not a new start of seconds. */
const SNAPSHOTS = new Map<number, Promise<Buffer>>()

function snapshotFor(settings: SupplySettings): Promise<Buffer> {
  const heapBytes = heapBytesOf(settings)
  const known = SNAPSHOTS.get(heapBytes)
  if (known !== undefined) return known
  const taken = takeSnapshot(settings)
  SNAPSHOTS.set(heapBytes, taken)
  // Tried again by the next program when it failed.
  taken.catch(() => SNAPSHOTS.delete(heapBytes))
  return taken
}

/** Who closes waits for no start. */
function orClosing<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(closing()), { once: true })
    promise.then(resolve, reject)
  })
}

/** Python's memory after a start, which costs seconds once; every child then begins with it. */
async function takeSnapshot(settings: SupplySettings): Promise<Buffer> {
  const { output, succeeded, complaint } = await collect(
    {
      child: 'snapshot',
      values: [String(heapBytesOf(settings))],
      processorSecondsMax: processorSecondsOf(settings),
    },
    { timeoutMs: settings.startTimeoutMs, bytesMax: SNAPSHOT_BYTES_MAX },
  )
  if (!succeeded) throw notStarted(complaint)
  return output
}

function unavailable(reason: string): GatewayError {
  return new GatewayError('unimplemented', 'Code execution is not available on this server.', {
    hint: `Code execution is off, because ${reason}.`,
  })
}
