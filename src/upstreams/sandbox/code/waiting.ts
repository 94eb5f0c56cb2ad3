/** Those who wait for one thing of a kind, served in the order in which they came. */
import { GatewayError } from '../../../errors.ts'

export interface WaitingRoom<T> {
  readonly size: () => number
  /** Rejects with `overloaded` when its time is up and with `deadline_exceeded` when the signal says that nobody waits. */
  wait(signal: AbortSignal): Promise<T>
  /** Serves the first one; false when nobody waits. */
  serve(thing: T): boolean
  /** Turns the first one away; false when nobody waits. */
  refuse(error: GatewayError): boolean
}

interface Waiter<T> {
  resolve(thing: T): void
  reject(error: GatewayError): void
}

/** Whoever asks bounds how many wait. A waiter keeps the process alive, at most for `timeoutMs`. */
export function createWaitingRoom<T>(timeoutMs: number): WaitingRoom<T> {
  const waiters = new Set<Waiter<T>>()
  function first(): Waiter<T> | undefined {
    const [waiter] = waiters
    if (waiter !== undefined) waiters.delete(waiter)
    return waiter
  }
  return {
    size: () => waiters.size,
    async wait(signal) {
      if (signal.aborted) throw notAwaited()
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const waiter: Waiter<T> = { resolve, reject }
      waiters.add(waiter)
      const abort = (): void => reject(notAwaited())
      signal.addEventListener('abort', abort, { once: true })
      const timer = setTimeout(() => reject(overloaded()), timeoutMs)
      try {
        return await promise
      } finally {
        waiters.delete(waiter)
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
    },
    serve(thing) {
      const waiter = first()
      waiter?.resolve(thing)
      return waiter !== undefined
    },
    refuse(error) {
      const waiter = first()
      waiter?.reject(error)
      return waiter !== undefined
    },
  }
}

/** What nobody reads, because whoever asked has left. */
export function notAwaited(): GatewayError {
  return new GatewayError('deadline_exceeded', 'The request was cancelled before its code had run.')
}

export function overloaded(): GatewayError {
  return new GatewayError('overloaded', 'Too much code is waiting to be executed. Please retry.', {
    hint: 'Each program has a process of its own; more can run at a time when more of them are allowed.',
  })
}
