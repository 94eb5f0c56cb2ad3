import { invalidField } from '../../errors.ts'
import type { SettledRow } from '../../nouns/ledger.ts'
import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { instantOf } from '../instants.ts'
import { ROW_FORMATS, type RowFormat } from './row-formats.ts'
import { FILTERS, filterOf, rangeOf } from './usage-query.ts'

/** Characters that are gathered before they are sent: a write for each row would cost more than the row. */
const PIECE_CHARS = 64 * 1024

export const GetUsageRowsQuery = Type.Object(
  {
    ...FILTERS,
    format: Type.Optional(Type.String({ description: 'csv, jsonl or json; without it, json.' })),
  },
  { additionalProperties: false },
)

/** Every request of the ledger, one by one, in the order of their admission. The answer is a stream. */
export const getUsageRows = endpoint({
  method: 'GET',
  path: '/admin/v1/usage/rows',
  query: GetUsageRowsQuery,
  handle: async ({ query }, { ledger }) => {
    const name = formatOf(query.format ?? 'json')
    const range = rangeOf(query, instantOf, Date.now())
    const rows = ledger.rows({ ...range, filter: filterOf(query) })
    const format = ROW_FORMATS[name]
    const stream = await started(piecesOf(rows, format))
    const file = `wasat-usage-${day(range.from)}-${day(range.to)}.${name}`
    const disposition = `attachment; filename="${file}"`
    return {
      status: 200,
      headers: { 'content-type': format.contentType, 'content-disposition': disposition },
      stream,
    }
  },
})

function formatOf(name: string): keyof typeof ROW_FORMATS {
  if (Object.hasOwn(ROW_FORMATS, name)) return name as keyof typeof ROW_FORMATS
  throw invalidField('format', `"format" must be one of ${Object.keys(ROW_FORMATS).join(', ')}.`)
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

async function* piecesOf(rows: AsyncIterable<SettledRow>, format: RowFormat): AsyncGenerator<string> {
  let piece = format.head
  let count = 0
  for await (const row of rows) {
    piece += format.row(row, count++)
    if (piece.length < PIECE_CHARS) continue
    yield piece
    piece = ''
  }
  yield piece + format.tail(count)
}

/** Waits for the first piece: a ledger that is away is a real status then, and not half an answer. */
async function started(pieces: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await pieces.next()
  return (async function* (): AsyncGenerator<string> {
    if (first.done === true) return
    yield first.value
    yield* pieces
  })()
}
