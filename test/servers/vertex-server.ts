/**
 * A pretended Vertex AI with the token server that it trusts. It refuses what the real one refuses, in its words, and
 * answers by the rules of `provider-mind.ts`.
 *
 *   node test/servers/vertex-server.ts [--port 0]
 *
 * prints `{"port":…}` when it is ready and exits when its standard input ends. `GET /credentials` is a credentials file
 * of a workload identity that gets its tokens here; `vertex-express-key` is an express key.
 */
import { randomBytes } from 'node:crypto'
import { digest, tokensOf } from './provider-mind.ts'
import { type Asked, type Provider, type Reply, serveProvider, serveWhenStarted } from './provider-server.ts'
import { isJson, type Json } from './provider-shape.ts'
import { createSigner, replyToGenerate, type Signer } from './vertex-server-answer.ts'
import { checked, VertexRefusal } from './vertex-server-errors.ts'
import { readGenerate } from './vertex-server-rules.ts'
import { COUNT, EMBED, PREDICT } from './vertex-server-shape.ts'

export const EXPRESS_KEY = 'vertex-express-key'
const MODELS = ['gemini-2.5-flash', 'gemini-3-flash-preview', 'gemini-3.1-pro-preview']
const EMBEDDING_MODELS = ['gemini-embedding-001', 'text-embedding-005', 'gemini-embedding-2']
/** Tokens that are valid; older ones are forgotten first. */
const TOKENS_MAX = 1_000

interface State {
  readonly tokens: Set<string>
  readonly signer: Signer
}

export function startVertex(port = 0): Promise<Provider> {
  const state: State = { tokens: new Set(), signer: createSigner() }
  return serveProvider((asked) => {
    try {
      return answer(asked, state)
    } catch (error) {
      if (error instanceof VertexRefusal) return error.reply()
      throw error
    }
  }, port)
}

function answer(asked: Asked, state: State): Reply {
  const { method, path, origin } = asked
  if (path === '/credentials') return { status: 200, json: credentialsOf(origin) }
  if (path === '/subject') return { status: 200, headers: { 'content-type': 'text/plain' }, text: SUBJECT }
  if (path === '/token') return token(asked, state)
  const isExpress = authorize(asked, state)
  if (method === 'GET' && /^\/v1(?:beta1)?\/publishers\/google\/models$/.test(path)) return models()
  const route =
    /^\/v1(?:beta1)?(\/projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]\/locations\/[a-z0-9-]+)?\/publishers\/google\/models\/([A-Za-z0-9._-]+):(\w+)$/.exec(
      path,
    )
  if (method !== 'POST' || !route) return notFound(path)
  const [, place, model = '', verb = ''] = route
  if ((place === undefined) !== isExpress) return notFound(path)
  return generate(asked, { model, verb, place: place ?? '' }, state)
}

/** Google's front end has a page for what it does not know. */
function notFound(path: string): Reply {
  return {
    status: 404,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    text: `<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>The requested URL <code>${path}</code> was not found on this server.`,
  }
}

const SUBJECT = 'a-subject-token-of-the-workload'
const AUDIENCE = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/tests'

function credentialsOf(origin: string): Json {
  return {
    type: 'external_account',
    audience: AUDIENCE,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${origin}/token`,
    credential_source: { url: `${origin}/subject`, format: { type: 'text' } },
  }
}

function token({ body }: Asked, { tokens }: State): Reply {
  const form = new URLSearchParams(String(body))
  if (form.get('subject_token') !== SUBJECT || form.get('audience') !== AUDIENCE)
    return { status: 400, json: { error: 'invalid_grant', error_description: 'The subject is not known.' } }
  if (!form.get('scope')?.includes('https://www.googleapis.com/auth/cloud-platform'))
    return { status: 400, json: { error: 'invalid_scope' } }
  const made = `ya29.${randomBytes(24).toString('base64url')}`
  if (tokens.size >= TOKENS_MAX) tokens.clear()
  tokens.add(made)
  return {
    status: 200,
    json: {
      access_token: made,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3_600,
    },
  }
}

/** Whether it came with an express key. */
function authorize({ headers, query }: Asked, { tokens }: State): boolean {
  if ((headers['x-goog-api-key'] ?? query.get('key')) === EXPRESS_KEY) return true
  const [, bearer = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
  if (tokens.has(bearer)) return false
  throw new VertexRefusal(
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    401,
  )
}

/** Members whose keys are not Google's. */
const FREE = [
  'args',
  'response',
  'labels',
  'default',
  'example',
  'parametersJsonSchema',
  'responseJsonSchema',
]
/** Members whose keys are names, with messages below them. */
const NAMED = ['properties', 'defs']

/** Google takes the names of its own fields in either spelling. */
function camelCased(value: unknown, isNamed = false): unknown {
  if (Array.isArray(value)) return value.map((item) => camelCased(item))
  if (!isJson(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const key = isNamed ? name : name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
      const isFree = !isNamed && FREE.includes(key)
      return [key, isFree ? inner : camelCased(inner, !isNamed && NAMED.includes(key))]
    }),
  )
}

function generate(
  { body: asked, query }: Asked,
  { model, verb, place }: { model: string; verb: string; place: string },
  { signer }: State,
): Reply {
  if (![...MODELS, ...EMBEDDING_MODELS].includes(model)) {
    throw new VertexRefusal(
      `Publisher Model \`${place.slice(1)}/publishers/google/models/${model}\` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions`,
      404,
    )
  }
  const body = camelCased(asked)
  if (!isJson(body)) throw new VertexRefusal('Invalid JSON payload received. Unexpected token.')
  switch (verb) {
    case 'generateContent':
    case 'streamGenerateContent':
      readGenerate(body, model, signer)
      return replyToGenerate(
        { body, model, isStream: verb !== 'generateContent', isSse: query.get('alt') === 'sse' },
        signer,
      )
    case 'countTokens':
      return count(body)
    case 'predict':
      return predict(body)
    case 'embedContent':
      return embed(body)
    default:
      throw new VertexRefusal(`The method ${verb} is not known.`, 404)
  }
}

function count(body: Json): Reply {
  checked(() => COUNT(body, []))
  for (const { role } of body.contents as readonly Json[]) {
    if (role !== 'user' && role !== 'model') throw new VertexRefusal('Please use a valid role: user, model.')
  }
  const totalTokens = tokensOf(body.contents) + tokensOf(body.systemInstruction) + tokensOf(body.tools)
  return {
    status: 200,
    json: {
      totalTokens,
      totalBillableCharacters: totalTokens * 4,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }],
    },
  }
}

const DIMENSIONS = 768

function predict(body: Json): Reply {
  checked(() => PREDICT(body, []))
  const { outputDimensionality: size = DIMENSIONS } = (body.parameters ?? {}) as Json
  const predictions = (body.instances as readonly Json[]).map(({ content }) => ({
    embeddings: {
      values: vectorOf(String(content), Number(size)),
      statistics: { truncated: false, token_count: tokensOf(content) },
    },
  }))
  return { status: 200, json: { predictions, metadata: { billableCharacterCount: 12 } } }
}

function embed(body: Json): Reply {
  checked(() => EMBED(body, []))
  const values = vectorOf(JSON.stringify(body.content), Number(body.outputDimensionality ?? DIMENSIONS))
  const promptTokenCount = tokensOf(body.content)
  return {
    status: 200,
    json: { embedding: { values }, usageMetadata: { promptTokenCount }, truncated: false },
  }
}

function vectorOf(text: string, dimensions: number): readonly number[] {
  const seed = Buffer.from(digest(text), 'hex')
  return Array.from({ length: dimensions }, (_, index) => seed[index % seed.length]! / 2_560)
}

function models(): Reply {
  const publisherModels = [...MODELS, ...EMBEDDING_MODELS].map((model) => ({
    name: `publishers/google/models/${model}`,
    versionId: 'default',
    openSourceCategory: 'PROPRIETARY',
    launchStage: 'GA',
    publisherModelTemplate: `projects/{project}/locations/{location}/publishers/google/models/${model}`,
  }))
  return { status: 200, json: { publisherModels } }
}

await serveWhenStarted(import.meta.url, startVertex)
