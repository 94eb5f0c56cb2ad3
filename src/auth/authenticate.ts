import { hash, randomBytes } from 'node:crypto'
import { errorInfo, GatewayError } from '../errors.ts'
import { callerOf } from '../nouns/caller.ts'
import type { Directory, KeyGrant } from '../nouns/directory.ts'
import type { Caller } from '../nouns.ts'
import { type Addresses, addressesOf } from './addresses.ts'
import { isPresentable, sameDigest } from './hash.ts'
import type { Keys } from './keys.ts'
import { createThrottle } from './throttle.ts'

/** How long a key that was found counts as found: a change by another process is seen within this. */
const CACHE_TTL_MS = 1_000
/** How long after that it goes on counting while the store cannot be asked: a restart of a database takes seconds. */
const STALE_TTL_MS = 60_000
const CACHE_ENTRIES_MAX = 10_000

interface Found {
  readonly caller: Caller
  readonly addresses: Addresses
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined
  readonly untilMs: number
}

/**
 * Says who presents this credential. Answers at once when the key was seen within the last second, so a refusal may
 * be thrown as well as rejected: call it with `await` inside an async function.
 * Throws `permission_denied` (no credential, disabled key, foreign address), `api_key_invalid` (unknown, expired), `resource_exhausted` (too many wrong
 * keys from this address; a good key still works), `store_unavailable`.
 */
export type Authenticate = (credential: string | undefined, remoteAddress: string) => Promise<Caller> | Caller

export interface AuthenticatorParts {
  readonly directory: Directory
  readonly keys: Pick<Keys, 'digestOf' | 'onChange'>
  /** Monotonic milliseconds. */
  readonly now?: () => number
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  const { directory, keys, now = () => performance.now(), clock = Date.now } = parts
  const cache = createCache()
  const throttle = createThrottle(now)
  keys.onChange(cache.forget)

  /** What to throw for a key that is not valid: the plain truth, or the wait that too many of them cost. */
  function wrongKey(remoteAddress: string): GatewayError {
    const waitSeconds = throttle(remoteAddress)
    return waitSeconds === 0 ? invalidKey() : tooManyWrongKeys(waitSeconds)
  }

  async function lookUp(credential: string, cacheKey: string, remoteAddress: string): Promise<Caller> {
    // Both are taken before the directory is read: what was read is never fresher than this.
    const untilMs = now() + CACHE_TTL_MS
    const generation = cache.generation()
    const digest = keys.digestOf(credential)
    const grant = await directory.findKeyByDigest(digest)
    if (grant === undefined || !sameDigest(grant.key.digest, digest)) throw wrongKey(remoteAddress)
    if (grant.key.disabled) throw new GatewayError('permission_denied', 'API key is disabled.')
    if (grant.project?.disabled)
      throw new GatewayError('permission_denied', 'The project of this API key is disabled.')
    const found = foundOf(grant, untilMs)
    if (generation === cache.generation()) cache.remember(cacheKey, found)
    return admitted(found, remoteAddress)
  }

  /** A key that was good a moment ago stays good while nobody can say otherwise. */
  async function lookUpOrTrust(credential: string, cacheKey: string, remoteAddress: string): Promise<Caller> {
    try {
      return await lookUp(credential, cacheKey, remoteAddress)
    } catch (error) {
      const isAway = error instanceof GatewayError && error.code === 'store_unavailable'
      const found = cache.find(cacheKey)
      if (!isAway || found === undefined || found.untilMs + STALE_TTL_MS < now()) throw error
      return admitted(found, remoteAddress)
    }
  }

  /** What may change from one request to the next although the key has not. */
  function admitted({ caller, addresses, expiresAt }: Found, remoteAddress: string): Caller {
    if (expiresAt !== undefined && expiresAt <= clock()) throw expiredKey()
    if (!addresses.include(remoteAddress)) throw addressBlocked(remoteAddress)
    return caller
  }

  return (credential, remoteAddress) => {
    if (credential === undefined || credential.trim() === '') throw noCredential()
    if (!isPresentable(credential)) throw wrongKey(remoteAddress)
    const cacheKey = cache.keyOf(credential)
    const found = cache.find(cacheKey)
    if (found !== undefined && found.untilMs > now()) return admitted(found, remoteAddress)
    return lookUpOrTrust(credential, cacheKey, remoteAddress)
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

function foundOf(grant: KeyGrant, untilMs: number): Found {
  const { addresses, expiresAt } = grant.key
  return { caller: callerOf(grant), addresses: addressesOf(addresses), expiresAt, untilMs }
}

function noCredential(): GatewayError {
  return new GatewayError(
    'permission_denied',
    "Method doesn't allow unregistered callers (callers without established identity). " +
      'Please use API Key or other form of API consumer identity to call this API.',
  )
}

function invalidKey(): GatewayError {
  return keyError('api_key_invalid', 'API key not valid. Please pass a valid API key.', 'API_KEY_INVALID')
}

function expiredKey(): GatewayError {
  return keyError('api_key_invalid', 'API key expired. Please renew the API key.', 'API_KEY_INVALID')
}

function addressBlocked(remoteAddress: string): GatewayError {
  const message =
    'The provided API key has an IP address restriction. ' +
    `The originating IP address of the call (${remoteAddress}) violates this restriction.`
  return keyError('permission_denied', message, 'API_KEY_IP_ADDRESS_BLOCKED')
}

/** As Google words what is wrong with a key. */
function keyError(
  code: 'api_key_invalid' | 'permission_denied',
  message: string,
  reason: string,
): GatewayError {
  return new GatewayError(code, message, {
    details: [
      errorInfo(reason, 'googleapis.com', { service: 'generativelanguage.googleapis.com' }),
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
