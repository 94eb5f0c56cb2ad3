/**
 * Thought signatures of our own: what a provider thought, sealed, so that it comes back unchanged and to nobody else.
 *
 * Base64 of: magic (6 bytes), version (1), tag of the origin (4), nonce (12), GCM tag (16), AES-256-GCM of JSON.
 */
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import { SEAL_PREFIX } from '../native/signatures.ts'

export interface Seals {
  /**
   * `thoughtSignature` that carries the state, which is JSON; null only marks a piece as ours. A state that is too large
   * is left out, and `onTooLarge` told. Throws `store_unavailable` before there is a secret.
   */
  seal(origin: string, state: unknown, onTooLarge?: () => void): string
  /** Throws `invalid_argument` for a signature of this origin that was changed. */
  open(origin: string, signature: string): Opened
}

export type Opened =
  | { readonly kind: 'own'; readonly state: unknown }
  /** Ours, of another upstream or model. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unknown' }

/** JSON of one state, in bytes. Clients send it back with every turn. */
export const STATE_BYTES_MAX = 1024 * 1024

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const KEY_PURPOSE = 'wasat thought signatures 1'
const MAGIC = Buffer.from(SEAL_PREFIX, 'base64')
const VERSION = 1
const VERSION_AT = MAGIC.length
const ORIGIN_AT = VERSION_AT + 1
const ORIGIN_BYTES = 4
const NONCE_AT = ORIGIN_AT + ORIGIN_BYTES
const NONCE_BYTES = 12
const TAG_AT = NONCE_AT + NONCE_BYTES
const TAG_BYTES = 16
const SEALED_AT = TAG_AT + TAG_BYTES

/** `use` gives it the installation's secret, which the store keeps. */
export function createSeals(): Seals & { use(secret: Buffer): void } {
  let key: Buffer | undefined

  const keyOrThrow = (): Buffer => {
    if (key !== undefined) return key
    const hint = 'thought signatures need the secret that the store keeps; it has not been read yet'
    throw new GatewayError('store_unavailable', 'The service is not ready yet. Please retry.', { hint })
  }

  return {
    use(secret) {
      key = Buffer.from(hkdfSync('sha256', secret, '', KEY_PURPOSE, KEY_BYTES))
    },
    seal(origin, state, onTooLarge) {
      const json = Buffer.from(JSON.stringify(state ?? null))
      if (json.length <= STATE_BYTES_MAX) return sealed(keyOrThrow(), origin, json)
      onTooLarge?.()
      return sealed(keyOrThrow(), origin, Buffer.from('null'))
    },
    open(origin, signature) {
      if (!signature.startsWith(SEAL_PREFIX)) return { kind: 'unknown' }
      const bytes = Buffer.from(signature, 'base64')
      // One cut short cannot say whose it is.
      if (bytes.length <= SEALED_AT) throw corrupted()
      if (!isOf(origin, bytes)) return { kind: 'foreign' }
      return { kind: 'own', state: opened(keyOrThrow(), origin, bytes) }
    },
  }
}

function sealed(key: Buffer, origin: string, json: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(origin))
  const body = Buffer.concat([cipher.update(json), cipher.final()])
  return Buffer.concat([
    MAGIC,
    Buffer.of(VERSION),
    originTag(origin),
    nonce,
    cipher.getAuthTag(),
    body,
  ]).toString('base64')
}

function opened(key: Buffer, origin: string, bytes: Buffer): unknown {
  const nonce = bytes.subarray(NONCE_AT, TAG_AT)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(origin))
  decipher.setAuthTag(bytes.subarray(TAG_AT, SEALED_AT))
  try {
    const json = Buffer.concat([decipher.update(bytes.subarray(SEALED_AT)), decipher.final()])
    return JSON.parse(json.toString())
  } catch (cause) {
    throw corrupted(cause)
  }
}

/** A version that we do not know is a later one's, and no more use here than another provider's. */
function isOf(origin: string, bytes: Buffer): boolean {
  return bytes[VERSION_AT] === VERSION && bytes.subarray(ORIGIN_AT, NONCE_AT).equals(originTag(origin))
}

function originTag(origin: string): Buffer {
  return hash('sha256', origin, 'buffer').subarray(0, ORIGIN_BYTES)
}

function corrupted(cause?: unknown): GatewayError {
  return new GatewayError('invalid_argument', 'Corrupted thought signature.', { cause })
}
