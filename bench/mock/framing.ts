/** Finds where one HTTP/1.1 request ends; knows no more of HTTP than the benchmark's peers send. */

export interface FramedRequest {
  readonly method: string
  /** The request target as it came: path and query. */
  readonly target: string
  /** Head and body. */
  readonly bytes: number
}

/** Undefined while the request is not whole. */
export function frameRequest(buffer: Buffer): FramedRequest | undefined {
  const headEnd = buffer.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = buffer.toString('latin1', 0, headEnd)
  const bytes = requestBytes(buffer, head, headEnd + 4)
  if (bytes === undefined || bytes > buffer.length) return undefined
  const methodEnd = head.indexOf(' ')
  const target = head.slice(methodEnd + 1, head.indexOf(' ', methodEnd + 1))
  return { method: head.slice(0, methodEnd), target, bytes }
}

function requestBytes(buffer: Buffer, head: string, bodyStart: number): number | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return bodyStart + Number(length)
  return /\r\ntransfer-encoding: *chunked/i.test(head) ? chunkedEnd(buffer, bodyStart) : bodyStart
}

function chunkedEnd(buffer: Buffer, bodyStart: number): number | undefined {
  let position = bodyStart
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', position)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(buffer.toString('latin1', position, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('The mock upstream got a chunk size that it cannot read')
    position = lineEnd + 2 + size + 2
    if (size === 0) return position
    if (position > buffer.length) return undefined
  }
}
