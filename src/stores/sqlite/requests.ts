import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { UsageRow } from '../../nouns.ts'
import { isRowFault, isTaken, storeUnavailable } from './failures.ts'

/** Rows that wait for a commit; beyond it `append` refuses, so that a stuck disk cannot eat the memory. */
export const QUEUE_ROWS_MAX = 100_000
/** Rows of one commit: about 20 ms of the event loop at most. What is left goes in the next turn. */
const COMMIT_ROWS_MAX = 2_000
/** A turn with this many rows is a sign of load: the next commit may then gather for `COMMIT_GAP_MS`. */
const BUSY_ROWS = 4
/** A row costs half as much with thirty others as with four. A lone row never waits. */
const COMMIT_GAP_MS = 2

const INSERT = `
  INSERT INTO requests (
    request_id, key_id, admitted_at, settled_at, verb, model, outcome, status, upstream, upstream_model,
    model_version, attempts, usage_source, prompt_tokens, cached_tokens, candidates_tokens, thoughts_tokens,
    tool_use_prompt_tokens, total_tokens, finish_reason, delivered_bytes, first_byte_ms, duration_ms
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

interface Waiting {
  readonly row: UsageRow
  readonly resolve: () => void
  readonly reject: (error: GatewayError) => void
}

export interface RequestWriter {
  /** Resolves when the row is durable; rejects with `already_exists`, `internal` (bad row) or `store_unavailable`. */
  append(row: UsageRow): Promise<void>
  /** Commits everything that waits, now. */
  flush(): void
}

/**
 * Group commit: the rows of one turn of the event loop share one transaction, hence one fsync. Under load the
 * rows of a few turns do.
 */
export function createRequestWriter(database: DatabaseSync): RequestWriter {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const insert = database.prepare(INSERT)
  let waiting: Waiting[] = []
  let scheduled = false
  let isBusy = false

  function append(row: UsageRow): Promise<void> {
    if (waiting.length >= QUEUE_ROWS_MAX) return Promise.reject(queueFull())
    if (!scheduled) schedule()
    return new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject })
    })
  }

  function schedule(): void {
    scheduled = true
    if (isBusy) setTimeout(commitTurn, COMMIT_GAP_MS)
    else setImmediate(commitTurn)
  }

  function commitTurn(): void {
    scheduled = false
    const batch = waiting.length <= COMMIT_ROWS_MAX ? waiting : waiting.slice(0, COMMIT_ROWS_MAX)
    waiting = batch === waiting ? [] : waiting.slice(COMMIT_ROWS_MAX)
    isBusy = batch.length >= BUSY_ROWS
    if (waiting.length > 0) schedule()
    if (batch.length > 0) write(batch)
  }

  function write(batch: readonly Waiting[]): void {
    let refused: Map<Waiting, GatewayError> | undefined
    try {
      begin.run()
      refused = insertAll(insert, batch)
      commit.run()
    } catch (error) {
      const failure = storeUnavailable(error)
      for (const entry of batch) entry.reject(failure)
      rollBack(database)
      return
    }
    for (const entry of batch) {
      const failure = refused?.get(entry)
      if (failure === undefined) entry.resolve()
      else entry.reject(failure)
    }
  }

  function flush(): void {
    while (waiting.length > 0) commitTurn()
  }

  return { append, flush }
}

/** Inserts the batch; a row whose own values are at fault is left out and told, the others stand. */
function insertAll(insert: StatementSync, batch: readonly Waiting[]): Map<Waiting, GatewayError> | undefined {
  let refused: Map<Waiting, GatewayError> | undefined
  for (const entry of batch) {
    try {
      insertRow(insert, entry.row)
    } catch (error) {
      if (!isRowFault(error)) throw error
      refused ??= new Map()
      refused.set(entry, rowFault(entry.row, error))
    }
  }
  return refused
}

function insertRow(insert: StatementSync, row: UsageRow): void {
  insert.run(
    row.requestId,
    row.keyId,
    row.admittedAt,
    row.settledAt,
    row.verb,
    row.model,
    row.outcome,
    row.status,
    row.upstream ?? null,
    row.upstreamModel ?? null,
    row.modelVersion ?? null,
    row.attempts,
    row.usageSource,
    row.promptTokens,
    row.cachedTokens,
    row.candidatesTokens,
    row.thoughtsTokens,
    row.toolUsePromptTokens,
    row.totalTokens,
    row.finishReason ?? null,
    row.deliveredBytes,
    row.firstByteMs ?? null,
    row.durationMs,
  )
}

function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // The rows were already refused; a transaction that stays open makes the next BEGIN fail, which is then told.
  }
}

function rowFault(row: UsageRow, cause: unknown): GatewayError {
  if (isTaken(cause)) {
    return new GatewayError('already_exists', `The request ${row.requestId} is on the ledger already.`, {
      cause,
    })
  }
  const hint = `The usage row of request ${row.requestId} is not valid: ${(cause as Error).message}`
  return new GatewayError('internal', 'Internal error encountered.', { hint, cause })
}

function queueFull(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: `${QUEUE_ROWS_MAX} usage rows wait for the disk already.`,
  })
}
