/** What a test tells the replay server to answer, and how it travels to that process as JSON. */

export interface Script {
  /** Default 200. */
  readonly status?: number
  /** In place of `content-type: application/json; charset=UTF-8`; the framing header is added. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** `close`: neither length nor chunks, the end of the connection is the end of the body. */
  readonly framing: 'content-length' | 'chunked' | 'close'
  /** Offsets at which the body is cut; each piece is a socket write of its own (and a chunk, when chunked). */
  readonly splits?: readonly number[] | 'every-byte'
  /** Before the status line. */
  readonly delayBeforeMs?: number
  /** Before each piece of the body, and before the end. */
  readonly delayBetweenMs?: number
  /**
   * After the last piece: a proper end (default), a reset, a FIN without the body's terminator, or silence.
   * With `content-length` a reset or FIN is only a fault when `declaredBytes` promised more than the body has.
   */
  readonly ending?: 'end' | 'reset' | 'fin' | 'hang'
  /** What `content-length` claims, when that is not the truth. */
  readonly declaredBytes?: number
  /** How many requests get this answer; afterwards the default comes back. Without it: all. */
  readonly times?: number
}

/** One request as it arrived, headers untouched and the body without its framing. */
export interface ReceivedRequest {
  /** Request line and header lines, without the blank line that ends them. */
  readonly head: Buffer
  readonly body: Buffer
  /** False when the connection ended before the body did. */
  readonly complete: boolean
}

export function scriptToJson(script: Script): object {
  return { ...script, body: script.body.toString('base64') }
}

export function scriptFromJson(json: Record<string, unknown>): Script {
  return { ...json, body: Buffer.from(String(json.body), 'base64') } as unknown as Script
}

export function receivedToJson(request: ReceivedRequest): object {
  return { ...request, head: request.head.toString('base64'), body: request.body.toString('base64') }
}

export function receivedFromJson(json: Record<string, unknown>): ReceivedRequest {
  return {
    head: Buffer.from(String(json.head), 'base64'),
    body: Buffer.from(String(json.body), 'base64'),
    complete: json.complete === true,
  }
}

/** The body in the pieces in which it is to be written; empty pieces are left out. */
export function pieces(script: Script): Buffer[] {
  const { body, splits } = script
  const cuts =
    splits === 'every-byte' ? Array.from({ length: body.length }, (_, index) => index) : (splits ?? [])
  const edges = [0, ...[...cuts].sort((a, b) => a - b), body.length]
  return edges
    .slice(1)
    .map((edge, index) => body.subarray(edges[index], edge))
    .filter((piece) => piece.length > 0)
}
