/** What has to be known before anybody can be let in: the hash of keys, the first key, the admin key. */
import { randomBytes } from 'node:crypto'
import { type AdminGate, createAdminGate } from '../auth/admin.ts'
import { createKeys, type Keys } from '../auth/keys.ts'
import type { Secrets } from '../config/rules.ts'
import { GatewayError } from '../errors.ts'
import type { Directory } from '../nouns/directory.ts'

const RETRY_MS = 1_000
const OPERATOR_KEY_ID = 'env'
const SEAL_SECRET_BYTES = 32

export interface Doors {
  readonly keys: Keys
  readonly gate: AdminGate
  /** A client key that this very start has made; nobody has seen it. */
  readonly clientKey: string | undefined
  /** What the reasoning of other providers is sealed with. */
  readonly sealSecret: Buffer
}

export async function openDoors(directory: Directory, secrets: Secrets): Promise<Doors> {
  const keys = await createKeys(directory)
  const clientKey = await ensureClientKey(keys, secrets.clientKey)
  const gate = await createAdminGate({
    directory,
    ...(secrets.adminKey !== undefined && { operatorKey: secrets.adminKey }),
  })
  return { keys, gate, clientKey, sealSecret: await sealSecretOf(directory) }
}

/** Made once, by whoever starts first on this directory: every replica opens what another one sealed. */
async function sealSecretOf(directory: Directory): Promise<Buffer> {
  const fresh = randomBytes(SEAL_SECRET_BYTES).toString('base64url')
  return Buffer.from(await directory.initSetting('thought_seal', fresh), 'base64url')
}

/** Tries until the directory can be asked, or the signal is aborted. Throws what is not the directory's absence. */
export async function openDoorsInTime(
  directory: Directory,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<Doors | undefined> {
  while (!signal.aborted) {
    try {
      return await openDoors(directory, secrets)
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'store_unavailable') throw error
    }
    await pause(RETRY_MS, signal)
  }
  return undefined
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The operator's own key, or one that is made when there is none yet; returns a key that nobody has seen. */
async function ensureClientKey(keys: Keys, operatorKey: string | undefined): Promise<string | undefined> {
  if (operatorKey !== undefined) {
    await keys.ensureOperatorKey(OPERATOR_KEY_ID, 'WASAT_KEY', operatorKey)
    return undefined
  }
  // A key that the operator no longer sets must not go on opening doors.
  const known = await keys.list()
  if (known.some(({ id }) => id === OPERATOR_KEY_ID)) await keys.remove(OPERATOR_KEY_ID)
  if (known.some(({ id }) => id !== OPERATOR_KEY_ID)) return undefined
  return (await keys.create({ name: 'first key', models: [] })).key
}
