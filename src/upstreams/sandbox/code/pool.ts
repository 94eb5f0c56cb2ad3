/** Python for the sandbox: nothing of it exists before the first program, and after that one child is kept waiting. */
import { GatewayError } from '../../../errors.ts'
import type { CodeResult } from './interpreter.ts'
import { canLockDown, type Lockdown } from './lockdown.ts'
import { snapshotFor } from './snapshots.ts'
import { closing, createSupply, type Supply, type SupplySettings } from './supply.ts'
import { overloaded } from './waiting.ts'

/** Programs that run or wait; each holds its own text. */
const PROGRAMS_MAX = 32

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

/** Who closes waits for no start. */
function orClosing<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(closing()), { once: true })
    promise.then(resolve, reject)
  })
}

function unavailable(reason: string): GatewayError {
  return new GatewayError('unimplemented', 'Code execution is not available on this server.', {
    hint: `Code execution is off, because ${reason}.`,
  })
}
