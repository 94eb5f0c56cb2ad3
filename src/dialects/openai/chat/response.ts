/** Gemini's answer as a chat completion. */
import type { Candidate, GenerateContentResponse } from '../../../wire/gemini.ts'
import type { Asked } from '../asked.ts'
import { finishReasonOf, isPlain, refusalOf } from '../finish.ts'
import { choiceLogprobsOf } from '../logprobs.ts'
import { chatUsageOf } from '../usage.ts'
import type { Json } from '../values.ts'
import { CandidateReader } from './delta.ts'

/** What a whole answer and each event of a stream begin with. */
export function frameOf(asked: Asked, response: GenerateContentResponse, object: string): Json {
  return {
    id: `chatcmpl-${response.responseId ?? asked.id}`,
    object,
    created: asked.createdAt,
    model: response.modelVersion ?? asked.model,
  }
}

export function completionOf(response: GenerateContentResponse, asked: Asked): Json {
  const candidates = response.candidates ?? []
  return {
    ...frameOf(asked, response, 'chat.completion'),
    choices:
      candidates.length > 0 ? candidates.map((one, at) => choiceOf(one, at, asked)) : [blocked(response)],
    ...(response.usageMetadata !== undefined && { usage: chatUsageOf(response.usageMetadata) }),
  }
}

function choiceOf(candidate: Candidate, position: number, asked: Asked): Json {
  const { index = position, finishReason = 'STOP' } = candidate
  const reader = new CandidateReader(asked, index)
  const { content = null, tool_calls: calls, ...others } = reader.read({ ...candidate, finishReason })
  return {
    index,
    message: {
      role: 'assistant',
      content: content ?? (calls === undefined ? '' : null),
      refusal: null,
      // Where they stand in the list says which is which.
      ...(Array.isArray(calls) && { tool_calls: calls.map(({ index: _, ...call }) => call) }),
      ...others,
    },
    logprobs: choiceLogprobsOf(candidate) ?? null,
    ...endOf(finishReason, reader.hasCalls),
  }
}

/** How a choice ended; Gemini's own word beside it where OpenAI's says less. */
export function endOf(reason: string, hasCalls: boolean): Json {
  return {
    finish_reason: finishReasonOf(reason, hasCalls),
    ...(!isPlain(reason) && { extra_content: { google: { finish_reason: reason } } }),
  }
}

/** The prompt was refused: the only choice says so. */
export function blocked({ promptFeedback }: GenerateContentResponse): Json & { readonly message: Json } {
  const reason = promptFeedback?.blockReason ?? 'OTHER'
  return {
    index: 0,
    message: { role: 'assistant', content: null, refusal: refusalOf(reason) },
    logprobs: null,
    finish_reason: 'content_filter',
    extra_content: { google: { prompt_feedback: promptFeedback ?? {} } },
  }
}
