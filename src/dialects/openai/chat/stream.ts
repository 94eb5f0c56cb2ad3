/** Gemini's chunks as the events of a chat completion. */
import type { GenerateContentResponse, UsageMetadata } from '../../../wire/gemini.ts'
import type { Asked } from '../asked.ts'
import type { EventWriter } from '../endpoint.ts'
import { chatUsageOf } from '../usage.ts'
import type { Json } from '../values.ts'
import { CandidateReader } from './delta.ts'
import { blocked, endOf, frameOf, logprobsOf } from './response.ts'

const OBJECT = 'chat.completion.chunk'

interface Choice {
  readonly reader: CandidateReader
  /** Told at the end only: what comes after it would not be read. */
  finishReason: string
}

/** One event of OpenAI's for each candidate of a chunk; the end of all choices, the usage and `[DONE]` at the end. */
export function chatEvents(asked: Asked): EventWriter {
  const choices = new Map<number, Choice>()
  let first: GenerateContentResponse | undefined
  let usage: UsageMetadata | undefined
  let feedback: GenerateContentResponse = {}
  // With the usage asked for, every event has the member, and the last one alone a value.
  const event = (chosen: readonly Json[], own: object = asked.includesUsage ? { usage: null } : {}) =>
    `data: ${JSON.stringify({ ...frameOf(asked, first ?? {}, OBJECT), choices: chosen, ...own })}\n\n`

  function chunk(response: GenerateContentResponse): string {
    first ??= response
    usage = response.usageMetadata ?? usage
    if (response.promptFeedback !== undefined) feedback = response
    return (response.candidates ?? [])
      .map((candidate, position) => {
        const { index = position } = candidate
        const known = choices.get(index)
        const choice = known ?? { reader: new CandidateReader(asked, index), finishReason: 'STOP' }
        if (known === undefined) choices.set(index, choice)
        choice.finishReason = candidate.finishReason ?? choice.finishReason
        const said = choice.reader.read(candidate)
        const logprobs = logprobsOf(candidate)
        if (known !== undefined && Object.keys(said).length === 0 && logprobs === undefined) return ''
        const content = said.tool_calls === undefined ? '' : null
        const delta = known === undefined ? { role: 'assistant', content, ...said } : said
        return event([{ index, delta, logprobs: logprobs ?? null, finish_reason: null }])
      })
      .join('')
  }

  function ends(): string {
    if (choices.size === 0) {
      const { message, ...choice } = blocked(feedback)
      return event([{ ...choice, delta: message }])
    }
    return [...choices]
      .map(([index, { reader, finishReason }]) =>
        event([{ index, delta: {}, logprobs: null, ...endOf(finishReason, reader.hasCalls) }]),
      )
      .join('')
  }

  function end(): string {
    const last = asked.includesUsage
      ? event([], { usage: usage === undefined ? null : chatUsageOf(usage) })
      : ''
    return `${ends()}${last}data: [DONE]\n\n`
  }

  return { chunk, end, fail: (error) => `data: ${JSON.stringify({ error })}\n\n` }
}
