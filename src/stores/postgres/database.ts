/** The connections to the server: how many there are, how long anything may take, and what a failure means. */
import pg, { type ClientConfig, type PoolClient } from 'pg'
import { GatewayError } from '../../errors.ts'
import { bounded } from './bounded.ts'
import { CallFailure, failureOf, storeUnavailable } from './failures.ts'
import type { Link } from './link.ts'

/** How long a request waits for a connection, and for its statement, unless it is told otherwise. */
const CALL_TIMEOUT_MS = 2_000
/** The server stops a statement at its own limit first; the answer then still has this long to arrive. */
const ANSWER_GRACE_MS = 250
/** Sums over years, slices of an export, a whole book. */
export const LONG_TIMEOUT_MS = 60_000
/** What waits for a connection besides the batches of requests. */
const WAITING_MAX = 1_000
/** Long readings at a time; the others wait, so that requests always find a connection. */
const LONG_SHARE = 0.4
const LONG_WAITING_MAX = 100
const LONG_WAIT_MS = 10_000
const CONFLICTS_MAX = 3
const CONFLICT_PAUSE_MS = 20

/** A connection inside a transaction, or for one statement. */
export interface Session {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export interface Database {
  /** How long a request waits for a connection, and for its statement. */
  readonly callTimeoutMs: number
  /**
   * One statement, hence one transaction, prepared under `name` on each connection. Throws `CallFailure`.
   * `timeoutMs` bounds the waiting for a connection and for the answer, each.
   */
  call<Row>(
    name: string,
    text: string,
    values: readonly unknown[],
    timeoutMs: number,
  ): Promise<readonly Row[]>
  /** Reads, again while that may help. Throws `store_unavailable`. */
  read<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Writes once; again only when nothing was done. Throws `CallFailure` for what a unique value or a row refused. */
  write<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** A reading that takes its time, on a connection of its own until `work` is over. Throws `store_unavailable`. */
  long<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** What every connection to the server has in common. Throws `invalid_argument` for an address that is none. */
export function connectionOf(url: string, callTimeoutMs = CALL_TIMEOUT_MS): ClientConfig {
  if (!/^postgres(?:ql)?:\/\/[^\s]+$/.test(url) || !URL.canParse(url)) {
    throw new GatewayError('invalid_argument', 'The address of the ledger is not valid.', {
      hint: 'Write it as postgres://user:password@host:5432/database.',
    })
  }
  return {
    connectionString: url,
    application_name: 'wasat',
    connectionTimeoutMillis: callTimeoutMs,
    statement_timeout: callTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  }
}

const INT8 = 20

/** Every BIGINT of ours is a safe integer; sums that may not be are read as text. */
const parserOf = ((type: number, format?: 'text' | 'binary') =>
  type === INT8 ? Number : pg.types.getTypeParser(type, format as 'text')) as typeof pg.types.getTypeParser

export function openDatabase(
  connection: ClientConfig,
  connectionsMax: number,
  link: Link,
  callTimeoutMs = CALL_TIMEOUT_MS,
): Database {
  const pool = new pg.Pool({ ...connection, max: connectionsMax, idleTimeoutMillis: 30_000 })
  // An idle connection broke; whoever needs one gets another.
  pool.on('error', link.suspect)
  const gate = createGate(Math.max(1, Math.floor(connectionsMax * LONG_SHARE)))

  async function take(): Promise<PoolClient> {
    if (pool.waitingCount >= WAITING_MAX) {
      throw new CallFailure('undone', new Error(`${WAITING_MAX} calls wait for a connection already`))
    }
    try {
      return await pool.connect()
    } catch (error) {
      link.suspect()
      throw new CallFailure('away', error)
    }
  }

  async function withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await take()
    // While it is lent nobody else listens; whatever is asked of it next tells the same.
    client.on('error', link.suspect)
    let failure: CallFailure | undefined
    try {
      return await work(client)
    } catch (error) {
      if (error instanceof GatewayError) throw error
      failure = failureOf(error)
      throw failure
    } finally {
      const isBroken = failure?.kind === 'unknown' || failure?.kind === 'away'
      client.off('error', link.suspect)
      client.release(isBroken)
      if (isBroken) link.suspect()
    }
  }

  function call<Row>(name: string, text: string, values: readonly unknown[], timeoutMs: number) {
    return withClient(async (client) => {
      const { rows } = await client.query(bounded(text, values, timeoutMs + ANSWER_GRACE_MS, name))
      return rows as readonly Row[]
    })
  }

  /** The same statement until it is answered, as long as `isAgain` says that it may be tried again. */
  async function ask<Row>(
    text: string,
    values: readonly unknown[],
    isAgain: (failure: CallFailure) => boolean,
  ): Promise<readonly Row[]> {
    const deadlineAtMs = performance.now() + callTimeoutMs
    for (let attempt = 0; ; attempt++) {
      await link.up(deadlineAtMs)
      try {
        return await withClient(async (client) => {
          return (await client.query(bounded(text, values, callTimeoutMs + ANSWER_GRACE_MS)))
            .rows as readonly Row[]
        })
      } catch (error) {
        const failure = failureOf(error)
        const isTooOften = failure.kind === 'conflict' && attempt >= CONFLICTS_MAX
        if (failure.kind === 'taken' || failure.kind === 'row') throw failure
        if (isTooOften || !isAgain(failure) || performance.now() > deadlineAtMs)
          throw storeUnavailable(failure)
        await pauseAfterConflict()
      }
    }
  }

  return {
    callTimeoutMs,
    call,
    read: (text, values = []) => ask(text, values, ({ kind }) => kind !== 'undone'),
    write: (text, values = []) => ask(text, values, ({ kind }) => kind === 'away' || kind === 'conflict'),
    long: (work) =>
      gate(async () => {
        await link.up(performance.now() + callTimeoutMs)
        try {
          return await withClient((client) => inSession(client, work, callTimeoutMs))
        } catch (error) {
          throw error instanceof CallFailure ? storeUnavailable(error) : error
        }
      }),
    close: () => pool.end(),
  }
}

/** Whoever meets in a conflict should not meet again. */
export function pauseAfterConflict(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, CONFLICT_PAUSE_MS * Math.random()))
}

/** One read-only snapshot for all that `work` asks. */
async function inSession<Result>(
  client: PoolClient,
  work: (session: Session) => Promise<Result>,
  rollbackTimeoutMs: number,
): Promise<Result> {
  const within = async (timeoutMs: number, text: string, values: readonly unknown[] = []) => {
    return (await client.query(bounded(text, values, timeoutMs + ANSWER_GRACE_MS))).rows
  }
  const query = (text: string, values?: readonly unknown[]) => within(LONG_TIMEOUT_MS, text, values)
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY')
  await query(`SET LOCAL statement_timeout = ${LONG_TIMEOUT_MS}`)
  try {
    return await work({ query: query as Session['query'] })
  } finally {
    await within(rollbackTimeoutMs, 'ROLLBACK')
  }
}

/** Lets so many in at a time. Throws `store_unavailable` when too many wait, or for too long. */
function createGate(roomFor: number) {
  const waiting: (() => void)[] = []
  let inside = 0

  async function enter(): Promise<void> {
    if (inside < roomFor) {
      inside++
      return
    }
    if (waiting.length >= LONG_WAITING_MAX) throw tooManyReadings()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(resolve), 1)
      reject(tooManyReadings())
    }, LONG_WAIT_MS)
    waiting.push(resolve)
    await promise
    clearTimeout(timer)
  }

  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) inside--
    else next()
  }

  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

function tooManyReadings(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: 'Too many reports or exports are being read already: try again later.',
  })
}
