/** Puts an answer in Gemini's words together, whole or piece by piece. */
import { randomBytes } from 'node:crypto'
import { textTokensEstimate } from '../../nouns/estimate.ts'
import type { Reading } from '../../nouns.ts'
import type { Candidate, GenerateContentResponse, Part, UsageMetadata } from '../../wire/gemini.ts'
import { addMedia, type Media, mediaOf } from '../native/media.ts'
import { Searches } from '../searches.ts'
import { type CandidateComposer, CandidateParts, type CandidateTerms } from './candidate.ts'
import { completeUsage } from './usage.ts'

export type { CandidateComposer, FunctionCallMade } from './candidate.ts'

export interface ComposerOptions extends CandidateTerms {
  /** Each piece is given to `emit` as it comes; otherwise everything comes with `end`. */
  readonly isStream: boolean
  /** `modelVersion` until the provider names one. */
  readonly model: string
  /** With a stream only. */
  readonly emit?: ((response: GenerateContentResponse) => void) | undefined
  /** Instead of one that is made here. */
  readonly responseId?: string | undefined
  /** What the provider's first candidate is called: 0, unless it is one of several requests. */
  readonly firstIndex?: number | undefined
}

export interface Composer {
  candidate(index: number): CandidateComposer
  /** The prompt was blocked: no candidates. */
  blockPrompt(reason: string, message?: string): void
  /** The last one counts. `totalTokenCount` is made when it is missing. */
  usage(usage: UsageMetadata): void
  modelVersion(name: string): void
  responseId(id: string): void
  /** The whole answer, or a stream's last chunk: finish reasons and usage. */
  end(): GenerateContentResponse
  reading(): Reading
}

/** 22 characters of base64url, as Google's are. */
const RESPONSE_ID_BYTES = 16

export function createComposer(options: ComposerOptions): Composer {
  return new ResponseComposer(options)
}

export function makeResponseId(): string {
  return randomBytes(RESPONSE_ID_BYTES).toString('base64url')
}

class ResponseComposer implements Composer {
  readonly #options: ComposerOptions
  readonly #emit: ComposerOptions['emit']
  readonly #candidates = new Map<number, CandidateParts>()
  #promptFeedback: GenerateContentResponse['promptFeedback'] | undefined
  #usage: UsageMetadata | undefined
  #modelVersion: string
  #responseId: string | undefined
  /** From then on id and version stay what they are: every chunk repeats them. */
  #isNamed = false
  #isOver = false
  #media: Media | undefined

  constructor(options: ComposerOptions) {
    this.#options = options
    this.#emit = options.isStream ? options.emit : undefined
    this.#modelVersion = options.model
    this.#responseId = options.responseId
  }

  candidate(index: number): CandidateParts {
    const known = this.#candidates.get(index)
    if (known !== undefined) return known
    const own = (this.#options.firstIndex ?? 0) + index
    const candidate = new CandidateParts({
      index: own,
      terms: this.#options,
      responseId: () => this.#id(),
      emit: this.#emit && ((part, likelihoods) => this.#pass(own, part, likelihoods)),
      onMedium: (part) => this.#measure(part),
    })
    this.#candidates.set(index, candidate)
    return candidate
  }

  blockPrompt(blockReason: string, message?: string): void {
    this.#promptFeedback = { blockReason, ...(message && { blockReasonMessage: message }) }
  }

  usage(usage: UsageMetadata): void {
    this.#usage = usage
  }

  modelVersion(name: string): void {
    if (!this.#isNamed && name !== '') this.#modelVersion = name
  }

  responseId(id: string): void {
    if (!this.#isNamed && this.#options.responseId === undefined && id !== '') this.#responseId = id
  }

  end(): GenerateContentResponse {
    this.#isNamed = true
    this.#isOver = true
    const isBlocked = this.#promptFeedback !== undefined && !this.#sorted().some(({ hasPieces }) => hasPieces)
    return {
      ...(isBlocked ? { promptFeedback: this.#promptFeedback! } : { candidates: this.#ended() }),
      ...(this.#usage !== undefined && { usageMetadata: completeUsage(this.#usage) }),
      modelVersion: this.#modelVersion,
      responseId: this.#id(),
    }
  }

  reading(): Reading {
    const usage = this.#usageSoFar()
    const searches = new Searches()
    const candidates = this.#sorted()
    searches.take(candidates.map((candidate) => candidate.grounding() as Candidate))
    return {
      usage,
      finishReason: candidates[0]?.finishReason ?? this.#promptFeedback?.blockReason,
      modelVersion: this.#modelVersion,
      ...searches.reading(usage),
      media: this.#media,
      begun: candidates.length > 0 || this.#promptFeedback !== undefined,
    }
  }

  /** Made when no provider gave one. */
  #id(): string {
    this.#responseId ??= makeResponseId()
    return this.#responseId
  }

  #ended(): Candidate[] {
    return this.#sorted().map((candidate) => candidate.end())
  }

  #sorted(): CandidateParts[] {
    return [...this.#candidates.values()].sort((one, other) => one.index - other.index)
  }

  /** A provider tells what it wrote when it is done; of an answer that broke, what was seen of it counts. */
  #usageSoFar(): UsageMetadata | undefined {
    if (this.#usage === undefined || this.#isOver) return this.#usage && completeUsage(this.#usage)
    const bytes = this.#sorted().reduce((sum, { bytesSeen }) => sum + bytesSeen, 0)
    const { candidatesTokenCount = 0, thoughtsTokenCount = 0, totalTokenCount: _, ...rest } = this.#usage
    const seen = textTokensEstimate(bytes) - thoughtsTokenCount
    return completeUsage({
      ...rest,
      thoughtsTokenCount,
      candidatesTokenCount: Math.max(candidatesTokenCount, seen),
    })
  }

  #measure(part: Part): void {
    const media = mediaOf({ candidates: [{ content: { parts: [part] } }] })
    this.#media = this.#media === undefined ? media : addMedia(this.#media, media)
  }

  #pass(index: number, part: Part, likelihoods: Partial<Candidate> | undefined): void {
    this.#isNamed = true
    this.#emit!({
      candidates: [{ content: { parts: [part], role: 'model' }, index, ...likelihoods }],
      modelVersion: this.#modelVersion,
      responseId: this.#id(),
    })
  }
}
