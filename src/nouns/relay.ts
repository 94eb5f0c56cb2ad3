/** An upstream's own store of resources, and the exchanges with it. */

/** An upstream's own store of files, caches and batches, which speaks Gemini's wire. */
export interface ResourceHost {
  /** One for each credential: what one has, the others do not know. Never empty. */
  readonly accounts: readonly HostAccount[]
  /** Under which address a model of this upstream reads `files/abc`. */
  addressOf(name: string): string
  /**
   * One HTTP exchange; resolves when the head of the answer is there. Throws `GatewayError` when none came, or when it
   * refused our credential. Nothing is tried twice.
   */
  relay(request: RelayRequest): Promise<RelayAnswer>
}

export interface HostAccount {
  readonly credential: number
  /** Six lower-case letters and digits that stand for upstream and credential, and tell neither. */
  readonly tag: string
}

export interface RelayRequest {
  readonly credential: number
  readonly method: string
  readonly to: RelayPath | Continuation
  /** Already chosen from an allow-list. */
  readonly headers: Readonly<Record<string, string>>
  /** A body that is not held is sent as fast as the upstream takes it; a piece is gone when the next one is asked for. */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined
}

export interface RelayPath {
  readonly apiVersion: string
  readonly isUpload: boolean
  /** `files/abc:download`, percent-encoded. */
  readonly path: string
  /** Without a question mark. */
  readonly query: string
}

/** Where an upload goes on, as the answer to its start said: a path and query of the upstream's own host. */
export interface Continuation {
  readonly continueAt: string
}

export interface RelayAnswer {
  readonly status: number
  /** Already chosen from an allow-list. */
  readonly headers: Readonly<Record<string, string>>
  /** Set on the answer to an upload's start. */
  readonly continueAt: string | undefined
  /** To be read to its end, or left by `return()`: then the upstream is hung up on. */
  readonly body: AsyncIterable<Buffer>
}
