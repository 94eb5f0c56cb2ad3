/** Google's long-running operation: a name, what is known of it, and once it is done a response or an error. */
import { GatewayError } from '../../errors.ts'

const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1beta.'

/** The `@type` of one of Google's messages. */
export function typeOf(message: string): { readonly '@type': string } {
  return { '@type': TYPES + message }
}

/** google.rpc.Status: its code is none of HTTP's. */
export interface RpcStatus {
  readonly code: number
  readonly message: string
  readonly details?: readonly object[]
}

/** google.rpc.Code by name. */
const CODES: Readonly<Record<string, number>> = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
}

/** The number of a status such as `NOT_FOUND`; that of UNKNOWN for a word that is none. */
export function rpcCode(status: unknown): number {
  return (
    (typeof status === 'string' && Object.hasOwn(CODES, status) && CODES[status]) || (CODES.UNKNOWN as number)
  )
}

export function rpcStatusOf(thrown: unknown): RpcStatus {
  const { status, message, details } = GatewayError.from(thrown)
  return { code: rpcCode(status), message, ...(details.length > 0 && { details }) }
}
