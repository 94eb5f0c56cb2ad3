/** Asks an upstream for its models with each of its credentials: what costs nothing and shows whether they are good. */
import { GatewayError } from '../../errors.ts'
import type { AdminUpstream } from '../parts.ts'

/** The command line waits for 15 s. */
const TEST_TIMEOUT_MS = 10_000
/** Of an upstream's credentials; the rest is not tried. */
const CREDENTIALS_MAX = 20

export interface Tried {
  /** How many models it names; undefined when it did not say. */
  readonly models: number | undefined
  readonly error: GatewayError | undefined
  readonly durationMs: number
}

/** One for each credential that was tried. They are told apart by nothing: an upstream takes its own in turn. */
export function tryCredentials(
  upstream: AdminUpstream,
  timeoutMs = TEST_TIMEOUT_MS,
): Promise<readonly Tried[]> {
  const length = Math.min(Math.max(1, upstream.credentials), CREDENTIALS_MAX)
  // Begun in one go, so that nobody else's listing takes a credential in between.
  return Promise.all(Array.from({ length }, () => tryOne(upstream, timeoutMs)))
}

async function tryOne({ name, listModels }: AdminUpstream, timeoutMs: number): Promise<Tried> {
  const sentAtMs = performance.now()
  const durationMs = () => Math.round(performance.now() - sentAtMs)
  const { promise: late, reject } = Promise.withResolvers<never>()
  const message = `The upstream ${name} did not list its models within ${timeoutMs} ms.`
  const timer = setTimeout(() => reject(new GatewayError('upstream_timeout', message)), timeoutMs)
  try {
    const models = await Promise.race([listModels(), late])
    return { models: models.length, error: undefined, durationMs: durationMs() }
  } catch (thrown) {
    return { models: undefined, error: GatewayError.from(thrown), durationMs: durationMs() }
  } finally {
    clearTimeout(timer)
  }
}
