/** What a request to Vertex shows of itself: an access token of Google Cloud, or an express key. */
import type { GoogleAuth } from 'google-auth-library'
import { GatewayError } from '../../errors.ts'
import { EGRESS_REFUSED } from '../http/egress-policy.ts'
import { boundClient, openAuth } from './google-auth.ts'

export interface Access {
  readonly headers: Readonly<Record<string, string>>
  /** What of the headers no answer may show. */
  readonly secret: string
  /** Undefined with an express key. */
  readonly project: string | undefined
}

export interface Credentials {
  /** How many there are to choose from. */
  readonly count: number
  /**
   * Throws `upstream_refused_credential` when there are none or Google refuses them, and `upstream_unreachable` when
   * nobody could be asked in time.
   */
  access(turn: number): Promise<Access>
  /** Was refused: it is not given out again. */
  forget(access: Access): void
}

export interface GoogleCredentialsOptions {
  /** The upstream's name. */
  readonly name: string
  /** Undefined: the credentials' own. */
  readonly project: string | undefined
  /** A JSON file of Google Cloud; undefined: the environment's default credentials. */
  readonly file: string | undefined
  /** Milliseconds that a token is waited for. */
  readonly waitMs: number
  /** How the library asks. */
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** A token that is valid for less is renewed while it is still used. Google's own clients renew at five minutes, too. */
const RENEW_AHEAD_MS = 5 * 60_000
/** A token that is valid for less could be refused by the time it arrives. */
const VALID_MIN_MS = 10_000
/** Of a token that does not say for how long it is valid. */
const LIFETIME_MS = 10 * 60_000
/** After a failure it stands for so long: a thousand requests ask once. */
const FAILURE_REST_MS = 1_000

export function expressKeys(keys: readonly string[]): Credentials {
  const accesses = keys.map((key): Access => {
    return { headers: { 'x-goog-api-key': key }, secret: key, project: undefined }
  })
  return {
    count: keys.length,
    access: async (turn) => accesses[turn % accesses.length] as Access,
    forget: () => undefined,
  }
}

interface Token {
  readonly access: Access
  readonly expiresAtMs: number
}

/** Application default credentials, a service account, a workload's identity, the metadata server: whatever is there. */
export function googleCredentials(options: GoogleCredentialsOptions): Credentials {
  const { now = Date.now } = options
  let auth: Promise<GoogleAuth> | undefined
  let token: Token | undefined
  let pending: Promise<Token> | undefined
  let failed: { readonly error: GatewayError; readonly atMs: number } | undefined

  async function ask(): Promise<Token> {
    auth ??= openAuth(options)
    const opened = await auth
    const client = await boundClient(opened, options.fetch)
    const { token: secret } = await client.getAccessToken()
    if (!secret) throw new Error('the credentials gave no access token')
    const project = options.project ?? (await opened.getProjectId())
    const quota = client.quotaProjectId
    const headers = { authorization: `Bearer ${secret}`, ...(quota && { 'x-goog-user-project': quota }) }
    const expiresAtMs = client.credentials.expiry_date ?? now() + LIFETIME_MS
    return { access: { headers, secret, project }, expiresAtMs }
  }

  /** One at a time, whoever waits for it. */
  function renew(): Promise<Token> {
    if (failed !== undefined && now() - failed.atMs < FAILURE_REST_MS) return Promise.reject(failed.error)
    pending ??= inTime(ask(), options.waitMs)
      .then(
        (renewed) => {
          failed = undefined
          token = renewed
          return renewed
        },
        (thrown) => {
          // The library keeps what it read: the next time everything is read again.
          auth = undefined
          failed = { error: failureOf(options.name, thrown), atMs: now() }
          throw failed.error
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  return {
    count: 1,
    async access() {
      const leftMs = (token?.expiresAtMs ?? 0) - now()
      if (token === undefined || leftMs < VALID_MIN_MS) return (await renew()).access
      // It is good for a while yet: who needs it now does not wait, and a failure comes up again soon enough.
      if (leftMs < RENEW_AHEAD_MS) renew().catch(() => undefined)
      return token.access
    },
    forget(access) {
      if (token?.access !== access) return
      token = undefined
      auth = undefined
    },
  }
}

async function inTime<Value>(work: Promise<Value>, waitMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no token came within ${waitMs} ms`)), waitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}

const HINT =
  'check credentialsFile of this upstream, GOOGLE_APPLICATION_CREDENTIALS, or run ' +
  '`gcloud auth application-default login`'

/** What the token's own server said with a status below 500, and what is wrong with a file, no second try betters. */
function failureOf(name: string, thrown: unknown): GatewayError {
  const { message, code, status, response } = thrown as Error & {
    code?: unknown
    status?: number
    response?: { status?: number }
  }
  const answered = response?.status ?? status
  const isAway = answered === undefined ? isOfNetwork(code) : answered >= 500 || answered === 429
  const cause = { cause: thrown, hint: `${name}: ${message}; ${HINT}` }
  return isAway
    ? new GatewayError('upstream_unreachable', `The upstream ${name} could not be reached.`, cause)
    : new GatewayError(
        'upstream_refused_credential',
        `The upstream ${name} refused the gateway's credential.`,
        cause,
      )
}

function isOfNetwork(code: unknown): boolean {
  return (
    (typeof code === 'string' &&
      /^(?:E(?:CONN|TIMEDOUT|AI_AGAIN|HOSTUNREACH|NETUNREACH|NOTFOUND|PIPE)|UND_)/.test(code)) ||
    code === EGRESS_REFUSED
  )
}
