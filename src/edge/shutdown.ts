/** Going down in order: first nobody new, then everybody who can finish in time, then those who cannot. */
import { GatewayError } from '../errors.ts'
import type { Edge } from './server.ts'

/**
 * `graceful` lets balancers notice first, `quick` does not wait for them, `now` waits for nobody. `crashed` is `quick` with
 * the exit code of a failure.
 */
export type ShutdownMode = 'graceful' | 'quick' | 'crashed' | 'now'

export interface ShutdownOptions {
  readonly edge: Edge
  /** Answers under way. */
  readonly flights: {
    interrupt(which: 'unary' | 'all', error: Error): void
    landed(): Promise<void>
  }
  /** Milliseconds: still accepting, unary answers, streams. */
  readonly timeouts: { readonly delay: number; readonly grace: number; readonly streamGrace: number }
  readonly beforeAll: () => void
  /** Closes what lies behind the edge. */
  readonly afterAll: () => Promise<void>
}

/** How long settling and telling the clients may take once everybody was interrupted. */
const LAST_WORDS_MS = 2_000

/** How long what lies behind the edge may take to close. */
const CLOSING_MS = 2_000

export type Shutdown = (mode: ShutdownMode) => Promise<number>

/** Returns a function that may be called again with a harder mode; every call resolves with the one exit code. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { edge, flights, timeouts } = options
  let exit: Promise<number> | undefined
  const hurry = Promise.withResolvers<void>()
  let exitCode = 0

  const interrupt = (which: 'unary' | 'all') =>
    flights.interrupt(which, new GatewayError('shutting_down', 'The server is shutting down. Please retry.'))

  async function run(mode: ShutdownMode): Promise<number> {
    options.beforeAll()
    edge.drain()
    if (mode === 'graceful') await Promise.race([pause(timeouts.delay), hurry.promise])
    const closed = Promise.all([edge.close(), flights.landed()])
    const unary = setTimeout(() => interrupt('unary'), timeouts.grace)
    const isDone = await Promise.race([
      closed.then(() => true),
      hurry.promise.then(() => false),
      pause(Math.max(timeouts.grace, timeouts.streamGrace)).then(() => false),
    ])
    clearTimeout(unary)
    if (!isDone) {
      interrupt('all')
      await Promise.race([closed, pause(LAST_WORDS_MS)])
    }
    edge.destroy()
    // An upstream that was asked and never answers would otherwise be waited for as long as a client would.
    await Promise.race([options.afterAll(), pause(CLOSING_MS)])
    return exitCode
  }

  return (mode) => {
    if (mode === 'now' || mode === 'crashed') exitCode = 1
    if (mode === 'now') hurry.resolve()
    exit ??= run(mode)
    return exit
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
