/** The sandbox: an upstream that behaves like Google's Gemini without an account, a key or a network. */
import { performance } from 'node:perf_hooks'
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Answer, Cacheable, Call, Caller, Reading, Target, Upstream } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { rewriteNative } from '../native/rewrite.ts'
import { Searches } from '../searches.ts'
import type { Reader } from '../translation/recall.ts'
import { compose, type Stage } from './compose.ts'
import { batchEmbedContents, embedContent } from './embeddings/embed.ts'
import { modelNotFound } from './errors.ts'
import type { Scripts } from './fixtures/shelf.ts'
import { SANDBOX_MODELS, type SandboxModel } from './models.ts'
import { paceFor, type Speed } from './pace.ts'
import { createPlayers } from './players.ts'
import { readCountTokens, readGeneration } from './request.ts'
import { unaryResponse } from './response.ts'
import { createSource, type Pace } from './source.ts'
import { streamResponses } from './stream.ts'
import { detailsOf, totalOf } from './usage.ts'

export interface SandboxOptions {
  /** The upstream's name in the configuration. */
  readonly name: string
  /** The clock behind `createTime`, the only thing in an answer that the request does not decide. */
  readonly now?: () => Date
  readonly library: Library
  /** Fixtures and recordings, which are asked before the built-in behaviours. */
  readonly scripts?: Scripts | undefined
  /** How fast models speak; without an entry at once. */
  readonly speed?: readonly Speed[]
  readonly corpus?: string | undefined
  readonly python?: boolean
}

/**
 * Answers generateContent, streamGenerateContent, countTokens, embedContent, batchEmbedContents and predict with
 * objects. `send` throws `invalid_argument` or `not_found` in Google's words.
 */
export function createSandboxUpstream(options: SandboxOptions): Upstream {
  const { name, now = () => new Date(), library, scripts, speed = [], corpus, python = true } = options
  const troupe = createPlayers({ corpus, python })

  async function send(asked: Call, target: Target, caller: Caller): Promise<Answer> {
    const startedAtMs = performance.now()
    let report: Report | undefined
    const call = rewriteNative(asked, target, () => (report ??= new Report(name)))
    const translation = report as Report | undefined
    translation?.throwIfStrict(call.isStrict)
    const scripted = await scripts?.answer(call, target, caller)
    if (scripted !== undefined) return translation === undefined ? scripted : { ...scripted, translation }
    const stage = createStage(troupe.players, now(), call)
    try {
      const { responses, single } = await answerTo(call, target, { caller, library }, stage)
      const pace = paceFor(speed, target.model)
      return createAnswer(call, responses, { single, startedAtMs, pace, translation })
    } finally {
      stage.done()
    }
  }

  function cacheable(id: string): Cacheable | undefined {
    const model = SANDBOX_MODELS.get(id)
    if (!model?.resource.supportedGenerationMethods?.includes('createCachedContent')) return undefined
    return {
      tokensMin: model.cacheTokensMin ?? 0,
      countTokens: async (document, caller) => {
        const { countCached } = await import('./count-cached.ts')
        return countCached(model, document, { caller, library })
      },
    }
  }

  return {
    name,
    kind: 'sandbox',
    cacheable,
    // None is needed; one try is all there is, since a second would give the same answer.
    credentials: 1,
    isSimulated: true,
    send,
    async listModels() {
      return [...SANDBOX_MODELS.values()].map((model) => model.resource)
    },
    close: () => troupe.close(),
    async destroy() {
      scripts?.destroy()
      await troupe.close()
    },
  }
}

/** How often a long piece of work looks whether its client is still there, in milliseconds. */
const LOOK_MS = 250

/** Most answers are made at once: a signal, and somebody who watches the client, are made for the first who asks. */
function createStage(players: Stage['players'], now: Date, call: Call): Stage & { done(): void } {
  let leaving: AbortController | undefined
  let watch: NodeJS.Timeout | undefined
  return {
    players,
    now,
    get signal() {
      if (leaving === undefined) {
        const controller = new AbortController()
        leaving = controller
        watch = setInterval(() => call.clientLeft() && controller.abort(), LOOK_MS).unref()
      }
      return leaving.signal
    },
    done: () => clearInterval(watch),
  }
}

interface Responses {
  readonly responses: Iterator<GenerateContentResponse>
  /** Whether there is just one, which rides on the end of the source. */
  readonly single: boolean
}

async function answerTo(call: Call, target: Target, reader: Reader, stage: Stage): Promise<Responses> {
  if (call.wire !== 'gemini') {
    throw new GatewayError('unimplemented', `The sandbox does not read ${call.wire} requests.`)
  }
  const model = SANDBOX_MODELS.get(target.model)
  if (model === undefined || !model.verbs.includes(call.verb)) throw modelNotFound(call, target.model)
  if (call.verb === 'streamGenerateContent') {
    const generation = await readGeneration(call, model, reader)
    return { responses: streamResponses(await compose(generation, stage)), single: false }
  }
  const response = await answerOnce(call, target, model, reader, stage)
  return { responses: [response].values(), single: true }
}

async function answerOnce(
  call: Call,
  target: Target,
  model: SandboxModel,
  reader: Reader,
  stage: Stage,
): Promise<GenerateContentResponse> {
  switch (call.verb) {
    case 'generateContent':
      return unaryResponse(await compose(await readGeneration(call, model, reader), stage))
    case 'countTokens':
      return countTokens(call, model, reader)
    case 'embedContent':
      return embedContent(call, model)
    case 'batchEmbedContents':
      return batchEmbedContents(call, target, model)
    case 'predict': {
      const { predictImages } = await import('./images/predict.ts')
      return predictImages(call.document(), model.id)
    }
    default:
      throw modelNotFound(call, model.id)
  }
}

async function countTokens(
  call: Call,
  model: SandboxModel,
  reader: Reader,
): Promise<GenerateContentResponse> {
  const { prompt, cached } = await readCountTokens(call, model, reader)
  const promptTokensDetails = detailsOf(prompt)
  const cacheTokensDetails = detailsOf(cached)
  return {
    totalTokens: totalOf(prompt),
    ...(cacheTokensDetails.length > 0 && { cachedContentTokenCount: totalOf(cached) }),
    ...(promptTokensDetails.length > 0 && { promptTokensDetails }),
    ...(cacheTokensDetails.length > 0 && { cacheTokensDetails }),
  }
}

interface AnswerOptions {
  readonly single: boolean
  readonly startedAtMs: number
  readonly pace: Pace | undefined
  readonly translation: Answer['translation'] | undefined
}

function createAnswer(
  call: Call,
  responses: Iterator<GenerateContentResponse>,
  { single, startedAtMs, pace, translation }: AnswerOptions,
): Answer {
  let reading: Reading = { usage: undefined, finishReason: undefined, modelVersion: undefined, begun: false }
  const searches = new Searches()
  const observe = (response: GenerateContentResponse): void => {
    searches.take(response.candidates)
    const usage = response.usageMetadata ?? reading.usage
    reading = {
      usage,
      finishReason: response.candidates?.[0]?.finishReason ?? reading.finishReason,
      modelVersion: response.modelVersion ?? reading.modelVersion,
      ...searches.reading(usage),
      begun: true,
    }
  }
  return {
    status: 200,
    wire: 'objects',
    delivery: call.delivery,
    headers: {},
    source: createSource(responses, { single, observe, pace }),
    ...(translation !== undefined && { translation }),
    reading: () => reading,
    retryable: false,
    firstByteMs: performance.now() - startedAtMs,
  }
}
