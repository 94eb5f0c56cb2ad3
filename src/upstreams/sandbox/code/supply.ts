/** The children: started before they are needed, each used once, none kept when nothing runs for long. */
import { GatewayError } from '../../../errors.ts'
import { type Interpreter, type Limits, startInterpreter } from './interpreter.ts'
import { createWaitingRoom } from './waiting.ts'

export interface SupplySettings extends Limits {
  /** Children alive at a time. */
  readonly poolSize: number
  /** Until a child is ready. */
  readonly startTimeoutMs: number
  readonly waitTimeoutMs: number
  readonly idleTimeoutMs: number
}

export interface Supply {
  /** A child that is ready, for one program. Its place is free again when it is gone. */
  take(signal: AbortSignal): Promise<Interpreter>
  close(): Promise<void>
}

export function createSupply(snapshot: Buffer, settings: SupplySettings): Supply {
  const waiting = createWaitingRoom<Interpreter>(settings.waitTimeoutMs)
  const alive = new Set<Interpreter>()
  const taken = new Set<Interpreter>()
  const ready: Interpreter[] = []
  let closed = false
  const idle = setTimeout(() => {
    for (const interpreter of ready) interpreter.kill()
  }, settings.idleTimeoutMs)
  idle.unref()

  function refill(): void {
    while (!closed && alive.size < Math.min(settings.poolSize, taken.size + waiting.size() + 1)) start()
  }

  function start(): void {
    const interpreter = startInterpreter(snapshot, settings)
    alive.add(interpreter)
    const timer = setTimeout(interpreter.kill, settings.startTimeoutMs).unref()
    const end = (failure?: Error): void => {
      clearTimeout(timer)
      if (failure === undefined) offer(interpreter)
      // One that cannot start takes one waiter with it, so that trying again comes to an end.
      else waiting.refuse(notStarted(failure.message))
    }
    interpreter.ready.then(() => end(), end)
    void interpreter.gone.then(() => forget(interpreter))
  }

  function offer(interpreter: Interpreter): void {
    taken.add(interpreter)
    if (waiting.serve(interpreter)) return
    taken.delete(interpreter)
    ready.push(interpreter)
  }

  function forget(interpreter: Interpreter): void {
    alive.delete(interpreter)
    const index = ready.indexOf(interpreter)
    if (index !== -1) ready.splice(index, 1)
    // Nobody asks for a new one when an idle one was let go.
    if (taken.delete(interpreter) || waiting.size() > 0) refill()
  }

  return {
    async take(signal) {
      idle.refresh()
      const interpreter = ready.shift()
      if (interpreter !== undefined) taken.add(interpreter)
      const promise = interpreter ?? waiting.wait(signal)
      refill()
      return promise
    },
    async close() {
      closed = true
      clearTimeout(idle)
      while (waiting.refuse(closing())) {}
      await Promise.all([...alive].map((interpreter) => interpreter.end()))
    },
  }
}

export function notStarted(complaint: string): GatewayError {
  return new GatewayError('overloaded', 'Code execution could not be started. Please retry.', {
    hint: `The Python process did not start: ${complaint}`,
  })
}

export function closing(): GatewayError {
  return new GatewayError('shutting_down', 'The server is shutting down. Please retry.')
}
