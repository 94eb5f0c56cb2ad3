/** What the load generator can be asked, and what it answers. */

export type LoadQuestion =
  /** Opens the connections and sends `warmUp` requests over them. */
  | (Target & { readonly kind: 'prepare'; readonly connections: number; readonly warmUp: number })
  /** Sends `requests` over the prepared connections, a new one as soon as an answer is whole. Answers ClosedLoop. */
  | { readonly kind: 'run'; readonly requests: number }
  /** Opens streams one after another; answers when each of them got an event. */
  | (Target & { readonly kind: 'open'; readonly streams: number; readonly spacingMs: number })
  /** Answers Counted. */
  | { readonly kind: 'count' }
  /** Waits until all streams ended by themselves. Answers Counted. */
  | { readonly kind: 'drain' }
  /** Sends at a fixed rate, whether answers come or not. Answers OpenLoop. */
  | (Target & { readonly kind: 'rate'; readonly perSecond: number; readonly seconds: number })
  /** Closes all connections. */
  | { readonly kind: 'close' }

export interface Target {
  readonly port: number
  readonly request: Uint8Array
}

export interface ClosedLoop {
  readonly elapsedMs: number
  readonly answers: number
  /** Answers with another status than 200, and connections that broke. */
  readonly failures: number
  readonly bodyBytes: number
}

export interface Counted {
  readonly events: number
  readonly open: number
  readonly ended: number
  readonly failures: number
  readonly fewestEvents: number
}

export interface OpenLoop {
  readonly answers: number
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
}
