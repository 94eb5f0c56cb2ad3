/**
 * A pretended Anthropic: Messages, the count of tokens and the list of models. It refuses what the real one refuses, in
 * its words, and answers by the rules of `provider-mind.ts`.
 *
 *   node test/servers/anthropic-server.ts [--port 0]
 *
 * prints `{"port":…}` when it is ready and exits when its standard input ends. The key is `anthropic-key`.
 */
import { createSigner, replyToMessages, type Voice } from './anthropic-server-answer.ts'
import { AnthropicRefusal, invalid } from './anthropic-server-errors.ts'
import { ANTHROPIC_MODELS } from './anthropic-server-models.ts'
import { readMessages } from './anthropic-server-rules.ts'
import { COUNT_REQUEST, MESSAGES_REQUEST } from './anthropic-server-shape.ts'
import { tokensOf } from './provider-mind.ts'
import { type Asked, type Provider, type Reply, serveProvider, serveWhenStarted } from './provider-server.ts'
import { isJson } from './provider-shape.ts'

export const ANTHROPIC_KEY = 'anthropic-key'
const VERSION = '2023-06-01'
/** So that a list has more than one page. */
const PAGE_MODELS_MAX = 3

export function startAnthropic(port = 0): Promise<Provider> {
  const voice: Voice = { signer: createSigner(), cache: new Set() }
  return serveProvider((asked) => {
    try {
      return answer(asked, voice)
    } catch (error) {
      if (error instanceof AnthropicRefusal) return error.reply()
      throw error
    }
  }, port)
}

function answer({ method, path, headers, body, query }: Asked, voice: Voice): Reply {
  if (headers['x-api-key'] !== ANTHROPIC_KEY) throw new AnthropicRefusal('invalid x-api-key', 401)
  if (headers['anthropic-version'] === undefined) throw invalid('anthropic-version', 'header is required')
  if (headers['anthropic-version'] !== VERSION)
    throw invalid('anthropic-version', `"${headers['anthropic-version']}" is not a valid version`)
  if (method === 'GET' && path === '/v1/models') return models(query)
  if (method === 'POST') {
    if (!isJson(body)) throw new AnthropicRefusal('The request body is not valid JSON')
    if (path === '/v1/messages') {
      const model = readMessages(body, MESSAGES_REQUEST, voice.signer)
      return replyToMessages(body, model, voice)
    }
    if (path === '/v1/messages/count_tokens') {
      readMessages(body, COUNT_REQUEST, voice.signer)
      const tokens = tokensOf(body.messages) + tokensOf(body.system) + tokensOf(body.tools)
      return { status: 200, json: { input_tokens: tokens } }
    }
  }
  throw new AnthropicRefusal(`${method} ${path}`, 404)
}

function models(query: URLSearchParams): Reply {
  const all = [...ANTHROPIC_MODELS.values()].map(({ id, maxTokens }) => ({
    type: 'model',
    id,
    display_name: id,
    created_at: '2026-04-14T00:00:00Z',
    max_input_tokens: 200_000,
    max_tokens: maxTokens,
  }))
  const after = query.get('after_id')
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const limit = Math.min(PAGE_MODELS_MAX, Number(query.get('limit') ?? PAGE_MODELS_MAX))
  const data = all.slice(start, start + limit)
  const has_more = start + limit < all.length
  return {
    status: 200,
    json: { data, has_more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null },
  }
}

await serveWhenStarted(import.meta.url, startAnthropic)
