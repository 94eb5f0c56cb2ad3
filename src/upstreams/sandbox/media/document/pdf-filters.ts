/** Unpacks a PDF's streams, within bounds. Source: ISO 32000-1, 7.4. */
import { promisify } from 'node:util'
import { constants, inflate } from 'node:zlib'
import { listOf, nameOf, type PdfDictionary, type PdfValue } from './pdf-values.ts'

const inflateAsync = promisify(inflate)

/** Of one stream; text and indexes are far smaller. */
const UNPACKED_BYTES_MAX = 8 * 1024 * 1024
const FILTERS_MAX = 4

/** How much more may be unpacked for one document, so that many small bombs are no large one. */
export interface Allowance {
  bytes: number
}

/** The content of a stream, or `undefined` when it is packed in a way that holds no text, is broken, or is too much. */
export async function unpack(
  packed: Buffer,
  dictionary: PdfDictionary,
  resolve: (value: PdfValue | undefined) => PdfValue | undefined,
  allowance: Allowance,
): Promise<Buffer | undefined> {
  const filter = resolve(dictionary.get('Filter') ?? dictionary.get('F'))
  const names = (listOf(filter) ?? (filter === undefined || filter === null ? [] : [filter])).map((value) =>
    nameOf(resolve(value)),
  )
  if (names.length > FILTERS_MAX) return undefined
  let content: Buffer | undefined = packed
  for (const name of names) {
    if (content === undefined) return undefined
    content = await unfilter(name, content, allowance)
  }
  return content
}

async function unfilter(
  name: string | undefined,
  packed: Buffer,
  allowance: Allowance,
): Promise<Buffer | undefined> {
  switch (name) {
    case 'FlateDecode':
    case 'Fl':
      return inflated(packed, allowance)
    case 'ASCII85Decode':
    case 'A85':
      return ascii85(packed)
    case 'ASCIIHexDecode':
    case 'AHx':
      return Buffer.from(packed.toString('latin1').replace(/>[\s\S]*$|[^0-9a-f]/gi, ''), 'hex')
    default:
      return undefined
  }
}

/** A stream that ends too early gives what there is of it, as readers of PDFs do. */
async function inflated(packed: Buffer, allowance: Allowance): Promise<Buffer | undefined> {
  const maxOutputLength = Math.min(UNPACKED_BYTES_MAX, allowance.bytes)
  if (maxOutputLength <= 0) return undefined
  try {
    const content = await inflateAsync(packed, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH })
    allowance.bytes -= content.length
    return content
  } catch {
    // What was unpacked before the failure took its time too, and nobody knows how much it was.
    allowance.bytes -= maxOutputLength
    return undefined
  }
}

function ascii85(packed: Buffer): Buffer {
  const content = Buffer.alloc(Math.ceil((packed.length * 4) / 5) * 5 + 8)
  let length = 0
  let group = 0
  let digits = 0
  const flush = (bytes: number): void => {
    content.writeUInt32BE(group % 2 ** 32, length)
    length += bytes
    group = 0
    digits = 0
  }
  for (const byte of packed) {
    if (byte === 0x7e) break
    // `z` stands for four zeros.
    if (byte === 0x7a && digits === 0) {
      if (length + 8 > content.length) break
      flush(4)
    }
    if (byte < 0x21 || byte > 0x75) continue
    group = group * 85 + (byte - 0x21)
    digits++
    if (digits === 5) flush(4)
  }
  if (digits > 1) {
    const missing = 5 - digits
    for (let step = 0; step < missing; step++) group = group * 85 + 84
    flush(4 - missing)
  }
  return content.subarray(0, length)
}
