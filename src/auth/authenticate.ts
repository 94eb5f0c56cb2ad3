import { hash, randomBytes } from 'node:crypto'
import { errorInfo, GatewayError } from '../errors.ts'
import type { Caller, KeyRecord, Ledger } from '../nouns.ts'
import { isPresentable, sameDigest } from './hash.ts'
import type { Keys } from './keys.ts'
import { createThrottle } from './throttle.ts'

/** How long a key that was found counts as found: a change by another process is seen within this. */
const CACHE_TTL_MS = 1_000
const CACHE_ENTRIES_MAX = 10_000

interface Found {
  readonly caller: Caller
  readonly untilMs: number
}

/**
 * Says who presents this credential. Answers at once when the key was seen within the last second, so a refusal may
 * be thrown as well as rejected: call it with `await` inside an async function.
 * Throws `permission_denied` (no credential, disabled key), `api_key_invalid`, `resource_exhausted` (too many wrong
 * keys from this address; a good key still works), `store_unavailable`.
 */
export type Authenticate = (credential: string | undefined, remoteAddress: string) => Promise<Caller> | Caller

export interface AuthenticatorParts {
  readonly ledger: Ledger
  readonly keys: Pick<Keys, 'digestOf' | 'onChange'>
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  const { ledger, keys, now = () => performance.now() } = parts
  const cache = createCache()
  const throttle = createThrottle(now)
  keys.onChange(cache.forget)

  /** What to throw for a key that is not valid: the plain truth, or the wait that too many of them cost. */
  function wrongKey(remoteAddress: string): GatewayError {
    const waitSeconds = throttle(remoteAddress)
    return waitSeconds === 0 ? invalidKey() : tooManyWrongKeys(waitSeconds)
  }

  async function lookUp(credential: string, cacheKey: string, remoteAddress: string): Promise<Caller> {
    // Both are taken before the ledger is read: what was read is never fresher than this.
    const untilMs = now() + CACHE_TTL_MS
    const generation = cache.generation()
    const digest = keys.digestOf(credential)
    const record = await ledger.findKeyByDigest(digest)
    if (record === undefined || !sameDigest(record.digest, digest)) throw wrongKey(remoteAddress)
    if (record.disabled) throw new GatewayError('permission_denied', 'API key is disabled.')
    const caller = callerOf(record)
    if (generation === cache.generation()) cache.remember(cacheKey, { caller, untilMs })
    return caller
  }

  return (credential, remoteAddress) => {
    if (credential === undefined || credential.trim() === '') throw noCredential()
    if (!isPresentable(credential)) throw wrongKey(remoteAddress)
    const cacheKey = cache.keyOf(credential)
    const found = cache.find(cacheKey)
    if (found !== undefined && found.untilMs > now()) return found.caller
    return lookUp(credential, cacheKey, remoteAddress)
  }
}

function createCache() {
  const entries = new Map<string, Found>()
  // A hash of the whole credential that nobody outside this process can compute, and five times as fast as the HMAC.
  const salt = randomBytes(32).toString('base64url')
  let changes = 0

  return {
    keyOf: (credential: string): string => hash('sha256', salt + credential, 'base64url'),
    find: (key: string): Found | undefined => entries.get(key),
    remember(key: string, found: Found): void {
      // Set anew, so that the oldest reading is the first to go.
      entries.delete(key)
      entries.set(key, found)
      if (entries.size > CACHE_ENTRIES_MAX) entries.delete(entries.keys().next().value as string)
    },
    forget(keyId: string): void {
      changes++
      for (const [key, found] of entries) if (found.caller.keyId === keyId) entries.delete(key)
    },
    /** Moves with every change of a key, so that a reading from before it is not kept. */
    generation: (): number => changes,
  }
}

function callerOf(record: KeyRecord): Caller {
  return Object.freeze({ keyId: record.id, name: record.name, models: record.models })
}

function noCredential(): GatewayError {
  return new GatewayError(
    'permission_denied',
    "Method doesn't allow unregistered callers (callers without established identity). " +
      'Please use API Key or other form of API consumer identity to call this API.',
  )
}

function invalidKey(): GatewayError {
  const message = 'API key not valid. Please pass a valid API key.'
  return new GatewayError('api_key_invalid', message, {
    details: [
      errorInfo('API_KEY_INVALID', 'googleapis.com', { service: 'generativelanguage.googleapis.com' }),
      { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
    ],
  })
}

function tooManyWrongKeys(waitSeconds: number): GatewayError {
  const message = `Too many requests with an invalid API key. Please retry in ${waitSeconds}s.`
  return new GatewayError('resource_exhausted', message, {
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${waitSeconds}s` }],
    headers: { 'retry-after': String(waitSeconds) },
  })
}
