import { Redis, type RedisOptions } from 'iovalkey'
import { GatewayError } from '../../errors.ts'

const CONNECT_TIMEOUT_MS = 1_000
const RECONNECT_MIN_MS = 50
const RECONNECT_MAX_MS = 2_000
/** A server that owes answers and sends nothing for so long is hung up on. */
const SILENCE_MAX_MS = 5_000
/** A server that still reads its data takes no claims. */
const LOADING_RETRY_MS = 500
const KEEP_ALIVE_MS = 10_000
/** Until a connection whose other end does not close it is cut. */
const DISCONNECT_TIMEOUT_MS = 100

export interface Connection {
  readonly client: Redis
  /** Resolves when the first attempt to connect is over, whatever came of it. */
  readonly first: Promise<void>
}

/**
 * A client that answers at once or fails: it queues nothing while it is not connected, repeats nothing, and connects
 * again by itself. `onTrouble` is told of each failure to connect.
 */
export function connect(url: string, onTrouble: (trouble: string) => void): Connection {
  const client = open(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MAX_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(times, 10)),
    maxLoadingRetryTime: LOADING_RETRY_MS,
    // After a failover the name leads to another server.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  client.on('error', (error: Error) => onTrouble(error.message))
  return { client, first: client.connect().catch((error: Error) => onTrouble(error.message)) }
}

function open(url: string, options: RedisOptions): Redis {
  try {
    return new Redis(url, options)
  } catch {
    // Without the address and without the cause, which repeats it: it may hold a password.
    throw new GatewayError('failed_precondition', 'The address of the counters cannot be read.', {
      hint: 'stores.counters: memory, or an address such as redis://user:password@host:6379',
    })
  }
}

/** Lets everything that is sent in this turn of the event loop go out in one write. */
export function createBatching(client: Redis): () => void {
  let isWaiting = false
  return () => {
    const { stream } = client
    if (isWaiting || stream === undefined) return
    isWaiting = true
    stream.cork()
    process.nextTick(() => {
      isWaiting = false
      stream.uncork()
    })
  }
}
