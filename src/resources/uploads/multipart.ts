/**
 * A `multipart/related` body of two parts, the JSON and then the bytes, read as it arrives: what is held is one
 * delimiter's length, the heads of the parts, and the JSON.
 */
import { GatewayError } from '../../errors.ts'

const HEAD_BYTES_MAX = 8 * 1024
const JSON_BYTES_MAX = 64 * 1024
const BOUNDARY = /;[ \t]*boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))[ \t]*(?:;|$)/i
/** RFC 2046: what a boundary may be made of; the blank not at its end. */
const BOUNDARY_CHARACTERS = /^[A-Za-z0-9'()+_,\-./:=? ]*[A-Za-z0-9'()+_,\-./:=?]$/
const PLAIN_ENCODINGS = /^(?:7bit|8bit|binary)$/i

export interface MultipartSink {
  /** The first part, whole. */
  json(bytes: Buffer): Promise<void>
  /** The head of the second part is over. */
  begin(mimeType: string | undefined): Promise<void>
  /** Bytes of the second part. */
  bytes(piece: Buffer): Promise<void> | undefined
}

export interface MultipartReader {
  write(piece: Buffer): Promise<void> | undefined
  /** The body is over; throws when its closing delimiter did not come. */
  end(): void
}

/** The boundary that a content type names; throws `invalid_argument`. */
export function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] = BOUNDARY.exec(contentType ?? '') ?? []
  const boundary = quoted ?? plain
  const isRelated = /^multipart\/related[ \t]*;/i.test(contentType ?? '')
  if (isRelated && boundary !== undefined && BOUNDARY_CHARACTERS.test(boundary)) return boundary
  throw malformed('the content type must be multipart/related with a boundary')
}

type Place = 'preamble' | 'delimiter' | 'head' | 'body' | 'epilogue'

export function createMultipartReader(boundary: string, sink: MultipartSink): MultipartReader {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // The first delimiter may stand at the very beginning, where no line ends before it.
  let rest: Buffer = Buffer.from('\r\n')
  let place: Place = 'preamble'
  let part = 0
  const json: Buffer[] = []
  let jsonBytes = 0
  /** Bytes of the line end between head and body that are still to be left out. */
  let skip = 0

  async function read(): Promise<void> {
    let isMoving = true
    while (isMoving) isMoving = await step()
    // The piece that it lies in is gone after this.
    rest = Buffer.from(rest)
  }

  /** One state's worth of work; false when more bytes are needed. */
  async function step(): Promise<boolean> {
    switch (place) {
      case 'preamble':
      case 'body':
        return readToDelimiter()
      case 'delimiter':
        return readAfterDelimiter()
      case 'head':
        return readHead()
      case 'epilogue':
        rest = Buffer.alloc(0)
        return false
    }
  }

  async function readToDelimiter(): Promise<boolean> {
    const at = rest.indexOf(delimiter)
    const end = at >= 0 ? at : Math.max(0, rest.length - delimiter.length + 1)
    // A part without a body shares its head's line end with the delimiter.
    const content = rest.subarray(Math.min(skip, end), end)
    skip -= Math.min(skip, end)
    rest = rest.subarray(at >= 0 ? at + delimiter.length : end)
    if (place === 'body' && content.length > 0) await take(content)
    if (at < 0) return false
    if (place === 'body' && part === 1) await sink.json(Buffer.concat(json))
    place = 'delimiter'
    skip = 0
    return true
  }

  async function take(content: Buffer): Promise<void> {
    if (part === 2) return sink.bytes(content)
    jsonBytes += content.length
    if (jsonBytes > JSON_BYTES_MAX) throw malformed('the first part is too large')
    json.push(Buffer.from(content))
  }

  function readAfterDelimiter(): boolean {
    if (rest.length < 2) return false
    if (rest.toString('latin1', 0, 2) === '--') {
      if (part < 2) throw malformed('it needs two parts')
      place = 'epilogue'
      return true
    }
    // Blanks may follow a boundary on its line.
    const end = rest.indexOf('\r\n')
    if (end < 0 && rest.length <= HEAD_BYTES_MAX) return false
    if (end < 0 || rest.toString('latin1', 0, end).trim() !== '') throw malformed('a boundary is malformed')
    if (++part > 2) throw malformed('it has more than two parts')
    // The end of the line stays: the head may be empty, and then only one more line end follows.
    rest = rest.subarray(end)
    place = 'head'
    return true
  }

  async function readHead(): Promise<boolean> {
    const end = rest.indexOf('\r\n\r\n')
    if ((end < 0 ? rest.length : end) > HEAD_BYTES_MAX) throw malformed('the head of a part is too large')
    if (end < 0) return false
    const headers = headersOf(rest.toString('latin1', 0, end))
    rest = rest.subarray(end + 2)
    skip = 2
    if (!PLAIN_ENCODINGS.test(headers.get('content-transfer-encoding') ?? 'binary')) {
      throw malformed('a part must not be encoded')
    }
    if (part === 2) await sink.begin(headers.get('content-type'))
    place = 'body'
    return true
  }

  return {
    write: (piece) => {
      if (place === 'epilogue') return undefined
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      return read()
    },
    end: () => {
      if (place !== 'epilogue') throw malformed('it ends before its closing boundary')
    },
  }
}

function headersOf(head: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

function malformed(why: string): GatewayError {
  return new GatewayError('invalid_argument', `Malformed multipart body: ${why}.`)
}
