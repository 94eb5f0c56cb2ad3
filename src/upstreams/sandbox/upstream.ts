/** The sandbox: an upstream that behaves like Google's Gemini without an account, a key or a network. */
import { performance } from 'node:perf_hooks'
import { GatewayError } from '../../errors.ts'
import type { Answer, Call, Reading, Source, Target, Upstream } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { batchEmbedContents, embedContent } from './embeddings.ts'
import { modelNotFound } from './errors.ts'
import { SANDBOX_MODELS, type SandboxModel } from './models.ts'
import { readCountTokens, readGeneration } from './request.ts'
import { compose, unaryResponse } from './response.ts'
import { createSource, streamResponses } from './stream.ts'
import { detailsOf, totalOf } from './usage.ts'

export interface SandboxOptions {
  /** The upstream's name in the configuration. */
  readonly name: string
  /** The clock behind `createTime`, the only thing in an answer that the request does not decide. */
  readonly now?: () => Date
}

/**
 * Answers generateContent, streamGenerateContent, countTokens, embedContent and batchEmbedContents with objects.
 * `send` throws `invalid_argument` or `not_found` in Google's words.
 */
export function createSandboxUpstream({ name, now = () => new Date() }: SandboxOptions): Upstream {
  return {
    name,
    kind: 'sandbox',
    // None is needed; one try is all there is, since a second would give the same answer.
    credentials: 1,
    async send(call, target) {
      const startedAtMs = performance.now()
      const { responses, single } = answerTo(call, target, now)
      return createAnswer(call, responses, single, startedAtMs)
    },
    async listModels() {
      return [...SANDBOX_MODELS.values()].map((model) => model.resource)
    },
    async close() {},
    async destroy() {},
  }
}

interface Responses {
  readonly responses: Iterator<GenerateContentResponse>
  /** Whether there is just one, which rides on the end of the source. */
  readonly single: boolean
}

function answerTo(call: Call, target: Target, now: () => Date): Responses {
  if (call.wire !== 'gemini') {
    throw new GatewayError('unimplemented', `The sandbox does not read ${call.wire} requests.`)
  }
  const model = SANDBOX_MODELS.get(target.model)
  if (model === undefined || !model.methods.includes(call.verb)) throw modelNotFound(call, target.model)
  if (call.verb !== 'streamGenerateContent') return one(answerOnce(call, target, model, now))
  return { responses: streamResponses(compose(readGeneration(call, model), now())), single: false }
}

function one(response: GenerateContentResponse): Responses {
  return { responses: [response].values(), single: true }
}

function answerOnce(
  call: Call,
  target: Target,
  model: SandboxModel,
  now: () => Date,
): GenerateContentResponse {
  switch (call.verb) {
    case 'generateContent':
      return unaryResponse(compose(readGeneration(call, model), now()))
    case 'countTokens': {
      const tally = readCountTokens(call)
      const promptTokensDetails = detailsOf(tally)
      return { totalTokens: totalOf(tally), ...(promptTokensDetails.length > 0 && { promptTokensDetails }) }
    }
    case 'embedContent':
      return embedContent(call, model)
    case 'batchEmbedContents':
      return batchEmbedContents(call, target, model)
    default:
      throw modelNotFound(call, model.id)
  }
}

function createAnswer(
  call: Call,
  responses: Iterator<GenerateContentResponse>,
  single: boolean,
  startedAtMs: number,
): Answer {
  let reading: Reading = { usage: undefined, finishReason: undefined, modelVersion: undefined, begun: false }
  const source: Source = createSource(responses, single, (response) => {
    reading = {
      usage: response.usageMetadata ?? reading.usage,
      finishReason: response.candidates?.[0]?.finishReason ?? reading.finishReason,
      modelVersion: response.modelVersion ?? reading.modelVersion,
      begun: true,
    }
  })
  return {
    status: 200,
    wire: 'objects',
    delivery: call.delivery,
    headers: {},
    source,
    reading: () => reading,
    retryable: false,
    firstByteMs: performance.now() - startedAtMs,
  }
}
