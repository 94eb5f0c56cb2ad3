import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Directory } from '../nouns/directory.ts'

/** Longest credential that is looked at; a longer one is refused without hashing it. */
export const CREDENTIAL_BYTES_MAX = 512
/** Shortest secret that an operator may choose. */
export const SECRET_BYTES_MIN = 16

const PEPPER_BYTES = 32
const PRINTABLE = /^[\x20-\x7e]+$/

/** HMAC-SHA-256 of a whole credential with the installation's pepper, base64url. */
export type Hash = (credential: string) => string

/** The installation's hash. Its pepper is made once, by whoever starts first on this directory. */
export async function createHash(directory: Directory): Promise<Hash> {
  const fresh = randomBytes(PEPPER_BYTES).toString('base64url')
  const pepper = Buffer.from(await directory.initSetting('key_pepper', fresh), 'base64url')
  return (credential) => createHmac('sha256', pepper).update(credential).digest('base64url')
}

/** Compares two digests in a time that depends on neither. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a credential is worth hashing at all. Printable ASCII only, so that characters are bytes. */
export function isPresentable(credential: string): boolean {
  return (
    credential.length >= SECRET_BYTES_MIN &&
    credential.length <= CREDENTIAL_BYTES_MAX &&
    PRINTABLE.test(credential)
  )
}
