/** What a row of the catalogue is: how the upstream fails, and what client, upstream and ledger must see of it. */
import type { Cell, Mode } from '../../src/cli/faults/bytes.ts'
import type { Play } from '../../src/cli/faults/upstream.ts'
import type { FaultWire } from '../../src/cli/faults/wires.ts'

/** Where the upstream of a row is, unless it is the one that all rows of a wire share. */
export type Place =
  /** An upstream entry of its own: what it says is about the credential. */
  | 'own'
  /** The same, answered before the body is read. */
  | 'early'
  | 'refused'
  | 'unresolved'
  | 'black-hole'
  | 'plain-as-tls'
  | 'self-signed'

export interface FaultRow {
  /** `U10 status 099`: the catalogue's id and what is special. */
  readonly name: string
  readonly wires?: readonly FaultWire[]
  readonly modes?: readonly Mode[]
  readonly place?: Place
  /** The model is another one at the upstream: the client did not name it. */
  readonly isAlias?: boolean
  /** Undefined for a place where nobody speaks. */
  readonly play?: (cell: Cell) => Play
  readonly bodyBytes?: number
  readonly sees: (cell: Cell) => Sees
  /** So much work that its neighbours' clocks would suffer: played alone. */
  readonly isHeavy?: boolean
}

/** One target alone. What a second one changes is `second`. */
export interface Sees {
  readonly kind: 'refused' | 'broken' | 'whole'
  /** Statuses that are right; 200 unless refused. */
  readonly status: readonly number[]
  readonly rpc?: readonly string[]
  /** In the body, or in the stream. */
  readonly text?: RegExp
  readonly headers?: Readonly<Record<string, RegExp>>
  /** Requests that reach the upstream. */
  readonly requestsMax: number
  /** `served`: the second target answers instead. `same`: it is not asked. */
  readonly second: 'served' | 'same'
  /** Milliseconds until the client knows. */
  readonly tookMs?: readonly [min: number, max: number]
  /** Where the ledger's use comes from; of a broken answer, either of two. */
  readonly usage: 'final' | 'estimated' | 'none' | 'partial or estimated'
  /** Whether the budget is charged. */
  readonly isBilled: boolean
  /** Whether an attempt that failed may have cost the operator something. */
  readonly isExposed?: boolean
}

export const ATTEMPTS_MAX = 3

/** Nothing was passed on; the client has a status. */
export function refused(status: number | readonly number[], rest: Partial<Sees> = {}): Sees {
  return {
    kind: 'refused',
    status: typeof status === 'number' ? [status] : status,
    requestsMax: ATTEMPTS_MAX,
    second: 'served',
    usage: 'none',
    isBilled: false,
    ...rest,
  }
}

export const unavailable = (rest: Partial<Sees> = {}): Sees => refused(503, { rpc: ['UNAVAILABLE'], ...rest })

/** The answer had begun: an error in the stream, and no clean end. */
export const broken = (rest: Partial<Sees> = {}): Sees => ({
  kind: 'broken',
  status: [200],
  requestsMax: 1,
  second: 'same',
  usage: 'partial or estimated',
  isBilled: true,
  ...rest,
})

export const whole = (rest: Partial<Sees> = {}): Sees => ({
  kind: 'whole',
  status: [200],
  requestsMax: 1,
  second: 'same',
  usage: 'final',
  isBilled: true,
  ...rest,
})
