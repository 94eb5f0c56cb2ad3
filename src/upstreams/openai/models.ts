/** What a vendor offers, read from its own list. */
import { GatewayError } from '../../errors.ts'
import type { Model } from '../../wire/gemini.ts'
import { messageOf } from './errors.ts'
import { isObject, type Json, numberOf, objectOf, objectsOf, textOf } from './responses/json.ts'

const GENERATES = ['generateContent', 'streamGenerateContent', 'countTokens']
const EMBEDS = ['embedContent', 'batchEmbedContents']

const EMBEDDING_IDS = /embed|(?:^|[/-])(?:bge|gte|e5)-/i
/** Models of other endpoints: nothing of ours can ask them. */
const OTHER_IDS =
  /whisper|(?:^|-)tts(?:-|$)|transcribe|dall-e|(?:^|-)image(?:-|$)|realtime|moderation|sora|rerank|guard(?:-|$)|(?:^|\/)(?:davinci|babbage)/i

/** Throws `upstream_unavailable` or `upstream_refused_credential` for what is no list. */
export function modelsOf(name: string, status: number, body: unknown): Model[] {
  const list = Array.isArray(body) ? body : objectOf(body).data
  if (status !== 200 || !Array.isArray(list)) {
    const code = status === 401 || status === 403 ? 'upstream_refused_credential' : 'upstream_unavailable'
    const hint = `${name}: the list of models answered ${status}: ${messageOf(body) || 'no error text'}`
    throw new GatewayError(code, `The upstream ${name} could not list its models.`, { hint })
  }
  return objectsOf(list).flatMap((entry) => modelOf(entry) ?? [])
}

function modelOf(entry: Json): Model | undefined {
  const id = textOf(entry.id)
  if (id === undefined || id === '') return undefined
  const methods = methodsOf(id, entry)
  if (methods === undefined) return undefined
  const description = textOf(entry.description)
  const inputTokenLimit = inputLimitOf(entry)
  const outputTokenLimit = outputLimitOf(entry)
  return {
    name: `models/${id}`,
    displayName: textOf(entry.display_name) ?? textOf(entry.name) ?? id,
    ...(description !== undefined && description !== '' && { description }),
    ...(inputTokenLimit !== undefined && { inputTokenLimit }),
    ...(outputTokenLimit !== undefined && { outputTokenLimit }),
    supportedGenerationMethods: methods,
  }
}

/** Undefined: it is none that can be asked through Gemini's API. */
function methodsOf(id: string, entry: Json): string[] | undefined {
  if (entry.type === 'embedding' || EMBEDDING_IDS.test(id)) return EMBEDS
  const chats = objectOf(entry.capabilities).completion_chat
  if (chats === false) return undefined
  const outputs = objectOf(entry.architecture).output_modalities
  if (Array.isArray(outputs) && !outputs.includes('text')) return undefined
  const isOther = typeof entry.type === 'string' && !/chat|language|code|llm|vlm|model|text/i.test(entry.type)
  if (chats !== true && (isOther || OTHER_IDS.test(id))) return undefined
  return GENERATES
}

/** Each server has its own word for it. */
function inputLimitOf(entry: Json): number | undefined {
  const meta = isObject(entry.meta) ? entry.meta : {}
  return limit(
    entry.context_length,
    entry.context_window,
    entry.max_model_len,
    entry.max_context_length,
    entry.max_input_tokens,
    objectOf(entry.top_provider).context_length,
    meta.n_ctx,
    meta.n_ctx_train,
  )
}

function outputLimitOf(entry: Json): number | undefined {
  return limit(
    entry.max_completion_tokens,
    entry.max_output_tokens,
    objectOf(entry.top_provider).max_completion_tokens,
  )
}

function limit(...values: readonly unknown[]): number | undefined {
  return values.map(numberOf).find((value) => value !== undefined && value > 0)
}
