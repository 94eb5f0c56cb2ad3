/** Splits the bytes of one upstream connection into HTTP/1.1 requests, keeping what it reads as it came. */

export interface RequestReader {
  /** Feeds bytes of the socket. Throws on anything that is not HTTP as the gateway is allowed to send it. */
  push(bytes: Buffer): void
  /** Tells that no more bytes come; hands over a request whose body is incomplete. */
  close(): void
}

export interface ReaderEvents {
  readonly request: (head: Buffer, body: Buffer) => void
  readonly incomplete: (head: Buffer, body: Buffer) => void
}

/** More than the gateway's own limit, so that it is the gateway which is tested. */
const HEAD_BYTES_MAX = 256 * 1024

export function requestReader(events: ReaderEvents): RequestReader {
  let step: (() => boolean) | undefined = readHead
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let head = Buffer.alloc(0)
  let body: Buffer[] = []
  let wanted = 0

  /** Takes `count` bytes from the front, or nothing when there are not so many yet. */
  function take(count: number): Buffer | undefined {
    if (waitingBytes < count) return undefined
    const all = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting)
    waiting = count < all.length ? [all.subarray(count)] : []
    waitingBytes -= count
    return all.subarray(0, count)
  }

  function takeThrough(mark: string): Buffer | undefined {
    if (waiting.length > 1) waiting = [Buffer.concat(waiting)]
    const at = waiting[0]?.indexOf(mark) ?? -1
    if (at < 0 && waitingBytes > HEAD_BYTES_MAX) throw new Error(`no ${JSON.stringify(mark)} within bounds`)
    return at < 0 ? undefined : take(at + mark.length)
  }

  function readHead(): boolean {
    const found = takeThrough('\r\n\r\n')
    if (!found) return false
    head = Buffer.from(found.subarray(0, -4))
    body = []
    const lines = head.toString('latin1').split('\r\n').slice(1)
    const chunked = lines.some((line) => /^transfer-encoding:\s*chunked\s*$/i.test(line))
    const length = lines.map((line) => /^content-length:\s*(\d+)\s*$/i.exec(line)?.[1]).find(Boolean)
    wanted = Number(length ?? 0)
    step = chunked ? readChunkSize : readBody
    return true
  }

  function readBody(): boolean {
    const found = take(wanted)
    if (!found) return false
    if (found.length > 0) body.push(found)
    return finish()
  }

  function readChunkSize(): boolean {
    const line = takeThrough('\r\n')
    if (!line) return false
    const size = /^([0-9a-f]+)\r\n$/i.exec(line.toString('latin1'))?.[1]
    if (size === undefined) throw new Error('chunk size expected')
    wanted = Number.parseInt(size, 16)
    step = wanted === 0 ? readTrailerEnd : readChunk
    return true
  }

  function readChunk(): boolean {
    const found = take(wanted + 2)
    if (!found) return false
    body.push(found.subarray(0, -2))
    step = readChunkSize
    return true
  }

  function readTrailerEnd(): boolean {
    const line = takeThrough('\r\n')
    if (!line) return false
    if (line.length > 2) throw new Error('the gateway sent a trailer')
    return finish()
  }

  function finish(): boolean {
    step = readHead
    events.request(head, Buffer.concat(body))
    return true
  }

  return {
    push(bytes) {
      waiting.push(bytes)
      waitingBytes += bytes.length
      // A long body is only counted until it is whole: joining it piece by piece would be quadratic.
      while (step?.()) {}
    },
    close() {
      const begun = step !== readHead || waitingBytes > 0
      if (begun)
        events.incomplete(
          step === readHead ? Buffer.concat(waiting) : head,
          Buffer.concat([...body, ...waiting]),
        )
      step = undefined
    },
  }
}
