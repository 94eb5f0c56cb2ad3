import type { QueryConfig } from 'pg'

/** The driver knows this member, and its types do not. */
interface BoundedQuery extends QueryConfig {
  /** Milliseconds, after which the answer is not waited for any more. */
  readonly query_timeout: number
}

/** A statement whose answer is waited for so long; with a `name` it is prepared once on each connection. */
export function bounded(
  text: string,
  values: readonly unknown[],
  timeoutMs: number,
  name?: string,
): BoundedQuery {
  return { text, values: [...values], query_timeout: timeoutMs, ...(name !== undefined && { name }) }
}
