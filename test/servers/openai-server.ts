/**
 * A pretended OpenAI: Chat Completions, Responses, embeddings and the list of models. It refuses what the real one
 * refuses, in its words, and answers by the rules of `provider-mind.ts`.
 *
 *   node test/servers/openai-server.ts [--port 0]
 *
 * prints `{"port":…}` when it is ready and exits when its standard input ends. The key is `openai-key`.
 */
import { createHash } from 'node:crypto'
import { readChat } from './openai-server-chat.ts'
import { failure, replyToChat } from './openai-server-chat-answer.ts'
import { TOKENIZE } from './openai-server-chat-shape.ts'
import { checked, invalid, OpenAiRefusal } from './openai-server-errors.ts'
import { EMBEDDING_MODEL, modelOf, OPENAI_MODELS } from './openai-server-models.ts'
import { createResponses, type Responses } from './openai-server-responses.ts'
import { mishapOf, tokensOf } from './provider-mind.ts'
import { type Asked, type Provider, type Reply, serveProvider, serveWhenStarted } from './provider-server.ts'
import { integer, isJson, type Json, list, object, text, textOr, word } from './provider-shape.ts'

export const OPENAI_KEY = 'openai-key'

export function startOpenAi(port = 0): Promise<Provider> {
  const responses = createResponses()
  return serveProvider((asked) => {
    try {
      return answer(asked, responses)
    } catch (error) {
      if (error instanceof OpenAiRefusal) return error.reply()
      throw error
    }
  }, port)
}

function answer(asked: Asked, responses: Responses): Reply {
  const { method, path, headers, body } = asked
  if (headers.authorization !== `Bearer ${OPENAI_KEY}`) {
    throw new OpenAiRefusal('Incorrect API key provided. You can find your API key in your account.', {
      status: 401,
      code: 'invalid_api_key',
    })
  }
  if (method === 'GET' && path === '/v1/models') return models()
  if (method === 'POST') {
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      throw new OpenAiRefusal(
        'Unsupported content type. This API method only accepts application/json requests.',
        {
          status: 415,
        },
      )
    if (!isJson(body)) throw new OpenAiRefusal('We could not parse the JSON body of your request.')
    if (path === '/v1/chat/completions') {
      const { document, model } = readChat(body)
      return replyToChat(document, model)
    }
    if (path === '/tokenize') return tokenize(body)
    if (path === '/v1/responses') return responses.reply(body)
    if (path === '/v1/responses/input_tokens') return responses.count(body)
    if (path === '/v1/embeddings') return embeddings(body)
  }
  throw new OpenAiRefusal(`Invalid URL (${method} ${path})`, { status: 404 })
}

/** Of a local server alone, and not below `/v1`. */
function tokenize(body: Json): Reply {
  if (!modelOf(body.model).isCompatible)
    throw new OpenAiRefusal('Invalid URL (POST /tokenize)', { status: 404 })
  checked(() => TOKENIZE(body, []))
  const count = tokensOf(body.messages)
  return {
    status: 200,
    json: { count, max_model_len: 32_768, tokens: Array.from({ length: count }, (_, id) => id) },
  }
}

function models(): Reply {
  const ids = [...OPENAI_MODELS.keys(), EMBEDDING_MODEL]
  const data = ids.map((id) => ({ id, object: 'model', created: 1_780_000_000, owned_by: 'system' }))
  return { status: 200, json: { object: 'list', data } }
}

const EMBEDDINGS = object(
  { model: text(), input: textOr(list(text({ min: 1 }), { min: 1, max: 2_048 })) },
  {
    dimensions: integer({ min: 1, max: 1_536 }),
    encoding_format: word('float', 'base64'),
    user: text(),
  },
)
const DIMENSIONS = 1_536

function embeddings(body: Json): Reply {
  checked(() => EMBEDDINGS(body, []))
  if (body.model !== EMBEDDING_MODEL)
    throw new OpenAiRefusal(
      `The model \`${String(body.model)}\` does not exist or you do not have access to it.`,
      {
        status: 404,
        code: 'model_not_found',
      },
    )
  const texts = typeof body.input === 'string' ? [body.input] : (body.input as readonly string[])
  if (texts.some((one) => one === ''))
    throw invalid('input', "Invalid 'input': input cannot be an empty string.")
  const { status } = mishapOf(texts.join(' '))
  if (status !== undefined) return failure(status)
  const data = texts.map((one, index) => ({
    object: 'embedding',
    index,
    embedding: vectorOf(one, Number(body.dimensions ?? DIMENSIONS), body.encoding_format === 'base64'),
  }))
  const tokens = texts.reduce((sum, one) => sum + tokensOf(one), 0)
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  // Not in order: the index says whose each is.
  return { status: 200, json: { object: 'list', data: data.reverse(), model: body.model, usage } }
}

/** The same text has the same vector, of length 1. */
function vectorOf(value: string, dimensions: number, isBase64: boolean): unknown {
  const bytes = createHash('sha256').update(value).digest()
  const raw = Array.from({ length: dimensions }, (_, index) => bytes[index % bytes.length]! / 255 - 0.5)
  const norm = Math.hypot(...raw)
  const vector = Float32Array.from(raw, (one) => one / norm)
  return isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
}

await serveWhenStarted(import.meta.url, startOpenAi)
