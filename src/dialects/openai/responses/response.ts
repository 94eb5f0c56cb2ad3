/** Gemini's answer as a response object. */
import type { Candidate, GenerateContentResponse } from '../../../wire/gemini.ts'
import { metadataOf } from '../answer-metadata.ts'
import type { Asked } from '../asked.ts'
import { finishReasonOf, isPlain, refusalOf } from '../finish.ts'
import { responseUsageOf } from '../usage.ts'
import { isObject, type Json } from '../values.ts'
import { SIGNATURES } from './config.ts'
import type { Emit } from './emit.ts'
import { keep } from './keep.ts'
import { Output } from './output.ts'

/** Part of every id that this answer gives away. */
export function uniqueOf({ id }: Pick<Asked, 'id'>): string {
  return id.replaceAll('-', '')
}

export function outputOf(asked: Asked, emit: Emit): Output {
  const { include } = asked.document()
  const showsSignatures = Array.isArray(include) && include.includes(SIGNATURES)
  return new Output({ unique: uniqueOf(asked), showsSignatures, emit })
}

export function wholeOf(response: GenerateContentResponse, asked: Asked): Promise<Json> {
  const output = outputOf(asked, () => undefined)
  const [candidate] = response.candidates ?? []
  if (candidate !== undefined) output.read(candidate)
  return finish(response, candidate ?? {}, output, asked)
}

/** Ends the output, and keeps the answer where that was asked for. `candidate`: what was said last of each member. */
export function finish(
  response: GenerateContentResponse,
  candidate: Candidate,
  output: Output,
  asked: Asked,
): Promise<Json> {
  const isBlocked = (response.candidates ?? []).length === 0 && candidate.content === undefined
  if (isBlocked) output.refuse(refusalOf(response.promptFeedback?.blockReason ?? 'OTHER'))
  const reason = isBlocked ? 'SAFETY' : (candidate.finishReason ?? 'STOP')
  const cut = CUTS[finishReasonOf(reason, false)]
  output.end(cut === undefined ? 'completed' : 'incomplete')
  const { usageMetadata } = response
  const google = {
    ...(!isBlocked && !isPlain(reason) && { finish_reason: reason }),
    ...(isBlocked && { prompt_feedback: response.promptFeedback ?? {} }),
    ...(output.rest.length > 0 && { parts: output.rest }),
    ...metadataOf(candidate),
  }
  const document = {
    ...frameOf(asked, response),
    status: cut === undefined ? 'completed' : 'incomplete',
    completed_at: cut === undefined ? Math.floor(Date.now() / 1_000) : null,
    incomplete_details: cut === undefined ? null : { reason: cut },
    output: output.items,
    ...(usageMetadata !== undefined && { usage: responseUsageOf(usageMetadata) }),
    ...(Object.keys(google).length > 0 && { extra_content: { google } }),
  }
  return keep(document, output.kept, asked)
}

const CUTS: Readonly<Record<string, string | undefined>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

/** What every state of the response has, the request's own members among them. */
export function frameOf(asked: Asked, response: GenerateContentResponse): Json {
  const request = asked.document()
  const given = (name: string, otherwise: unknown = null) => request[name] ?? otherwise
  const { effort = null, summary = null } = isObject(request.reasoning) ? request.reasoning : {}
  return {
    id: `resp_${uniqueOf(asked)}`,
    object: 'response',
    created_at: asked.createdAt,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: given('instructions'),
    max_output_tokens: given('max_output_tokens'),
    max_tool_calls: given('max_tool_calls'),
    model: response.modelVersion ?? asked.model,
    output: [],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given('previous_response_id'),
    prompt_cache_key: given('prompt_cache_key'),
    reasoning: { effort, summary },
    safety_identifier: given('safety_identifier'),
    service_tier: given('service_tier', 'default'),
    store: given('store', true),
    temperature: given('temperature', 1),
    text: { format: { type: 'text' }, ...(isObject(request.text) ? request.text : {}) },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: given('top_logprobs', 0),
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: null,
    user: given('user'),
    metadata: given('metadata', {}),
  }
}
