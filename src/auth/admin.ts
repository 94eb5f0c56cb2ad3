import { randomBytes } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import type { Directory } from '../nouns/directory.ts'
import { CREDENTIAL_BYTES_MAX, createHash, isPresentable, SECRET_BYTES_MIN, sameDigest } from './hash.ts'

const SETTING = 'admin_key_digest'
const SECRET_BYTES = 32

export interface AdminGate {
  /** The admin key that this very start has made, to be shown once; undefined at every later start. */
  readonly firstKey: string | undefined
  check(credential: string | undefined): boolean
}

export interface AdminGateParts {
  readonly directory: Directory
  /** The operator's own admin key; when given it is the only one that counts, and nothing is stored. */
  readonly operatorKey?: string | undefined
}

/**
 * Throws `invalid_argument` when the operator's key is too weak, looks like a client key, or is one: make the
 * operator's client key before the gate. A client key must never open the admin routes.
 */
export async function createAdminGate({ directory, operatorKey }: AdminGateParts): Promise<AdminGate> {
  const digestOf = await createHash(directory)
  const fresh =
    operatorKey === undefined ? `wsa_${randomBytes(SECRET_BYTES).toString('base64url')}` : undefined
  const ours = digestOf(operatorKey === undefined ? fresh! : checkOperatorKey(operatorKey))
  if (operatorKey !== undefined && (await directory.findKeyByDigest(ours)) !== undefined) {
    throw invalidAdminKey('must not be the same as a client key')
  }
  const standing = operatorKey === undefined ? await directory.initSetting(SETTING, ours) : ours

  return Object.freeze({
    firstKey: standing === ours ? fresh : undefined,
    check: (credential: string | undefined) =>
      credential !== undefined && isPresentable(credential) && sameDigest(digestOf(credential), standing),
  })
}

function checkOperatorKey(key: string): string {
  if (!isPresentable(key) || key.trim() !== key) {
    throw invalidAdminKey(`must be ${SECRET_BYTES_MIN} to ${CREDENTIAL_BYTES_MAX} printable ASCII characters`)
  }
  if (key.startsWith('wst_')) throw invalidAdminKey('must not look like a client key (wst_)')
  return key
}

function invalidAdminKey(rule: string): GatewayError {
  return new GatewayError('invalid_argument', `The admin key ${rule}.`, {
    hint: 'Set WASAT_ADMIN_KEY to another value, or unset it.',
  })
}
