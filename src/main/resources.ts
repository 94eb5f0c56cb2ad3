/** What the room of resources needs of the others: who can do what, and who does it. */
import { randomUUIDv7 } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import { parseDocument, readDocument } from '../dialects/body.ts'
import { callFrom } from '../dialects/gemini/request.ts'
import { GatewayError } from '../errors.ts'
import { type Parts, perform } from '../gateway.ts'
import type { Cacheable, Caller, Store, Target, Upstream } from '../nouns.ts'
import type { Log } from '../observe/log.ts'
import { createResources, type ResourceRoom } from '../resources/resources.ts'
import { SANDBOX_MODELS } from '../upstreams/sandbox/models.ts'
import { describeFile, planFilm, textOfFile } from '../upstreams/sandbox/stored.ts'
import { matchesAny } from '../wire/glob.ts'
import type { JsonLimits } from '../wire/json-scanner.ts'

/** Read anew each time, because a reload replaces them. */
export interface Routing {
  readonly find: (model: string, caller: Caller) => readonly Target[]
  readonly upstreams: () => readonly Upstream[]
  readonly parts: () => Parts
}

export function openResources(
  config: Config,
  limits: JsonLimits,
  store: Pick<Store, 'directory' | 'resources'>,
  log: Log,
  { find, upstreams, parts }: Routing,
): ResourceRoom {
  /** Whatever is cached here is cached for the first of a name's targets that reads our caches. */
  const cacheableOf = (name: string, caller: Caller): Cacheable | undefined => {
    for (const { upstream, model } of find(name, caller)) {
      const cacheable = upstream.cacheable?.(model)
      if (cacheable !== undefined) return cacheable
    }
    return undefined
  }
  return createResources({
    store,
    dataFolder: config.data,
    limits: config.resources,
    readJson: (request) => readDocument(request, limits),
    parseJson: (bytes) => parseDocument(bytes, limits),
    modelExists: (name, caller) => mayUse(caller, name) && cacheableOf(name, caller) !== undefined,
    cacheTokensMin: (name, caller) => cacheableOf(name, caller)?.tokensMin ?? 0,
    countTokens: async (name, document, caller) =>
      (await cacheableOf(name, caller)?.countTokens(document, caller)) ?? 0,
    supportsModel: (caller, name, method) =>
      mayUse(caller, name) && find(name, caller).some((target) => supportsMethod(target, method)),
    perform: (opening, body, caller, signal) => {
      const asker = {
        id: randomUUIDv7(),
        receivedAtMs: performance.now(),
        clientLeft: () => signal.aborted,
        tier: 'batch' as const,
      }
      return perform(callFrom(body, opening, limits, asker), caller, parts(), signal)
    },
    describe: describeFile,
    planFilm: (_, body) => planFilm(body),
    textOf: textOfFile,
    relay: { upstreams, find },
    onFailure: (error) => log.error(log.describe(GatewayError.from(error)), 'work on stored things failed'),
  })
}

function mayUse({ models }: Caller, name: string): boolean {
  return models.length === 0 || matchesAny(models, name)
}

/** What the sandbox's models make is listed; films are made by nobody else, and a batch is a number of calls. */
function supportsMethod({ upstream, model }: Target, method: string): boolean {
  if (upstream.kind !== 'sandbox') return method !== 'predictLongRunning'
  return SANDBOX_MODELS.get(model)?.resource.supportedGenerationMethods?.includes(method) === true
}
