/** Ordered lists, read with one row in view: a book of any size is checked in little memory. */

/** Rows that may be read ahead of the one that is looked for: as many requests as can be open at once. */
export const ROWS_AHEAD_MAX = 1_000_000

export interface Cursor<Row> {
  /** The row in view; undefined at the end. */
  readonly head: Row | undefined
  advance(): Promise<void>
  close(): Promise<void>
}

/** Opens a list at its first row. `onRow` hears of each row that is read. */
export async function openCursor<Row>(list: AsyncIterable<Row>, onRow: () => void): Promise<Cursor<Row>> {
  const iterator = list[Symbol.asyncIterator]()
  let head: Row | undefined
  const cursor: Cursor<Row> = {
    get head() {
      return head
    },
    advance: async () => {
      const { done, value } = await iterator.next()
      head = done === true ? undefined : value
      if (head !== undefined) onRow()
    },
    close: async () => {
      await iterator.return?.()
    },
  }
  await cursor.advance()
  return cursor
}

/** Finds rows by id in a list whose order is nearly the one in which they are asked for. Each row is found once. */
export interface Lookahead<Row> {
  /**
   * Reads on until the row is found; with `until`, no further than the rows admitted by then.
   * Throws `TooFarAhead`.
   */
  find(requestId: string, until?: number): Promise<Row | undefined>
  close(): Promise<void>
}

export class TooFarAhead extends Error {}

interface Admitted {
  readonly requestId: string
  readonly admittedAt: number
}

export async function openLookahead<Row extends Admitted>(
  list: AsyncIterable<Row>,
  onRow: () => void,
  rowsAheadMax: number,
): Promise<Lookahead<Row>> {
  const cursor = await openCursor(list, onRow)
  const passed = new Map<string, Row>()
  return {
    find: async (requestId, until = Number.POSITIVE_INFINITY) => {
      const known = passed.get(requestId)
      if (known !== undefined) {
        passed.delete(requestId)
        return known
      }
      for (let row = cursor.head; row !== undefined && row.admittedAt <= until; row = cursor.head) {
        await cursor.advance()
        if (row.requestId === requestId) return row
        if (passed.size >= rowsAheadMax) throw new TooFarAhead()
        passed.set(row.requestId, row)
      }
      return undefined
    },
    close: () => cursor.close(),
  }
}
