/**
 * One connection that is kept beside the pool: it brings the schema up to date, tells that this process is alive, and
 * is the first to notice that the server is gone or back.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'
import { GatewayError } from '../../errors.ts'
import type { Migration } from '../migration-files.ts'
import { bounded } from './bounded.ts'
import { failureOf, messageOf, storeClosed } from './failures.ts'
import { createLinkState, type LinkState } from './link-state.ts'
import { applyMigrations } from './migrate.ts'

/** A process that has not told for so long that it is alive counts as ended. */
export const ALIVE_MS = 30_000
const HEARTBEAT_MS = 5_000
const HEARTBEAT_TIMEOUT_MS = 2_000
/** Between two attempts to reach the server; a random part of it, so that replicas do not come all at once. */
const RETRY_MS = 300
/** A schema that is not ours does not change in a second. */
const REFUSED_RETRY_MS = 5_000

export interface LinkOptions {
  readonly connection: ClientConfig
  readonly migrations: readonly Migration[]
  /** Who this process is over restarts; another one of this name that still counts as alive is over. */
  readonly name: string | undefined
  /** How long after the server went away a caller still waits for it. */
  readonly patienceMs: number
}

export interface Link {
  /** This process, among those that share the ledger. */
  readonly instance: string
  /**
   * Resolves once the server can be asked. Rejects with `store_unavailable` at `deadlineAtMs` (monotonic), or at once
   * while the server has been away for longer than anybody waits.
   */
  up(deadlineAtMs: number): Promise<void>
  /** A call failed: looks whether the server is there. */
  suspect(): void
  /** A write succeeded, or failed for a reason of the server's that a new connection would not change. */
  wrote(error?: unknown): void
  /** Milliseconds for which the server has been there without a gap; 0 while it is away. */
  upForMs(): number
  replicas(): number
  trouble(): string | undefined
  /** Called each time the server is there again. */
  onUp(listener: () => void): void
  /** Resolves when the server has answered once; rejects when its schema is not ours. */
  readonly first: Promise<void>
  close(): Promise<void>
}

export function openLink(options: LinkOptions): Link {
  const state = createLinkState(options.patienceMs)
  const keeper = createKeeper(options, state)
  let writeFailure: string | undefined
  return {
    instance: keeper.instance,
    first: keeper.first,
    up: state.wait,
    upForMs: state.upForMs,
    onUp: state.onUp,
    suspect: () => void keeper.beat(),
    wrote: (error) => {
      writeFailure = error === undefined ? undefined : messageOf(error)
    },
    replicas: keeper.replicas,
    trouble: () => {
      const what = state.reason() ?? writeFailure
      return what && `PostgreSQL: ${what}`
    },
    close: keeper.close,
  }
}

/** Connects, again and again, and tells the state of what comes of it. */
function createKeeper({ connection, migrations, name }: LinkOptions, state: LinkState) {
  const heart = createHeart(name)
  const first = Promise.withResolvers<void>()
  // Nobody may be waiting for it any more.
  first.promise.catch(() => undefined)
  let client: Client | undefined
  let connecting: Client | undefined
  let isClosed = false
  let wake = Promise.withResolvers<void>()
  let beating: Promise<void> | undefined

  function lose(error: unknown): void {
    const lost = client
    client = undefined
    lost?.end().catch(() => undefined)
    state.fall(error)
    wake.resolve()
  }

  async function connect(): Promise<void> {
    const next = new Client(connection)
    connecting = next
    next.on('error', (error) => {
      if (client === next) lose(error)
    })
    try {
      await next.connect()
      await applyMigrations(next, migrations)
      await heart.beat(next)
      client = next
    } catch (error) {
      next.end().catch(() => undefined)
      throw error
    } finally {
      connecting = undefined
    }
    state.rise()
    first.resolve()
  }

  /** One heartbeat, however many ask for it. */
  function beat(): Promise<void> {
    const by = client
    if (by === undefined || isClosed) return Promise.resolve()
    beating ??= heart
      .beat(by)
      .catch((error: unknown) => {
        if (client === by) lose(error)
      })
      .finally(() => {
        beating = undefined
      })
    return beating
  }

  /** How long to wait before the next attempt. */
  function pauseAfter(error: unknown): number {
    state.fall(error)
    if (error instanceof GatewayError) {
      first.reject(error)
      return REFUSED_RETRY_MS
    }
    const { kind } = failureOf(error)
    // The server answered: a start need not wait for it.
    if (kind !== 'away' && kind !== 'unknown') first.resolve()
    return RETRY_MS * (0.5 + Math.random())
  }

  async function keep(): Promise<void> {
    while (!isClosed) {
      wake = Promise.withResolvers<void>()
      const pauseMs =
        client === undefined ? await connect().then(() => HEARTBEAT_MS, pauseAfter) : HEARTBEAT_MS
      await Promise.race([sleep(pauseMs, undefined, { ref: false }), wake.promise])
      await beat()
    }
  }

  const kept = keep()

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    state.close()
    await beating
    if (client !== undefined) await heart.stop(client)
    lose(storeClosed())
    // It may wait for another process that migrates.
    connecting?.end().catch(() => undefined)
    await kept
    lose(storeClosed())
  }

  return { instance: heart.instance, replicas: heart.replicas, first: first.promise, beat, close }
}

/** Tells the others that this process is alive, and hears how many they are. */
function createHeart(name: string | undefined) {
  const instance = randomUUID()
  let replicas = 1
  return {
    instance,
    replicas: () => replicas,
    beat: async (by: Client): Promise<void> => {
      const values = [instance, name ?? instance, ALIVE_MS]
      const { rows } = await by.query<{ count: number }>(
        bounded('SELECT wasat.stay_alive($1, $2, $3) AS count', values, HEARTBEAT_TIMEOUT_MS),
      )
      replicas = Math.max(1, rows[0]?.count ?? 1)
    },
    stop: async (by: Client): Promise<void> => {
      const text = 'UPDATE wasat.instances SET alive_until = -wasat.now_ms() WHERE id = $1'
      await by.query(bounded(text, [instance], HEARTBEAT_TIMEOUT_MS)).catch(() => undefined)
    },
  }
}
