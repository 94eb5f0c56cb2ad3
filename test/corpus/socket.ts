/** A raw client connection: writes any bytes, reads HTTP answers one by one, and forgives nothing. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly version: string
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface RawConnection {
  /** Writes until everything is out, or the other side hung up, or an answer came first. */
  write(bytes: Buffer | Iterable<Buffer>): Promise<void>
  /** Ends our half. */
  fin(): void
  /** The next answer; `closed` when the connection ended cleanly between answers. Throws on a broken answer and after the timeout. */
  answer(method: string, timeoutMs: number): Promise<RawAnswer | 'closed'>
  /** Resolves to the bytes that came after the last answer, once the other side closed. Throws after the timeout. */
  closed(timeoutMs: number): Promise<Buffer>
  /** Bytes that came and belong to no answer yet. */
  leftover(): Buffer
  destroy(): void
}

/**
 * A write failed before anything was read. Node then closes the socket at once, with an answer perhaps unread in it;
 * so this says nothing about the other side, and only doing it again does.
 */
export class LostAnswerError extends Error {}

const WRITE_PIECE_BYTES = 256 * 1024
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

export function header(answer: RawAnswer, name: string): string | undefined {
  return answer.headers.find(([found]) => found.toLowerCase() === name)?.[1]
}

let opened = 0

/**
 * An address of this machine's own, another one for each connection: wrong keys are counted by address, and the
 * corpus has more of them than one client would be let off with. Only Linux has all of 127.0.0.0/8.
 */
function nextAddress(): string | undefined {
  opened += 1
  return process.platform === 'linux'
    ? `127.0.${1 + (Math.floor(opened / 250) % 250)}.${1 + (opened % 250)}`
    : undefined
}

export async function openConnection(port: number, localAddress = nextAddress()): Promise<RawConnection> {
  const from = localAddress === undefined ? {} : { localAddress }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true, ...from })
  let arrived: Buffer[] = []
  let arrivedBytes = 0
  let ended = false
  let wake: () => void = () => undefined
  socket.on('data', (bytes: Buffer) => {
    arrived.push(bytes)
    arrivedBytes += bytes.length
    if (arrivedBytes > ANSWER_BYTES_MAX) socket.destroy()
    wake()
  })
  const end = () => {
    ended = true
    wake()
  }
  let isWriteFailed = false
  // A reset after an answer is how a server closes when it left some of our bytes unread.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall === 'write') isWriteFailed = true
    end()
  })
  socket.on('end', end).on('close', end)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))

  const joined = () => {
    if (arrived.length > 1) arrived = [Buffer.concat(arrived)]
    return arrived[0] ?? Buffer.alloc(0)
  }
  const drop = (count: number) => {
    arrived = [joined().subarray(count)]
    arrivedBytes -= count
  }
  async function waitUntil(ready: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const timer = setTimeout(() => wake(), timeoutMs)
    const deadline = performance.now() + timeoutMs
    while (!ready()) {
      if (performance.now() >= deadline) throw new Error(`no ${what} within ${timeoutMs} ms`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    clearTimeout(timer)
  }

  return {
    write: (bytes) => writeAll(socket, bytes, () => ended || arrivedBytes > 0),
    fin: () => void socket.end(),
    leftover: joined,
    destroy: () => void socket.destroy(),
    async answer(method, timeoutMs) {
      let found: Parsed | undefined
      const parsed = () => {
        found = parseAnswer(joined(), method, ended)
        return found !== undefined || ended
      }
      await waitUntil(parsed, timeoutMs, 'answer')
      if (found) {
        drop(found.bytes)
        return found.answer
      }
      if (arrivedBytes === 0 && isWriteFailed)
        throw new LostAnswerError('the connection broke while we wrote')
      if (arrivedBytes > 0) throw new Error(`the connection ended inside an answer: ${excerpt(joined())}`)
      return 'closed'
    },
    async closed(timeoutMs) {
      await waitUntil(() => ended, timeoutMs, 'end of the connection')
      socket.destroy()
      return joined()
    },
  }
}

async function writeAll(
  socket: Socket,
  bytes: Buffer | Iterable<Buffer>,
  enough: () => boolean,
): Promise<void> {
  for (const whole of Buffer.isBuffer(bytes) ? [bytes] : bytes) {
    for (let at = 0; at < whole.length; at += WRITE_PIECE_BYTES) {
      // What has arrived meanwhile is read first: a write that fails throws away an answer that is already here.
      if (at > 0) await pollOnce()
      // To go on would earn a reset, and a reset can overtake the answer that explains it.
      if (enough() || !socket.writable) return
      await new Promise<void>((resolve) =>
        socket.write(whole.subarray(at, at + WRITE_PIECE_BYTES), () => resolve()),
      )
    }
  }
}

/** One whole turn of the event loop: the first hop may still end the turn in which the last write was reported. */
async function pollOnce(): Promise<void> {
  for (let hop = 0; hop < 2; hop++) await new Promise((resolve) => setImmediate(resolve))
}

export const excerpt = (bytes: Buffer) => JSON.stringify(bytes.subarray(0, 300).toString('latin1'))

// ---------------------------------------------------------------------------------------------
// Answers.

interface Parsed {
  readonly answer: RawAnswer
  /** How many bytes it took, interim answers before it included. */
  readonly bytes: number
}

/** The first whole answer in `bytes`, or undefined when it is not all there. Throws on what is no HTTP answer. */
function parseAnswer(bytes: Buffer, method: string, ended: boolean): Parsed | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const match = /^HTTP\/(1\.[01]) (\d{3})(?: .*)?$/.exec(statusLine)
  if (!match) throw new Error(`not an answer: ${excerpt(bytes)}`)
  const status = Number(match[2])
  const bodyStart = headEnd + 4
  if (status >= 100 && status < 200 && status !== 101) {
    const next = parseAnswer(bytes.subarray(bodyStart), method, ended)
    return next && { answer: next.answer, bytes: bodyStart + next.bytes }
  }
  const headers = lines.map(parseHeader)
  const framing = { headers, status, method, ended }
  const body = parseBody(bytes.subarray(bodyStart), framing)
  if (!body) return undefined
  return {
    answer: { version: match[1]!, status, headers, body: body.content },
    bytes: bodyStart + body.bytes,
  }
}

function parseHeader(line: string): [string, string] {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line)
  if (!match) throw new Error(`not a header: ${JSON.stringify(line)}`)
  return [match[1]!, match[2]!]
}

interface Framing {
  readonly headers: readonly (readonly [string, string])[]
  readonly status: number
  readonly method: string
  readonly ended: boolean
}

function parseBody(bytes: Buffer, framing: Framing): { content: Buffer; bytes: number } | undefined {
  const { headers, status, method, ended } = framing
  if (method === 'HEAD' || status === 204 || status === 304) return { content: Buffer.alloc(0), bytes: 0 }
  const value = (name: string) =>
    headers.filter(([found]) => found.toLowerCase() === name).map(([, text]) => text)
  const lengths = value('content-length')
  const codings = value('transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Error('the answer is framed twice')
  if (codings.length === 1) return parseChunks(bytes)
  if (lengths.length === 0) return ended ? { content: bytes, bytes: bytes.length } : undefined
  const length = Number(lengths[0])
  return bytes.length < length ? undefined : { content: bytes.subarray(0, length), bytes: length }
}

function parseChunks(bytes: Buffer): { content: Buffer; bytes: number } | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('the answer has a malformed chunk')
    const start = lineEnd + 2
    if (bytes.length < start + size + 2) return undefined
    at = start + size + 2
    if (size === 0) return { content: Buffer.concat(chunks), bytes: at }
    chunks.push(bytes.subarray(start, start + size))
  }
}
