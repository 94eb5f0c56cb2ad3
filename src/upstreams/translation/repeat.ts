/** Several candidates of a target that gives one at a time: as many requests at once, and one answer. */
import { promptTokensEstimate, textTokensEstimate } from '../../nouns/estimate.ts'
import type { Answer, Call, Chunk, Reading, Sink, Source } from '../../nouns.ts'
import type { Candidate, GenerateContentResponse, UsageMetadata } from '../../wire/gemini.ts'
import { type Sent, sumReadings } from './answers.ts'
import { sumUsages } from './usage.ts'

/** What Google allows. */
export const CANDIDATES_MAX = 8

/** A request was refused: that is the answer to all of them. */
class Refused extends Error {
  readonly index: number
  readonly answer: Answer

  constructor(index: number, answer: Answer) {
    super('refused')
    this.index = index
    this.answer = answer
  }
}

/**
 * Resolves when each of them has begun; rejects, or resolves to the refusal, when the first of them comes to nothing, and
 * gives up the others. `send` is told which candidate it is for; each answer has that one only.
 */
export async function sendRepeated(
  call: Pick<Call, 'delivery' | 'facts'>,
  count: number,
  send: (index: number) => Sent,
): Promise<Answer> {
  const sents: Sent[] = []
  try {
    for (let index = 0; index < count; index++) sents.push(send(index))
    const begun = sents.map(({ answer }, index) => answer.then((come) => heldBack(come, index)))
    return joined(call, await Promise.all(begun))
  } catch (error) {
    const refused = error instanceof Refused ? error : undefined
    sents.forEach((sent, index) => {
      if (index === refused?.index) return
      sent.cancel()
      // What becomes of it is nobody's business any more.
      sent.answer.catch(() => undefined)
    })
    if (refused === undefined) throw error
    return refused.answer
  }
}

/** Nobody reads it before the others have begun, so it waits for them. */
function heldBack(answer: Answer, index: number): Answer {
  if (answer.status >= 400) throw new Refused(index, answer)
  if (answer.delivery !== 'unary') answer.source.pause()
  return answer
}

function joined(call: Pick<Call, 'delivery' | 'facts'>, answers: readonly Answer[]): Answer {
  const source = new JoinedSource(call, answers)
  return {
    ...(answers[0] as Answer),
    // One that is empty beside others says that there is no more.
    retryable: false,
    source,
    reading: () => source.reading(),
    firstByteMs: Math.min(...answers.map(({ firstByteMs }) => firstByteMs)),
  }
}

/** Pieces as they come; what is last of each but the last of all goes without its usage. */
class JoinedSource implements Source {
  readonly #call: Pick<Call, 'delivery' | 'facts'>
  readonly #answers: readonly Answer[]
  readonly #lasts: (GenerateContentResponse | undefined)[] = []
  /** Characters of text that passed, by answer. */
  readonly #seen: number[]
  #open: number
  #sink: Sink | undefined

  constructor(call: Pick<Call, 'delivery' | 'facts'>, answers: readonly Answer[]) {
    this.#call = call
    this.#answers = answers
    this.#open = answers.length
    this.#seen = answers.map(() => 0)
  }

  start(sink: Sink): void {
    this.#sink = sink
    this.#answers.forEach(({ source }, index) => {
      source.start({
        weigh: (chunk) => this.#sink?.weigh(chunk) ?? 0,
        chunk: (chunk) => this.#pass(index, chunk),
        end: (last) => this.#end(index, last?.response ?? {}),
        fail: (error) => this.#fail(error),
      })
    })
    this.resume()
  }

  pause(): void {
    for (const { source } of this.#answers) source.pause()
  }

  resume(): void {
    for (const { source } of this.#answers) source.resume()
  }

  cancel(): void {
    this.#sink = undefined
    for (const { source } of this.#answers) source.cancel()
  }

  reading(): Reading {
    return sumReadings(this.#answers.map((answer, index) => this.#readingOf(answer.reading(), index)))
  }

  #pass(index: number, chunk: Chunk): void {
    this.#seen[index] = (this.#seen[index] as number) + charactersOf(chunk.response)
    this.#sink?.chunk(chunk)
  }

  #end(index: number, last: GenerateContentResponse): void {
    this.#lasts[index] = last
    this.#open--
    const sink = this.#sink
    if (this.#call.delivery === 'unary') {
      if (this.#open === 0) sink?.end({ response: this.#whole() })
      return
    }
    if (this.#open > 0) {
      const { usageMetadata: _, ...rest } = asCandidate(last, index)
      sink?.chunk({ response: rest })
    } else sink?.end({ response: withUsage(asCandidate(last, index), this.#usage()) })
  }

  /** One candidate of several would be missing, and nobody could tell. */
  #fail(error: Error): void {
    const sink = this.#sink
    this.cancel()
    sink?.fail(error)
  }

  #whole(): GenerateContentResponse {
    const lasts = this.#lasts as GenerateContentResponse[]
    const first = lasts[0] as GenerateContentResponse
    const areBlocked = lasts.every(({ promptFeedback }) => promptFeedback !== undefined)
    if (areBlocked) return withUsage(first, this.#usage())
    const { promptFeedback: _, ...rest } = first
    const candidates = lasts.flatMap((last, index) => asCandidate(last, index).candidates ?? [])
    return withUsage({ ...rest, candidates }, this.#usage())
  }

  #usage(): UsageMetadata | undefined {
    return sumUsages(this.#lasts.map((last) => last?.usageMetadata))
  }

  /** One that broke before it told its usage was paid for as well as those that did. */
  #readingOf(reading: Reading, index: number): Reading {
    if (reading.usage !== undefined || !reading.begun) return reading
    const promptTokenCount = promptTokensEstimate(this.#call.facts)
    const candidatesTokenCount = Math.max(1, textTokensEstimate(this.#seen[index] as number))
    const totalTokenCount = promptTokenCount + candidatesTokenCount
    return { ...reading, usage: { promptTokenCount, candidatesTokenCount, totalTokenCount } }
  }
}

/** Google has no answer of which one candidate is a blocked prompt. */
function asCandidate(response: GenerateContentResponse, index: number): GenerateContentResponse {
  if (response.promptFeedback === undefined) return response
  const { promptFeedback: _, ...rest } = response
  const blocked: Candidate = { content: { role: 'model' }, finishReason: 'SAFETY', index }
  return { ...rest, candidates: [blocked] }
}

function withUsage(
  { usageMetadata: _, ...response }: GenerateContentResponse,
  usage: UsageMetadata | undefined,
): GenerateContentResponse {
  const { candidates, promptFeedback, ...rest } = response
  return {
    ...(candidates !== undefined && { candidates }),
    ...(promptFeedback !== undefined && { promptFeedback }),
    ...(usage !== undefined && { usageMetadata: usage }),
    ...rest,
  }
}

function charactersOf(response: GenerateContentResponse | undefined): number {
  const parts = response?.candidates?.flatMap(({ content }) => content?.parts ?? []) ?? []
  return parts.reduce((sum, { text = '' }) => sum + text.length, 0)
}
