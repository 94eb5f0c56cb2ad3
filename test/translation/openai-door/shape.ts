/**
 * What OpenAI documents of its answers, as far as its clients rely on it. Source: the types of its client for JavaScript
 * (`ChatCompletion`, `ChatCompletionChunk`, `CompletionUsage`, `CreateEmbeddingResponse`, `ImagesResponse`).
 */
import assert from 'node:assert/strict'

// biome-ignore lint/suspicious/noExplicitAny: what came is looked at member by member.
type Any = any

const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call']

export function isChatCompletion(answer: Any): void {
  isFramed(answer, 'chat.completion')
  for (const choice of answer.choices) {
    isChoice(choice)
    assert.ok(FINISH_REASONS.includes(choice.finish_reason))
    const { role, content, refusal, tool_calls: calls, audio, annotations = [] } = choice.message
    assert.equal(role, 'assistant')
    isTextOrNull(content)
    isTextOrNull(refusal)
    if (calls !== undefined) for (const call of calls) isCall(call)
    if (audio !== undefined) isSound(audio)
    for (const annotation of annotations) isCitation(annotation)
  }
  if (answer.usage !== undefined) isUsage(answer.usage)
}

export function isChunk(event: Any): void {
  isFramed(event, 'chat.completion.chunk')
  for (const choice of event.choices) {
    isChoice(choice)
    assert.ok(choice.finish_reason === null || FINISH_REASONS.includes(choice.finish_reason))
    const { role = 'assistant', content = '', tool_calls: calls = [] } = choice.delta
    assert.equal(role, 'assistant')
    isTextOrNull(content)
    for (const call of calls) {
      assert.ok(Number.isInteger(call.index))
      isCall(call)
    }
  }
  if (event.usage !== undefined && event.usage !== null) isUsage(event.usage)
}

function isFramed(answer: Any, object: string): void {
  assert.match(answer.id, /^chatcmpl-\S+$/)
  assert.equal(answer.object, object)
  assert.ok(Number.isInteger(answer.created) && answer.created > 1_700_000_000)
  assert.equal(typeof answer.model, 'string')
  assert.ok(Array.isArray(answer.choices))
}

function isChoice({ index, logprobs }: Any): void {
  assert.ok(Number.isInteger(index))
  if (logprobs === null) return
  for (const token of logprobs.content) {
    for (const one of [token, ...token.top_logprobs]) {
      assert.equal(typeof one.token, 'string')
      assert.equal(typeof one.logprob, 'number')
      assert.equal(Buffer.from(one.bytes).toString(), one.token)
    }
  }
}

function isTextOrNull(value: unknown): void {
  assert.ok(value === null || typeof value === 'string')
}

function isCall({ id, type, function: called }: Any): void {
  assert.match(id, /^\S+$/)
  assert.equal(type, 'function')
  assert.equal(typeof called.name, 'string')
  assert.equal(typeof JSON.parse(called.arguments), 'object')
}

function isSound({ id, data, expires_at: expires, transcript }: Any): void {
  assert.match(id, /^\S+$/)
  assert.match(data, /^[A-Za-z0-9+/]+=*$/)
  assert.ok(Number.isInteger(expires))
  assert.equal(typeof transcript, 'string')
}

function isCitation({ type, url_citation: cited }: Any): void {
  assert.equal(type, 'url_citation')
  assert.ok(cited.start_index <= cited.end_index)
  assert.match(cited.url, /^https?:/)
  assert.equal(typeof cited.title, 'string')
}

function isUsage(usage: Any): void {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage
  for (const count of [prompt, completion, total]) assert.ok(Number.isInteger(count))
  assert.ok(usage.prompt_tokens_details.cached_tokens <= prompt)
  assert.ok(usage.completion_tokens_details.reasoning_tokens <= completion)
}
