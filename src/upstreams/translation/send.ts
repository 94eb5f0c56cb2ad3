/** The way of a call to a target of another wire, the same for all of them. */
import { GatewayError, modelNotFound } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Answer, Cacheable, Call, Caller, Target, Upstream } from '../../nouns.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import type { OriginPool, UpstreamTimeouts } from '../http/pool.ts'
import { estimateTokens } from './count.ts'
import { countTokens } from './counting.ts'
import { batchEmbedContents, embedContent } from './embed.ts'
import { type Errand, generate, originOf } from './generate.ts'
import type { Line } from './outgoing.ts'
import { readDocument } from './read.ts'
import { CANDIDATES_MAX } from './repeat.ts'
import type { Seals } from './seals.ts'
import { REQUESTS_PER_FORMAT } from './structured.ts'
import type { Translator } from './translator.ts'

export interface TranslatedSendOptions {
  /** The upstream's name. */
  readonly name: string
  readonly translator: Translator
  readonly pool: Pick<OriginPool, 'dispatch'>
  /** In front of each request's path, without a slash at its end. */
  readonly basePath: string
  /** The credential's headers, and whatever else each request carries; the key is empty when there is none. */
  readonly headersFor: (key: string) => Readonly<Record<string, string>>
  readonly keys: readonly string[]
  readonly timeouts: UpstreamTimeouts
  readonly bounds?: AnswerBounds | undefined
  readonly library: Library
  readonly seals: Seals
}

/** What an upstream of another wire is made of, beside its models and its end. */
export interface TranslatedSend {
  readonly send: Upstream['send']
  readonly cacheable: NonNullable<Upstream['cacheable']>
  readonly requestsMax: NonNullable<Upstream['requestsMax']>
  readonly promptTokensAdded: number
}

/**
 * A provider puts its own words around tools (350 to 600 tokens at the dearest that is published), a template puts marks
 * around turns, and a format that is emulated is asked for in words of ours.
 */
const PROMPT_TOKENS_ADDED = 2_048

export function createTranslatedSend(options: TranslatedSendOptions): TranslatedSend {
  const { translator, library, seals, keys } = options

  const errandOf = (call: Call, { model, credential }: Target, caller: Caller): Errand => {
    const line: Line = { ...options, key: keys[credential % Math.max(1, keys.length)] ?? '' }
    return { line, translator, call, model, caller, library, seals }
  }

  return {
    // Whatever is thrown before anything was sent is a rejection too.
    send: async (call, target, caller) => perform(errandOf(call, target, caller)),
    cacheable: (model) => cacheableOf(options, model),
    requestsMax,
    promptTokensAdded: PROMPT_TOKENS_ADDED,
  }
}

function perform(errand: Errand): Promise<Answer> {
  const { call, model, line } = errand
  if (call.wire !== 'gemini') {
    throw new GatewayError('unimplemented', `The upstream ${line.name} does not read ${call.wire} requests.`)
  }
  switch (call.verb) {
    case 'generateContent':
    case 'streamGenerateContent':
      return generate(errand)
    case 'countTokens':
      return countTokens(errand)
    case 'embedContent':
      return embedContent(errand)
    case 'batchEmbedContents':
      return batchEmbedContents(errand)
    default:
      throw modelNotFound(model, call.apiVersion, call.verb)
  }
}

/** What is expanded in place may be as small as it likes. */
const CACHE_TOKENS_MIN = 1

function cacheableOf(options: TranslatedSendOptions, model: string): Cacheable {
  const { name, translator, library, seals } = options
  return {
    tokensMin: CACHE_TOKENS_MIN,
    countTokens: async (document, caller) => {
      const report = new Report(name)
      const origin = originOf(name, model)
      const { rules } = translator
      const read = { model, rules, caller, library, seals, origin, report }
      const { conversation } = await readDocument(document, read)
      return estimateTokens(conversation).total
    },
  }
}

/** Before the body is read for good: what it may come to, never less. */
function requestsMax(call: Call): number {
  if (call.verb !== 'generateContent' && call.verb !== 'streamGenerateContent') return 1
  const candidates = Math.min(Math.max(1, call.facts.candidateCount), CANDIDATES_MAX)
  return candidates * (call.facts.hasFormat ? REQUESTS_PER_FORMAT : 1)
}
