/** The name that a client chose, in the first part of a `multipart/related` body that is sent on otherwise unread. */
import { GatewayError } from '../../errors.ts'
import { boundaryOf } from '../uploads/multipart.ts'

/** The first part with everything around it. */
const FIRST_PART_BYTES_MAX = 72 * 1024

export interface Renamed {
  readonly pieces: AsyncIterable<Buffer>
  /** How much longer the body has become. */
  readonly addedBytes: number
}

/** Reads up to the end of the first part, and hands `rename` its JSON. */
export async function renameFirstPart(
  pieces: AsyncIterable<Buffer>,
  contentType: string | undefined,
  rename: (json: Buffer) => Buffer,
): Promise<Renamed> {
  const delimiter = `\r\n--${boundaryOf(contentType)}`
  const rest = pieces[Symbol.asyncIterator]()
  // The first delimiter may stand at the very beginning, where no line ends before it.
  let head: Buffer = Buffer.from('\r\n')
  let part = spanOf(head, delimiter)
  while (part === undefined) {
    const { value, done } = await rest.next()
    if (done || head.length > FIRST_PART_BYTES_MAX) throw malformed()
    head = Buffer.concat([head, value as Buffer])
    part = spanOf(head, delimiter)
  }
  const json = head.subarray(part.start, part.end)
  const renamed = rename(json)
  const first = Buffer.concat([head.subarray(2, part.start), renamed, head.subarray(part.end)])
  return { pieces: after(first, rest), addedBytes: renamed.length - json.length }
}

/** Where the body of the first part lies, once it is whole. */
function spanOf(
  head: Buffer,
  delimiter: string,
): { readonly start: number; readonly end: number } | undefined {
  const first = head.indexOf(delimiter)
  if (first < 0) return undefined
  const blank = head.indexOf('\r\n\r\n', first + delimiter.length)
  const end = blank < 0 ? -1 : head.indexOf(delimiter, blank + 2)
  return end < 0 ? undefined : { start: Math.min(blank + 4, end), end }
}

async function* after(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

function malformed(): GatewayError {
  return new GatewayError('invalid_argument', 'Malformed multipart body: its first part has no end.')
}
