/** Gemini's token counts in OpenAI's classes. */
import type { UsageMetadata } from '../../wire/gemini.ts'

/** What both of OpenAI's forms of usage are made of. */
export interface Counts {
  readonly input: number
  readonly output: number
  readonly total: number
  readonly cached: number
  readonly reasoning: number
  readonly inputAudio: number
  readonly outputAudio: number
}

/** What tools put into the prompt is paid for like the prompt, and thoughts like the answer. */
export function countsOf(usage: UsageMetadata): Counts {
  const input = (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0)
  const reasoning = usage.thoughtsTokenCount ?? 0
  const output = (usage.candidatesTokenCount ?? 0) + reasoning
  return {
    input,
    output,
    total: usage.totalTokenCount ?? input + output,
    cached: usage.cachedContentTokenCount ?? 0,
    reasoning,
    inputAudio: audioIn(usage.promptTokensDetails),
    outputAudio: audioIn(usage.candidatesTokensDetails),
  }
}

function audioIn(details: unknown): number {
  if (!Array.isArray(details)) return 0
  const counts = details.filter((detail) => detail?.modality === 'AUDIO')
  return counts.reduce((sum, { tokenCount }) => sum + (Number(tokenCount) || 0), 0)
}

/** Of chat completions. */
export function chatUsageOf(usage: UsageMetadata): object {
  const { input, output, total, cached, reasoning, inputAudio, outputAudio } = countsOf(usage)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: inputAudio },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: outputAudio,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Of responses. */
export function responseUsageOf(usage: UsageMetadata): object {
  const { input, output, total, cached, reasoning } = countsOf(usage)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: total,
  }
}
