/** Vertex AI: Gemini's own wire at Google Cloud's addresses, with Google Cloud's credentials. */
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Answer, Cacheable, Call, Caller, Target, Upstream } from '../../nouns.ts'
import { withEdits } from '../../wire/json-spans.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import { type Egress, STRICT_EGRESS } from '../http/egress.ts'
import { answerError } from '../http/errors.ts'
import { Exchange } from '../http/exchange.ts'
import { fetchJson, openPool, timeoutsFor, type UpstreamTimeouts } from '../http/pool.ts'
import { placeAt } from '../native/places.ts'
import { rewriteNative } from '../native/rewrite.ts'
import { type Access, type Credentials, expressKeys, googleCredentials } from './credentials.ts'
import { type Context, editsOf } from './differences.ts'
import { embed } from './embed.ts'
import { type EmbedStep, embedSteps } from './embeddings.ts'
import { endpointOf, modelPath } from './endpoint.ts'
import { tokenFetch } from './google-auth.ts'
import { listModels } from './models.ts'
import { vertexProtocol } from './protocol.ts'
import { buildRequest, type Prepared, prepare } from './request.ts'

export interface VertexOptions {
  readonly name: string
  /** Undefined: the one that the credentials name. Of no account with express keys. */
  readonly project?: string | undefined
  /** `global`, `us`, `europe-west4`. */
  readonly location: string
  /** `https://host[:port][/path]` instead of Google's own host. */
  readonly baseUrl?: string | undefined
  /** Express keys; empty: Google credentials. */
  readonly keys: readonly string[]
  /** A credentials file of Google Cloud; undefined: the environment's default credentials. */
  readonly credentialsFile?: string | undefined
  readonly timeouts: UpstreamTimeouts
  readonly connectionsMax: number
  readonly egress?: Egress | undefined
  readonly bounds?: AnswerBounds
  readonly library: Library
  /** Where tokens come from; for tests. */
  readonly credentials?: Credentials
}

/** A token is waited for as long as a connection, and a little longer: two exchanges may stand before it. */
const TOKEN_WAIT_FACTOR = 2
/** Google caches no less. Source: Google's page on context caching. */
const CACHE_TOKENS_MIN = 1_024
const FAMILIES_WITH_CACHES = /^gemini-(?!.*(?:embedding|image|tts|live))/

export function createVertexUpstream(options: VertexOptions): Upstream {
  const { name, keys, library } = options
  const endpoint = endpointOf(options.location, options.baseUrl, keys.length > 0)
  const pool = openPool(endpoint.origin, options)
  const credentials = options.credentials ?? credentialsOf(options)
  const fetched = (request: Parameters<typeof fetchJson>[2]) =>
    fetchJson(name, pool, request, options.timeouts.firstByte)
  let listings = 0

  async function exchange(
    call: Call,
    { target, access, verb }: { target: Target; access: Access; verb: string },
    prepared: Prepared,
    report: Report,
  ): Promise<Answer> {
    const protocol = vertexProtocol(name, call, report.losses().length > 0 ? report : undefined)
    const timeouts = timeoutsFor(options.timeouts, call)
    const asked = new Exchange({ name, protocol, timeouts, key: access.secret, bounds: options.bounds })
    pool.dispatch(buildRequest(call, { verb, model: target.model, access, endpoint }, prepared), asked)
    try {
      return await asked.answer
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'upstream_refused_credential') {
        credentials.forget(access)
      }
      throw error
    }
  }

  async function send(asked: Call, target: Target, caller: Caller): Promise<Answer> {
    const report = new Report(name)
    const call = rewriteNative(asked, target, () => report)
    const context: Context = { caller, library, report, isVertexShaped: call.apiVersion === 'v1beta1' }
    const isEmbed = call.verb === 'embedContent' || call.verb === 'batchEmbedContents'
    const steps = isEmbed ? await embedSteps(call, target.model, context) : []
    const prepared = isEmbed || call.verb === 'predict' ? asItIs(call) : await prepare(call, target, context)
    report.throwIfStrict(call.isStrict)
    const access = await credentials.access(target.credential)
    const ask = ({ verb, body }: EmbedStep) =>
      exchange(call, { target, access, verb }, { body, headers: {} }, report)
    // What Vertex reads alike, it answers alike.
    if (steps[0] !== undefined && steps[0].verb === call.verb) return ask(steps[0])
    if (isEmbed) return embed(name, call, steps, ask, report.losses().length > 0 ? report : undefined)
    return exchange(call, { target, access, verb: call.verb }, prepared, report)
  }

  /** Vertex's own count of what is to be cached. */
  async function countTokens(
    model: string,
    document: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): Promise<number> {
    const { toolConfig: _, ...counted } = document
    const context = { caller, library, report: new Report(name), isVertexShaped: false }
    const plain = Buffer.from(JSON.stringify(counted))
    const body = withEdits(plain, await editsOf(plain, placeAt(plain, 0, ''), context))
    const access = await credentials.access(listings++)
    const { status, body: answer } = await fetched({
      method: 'POST',
      path: `${modelPath(endpoint, 'v1beta1', access.project, model)}:countTokens`,
      headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', ...access.headers },
      body,
    })
    const { totalTokens } = (answer ?? {}) as { totalTokens?: unknown }
    if (status === 200 && typeof totalTokens === 'number') return totalTokens
    throw answerError(name, `answered countTokens with status ${status}`, false)
  }

  return {
    name,
    kind: 'vertex',
    credentials: credentials.count,
    cacheable: (model): Cacheable | undefined =>
      FAMILIES_WITH_CACHES.test(model)
        ? {
            tokensMin: CACHE_TOKENS_MIN,
            countTokens: (document, caller) => countTokens(model, document, caller),
          }
        : undefined,
    send,
    listModels: async () => listModels(name, endpoint, await credentials.access(listings++), fetched),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

const asItIs = ({ body }: Call): Prepared => ({ body, headers: {} })

function credentialsOf(options: VertexOptions): Credentials {
  const { name, keys, project, credentialsFile, timeouts, egress = STRICT_EGRESS } = options
  if (keys.length > 0) return expressKeys(keys)
  const waitMs = timeouts.connect * TOKEN_WAIT_FACTOR
  return googleCredentials({
    name,
    project,
    file: credentialsFile,
    waitMs,
    fetch: tokenFetch(egress, waitMs),
  })
}
