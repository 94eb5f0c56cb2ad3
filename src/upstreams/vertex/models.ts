/** What Vertex offers: its list of publisher models, as Gemini's own list shows them. */
import { GatewayError } from '../../errors.ts'
import type { Model } from '../../wire/gemini.ts'
import type { OutgoingRequest } from '../http/pool.ts'
import { errorOf, isCredentialRefused } from '../native/errors.ts'
import type { Access } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'

/** The bound is against a page token that never ends. */
const PAGES_MAX = 20
const PREFIX = 'publishers/google/models/'

type FetchJson = (request: OutgoingRequest) => Promise<{ status: number; body: unknown }>

interface ListPublisherModelsResponse {
  publisherModels?: { name?: string; versionId?: string }[]
  nextPageToken?: string
}

export async function listModels(
  name: string,
  { basePath }: Endpoint,
  { headers }: Access,
  fetchJson: FetchJson,
): Promise<Model[]> {
  const models: Model[] = []
  let pageToken = ''
  for (let page = 0; page < PAGES_MAX; page++) {
    const more = pageToken && `&pageToken=${encodeURIComponent(pageToken)}`
    const { status, body } = await fetchJson({
      method: 'GET',
      path: `${basePath}/v1beta1/publishers/google/models?pageSize=200${more}`,
      headers: { 'accept-encoding': 'identity', ...headers },
      body: null,
    })
    if (status !== 200) throw refusal(name, status, body)
    const answer = body as ListPublisherModelsResponse
    models.push(...(answer.publisherModels ?? []).flatMap(modelOf))
    pageToken = answer.nextPageToken ?? ''
    if (pageToken === '') break
  }
  return models
}

/** What a model can do is not in the list; its family says it. */
const METHODS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/embedding/, ['embedContent', 'countTokens']],
  [/^imagen/, ['predict']],
  [/^veo/, ['predictLongRunning']],
  [/^(?:gemini|gemma)/, ['generateContent', 'countTokens', 'createCachedContent']],
]

function modelOf({ name, versionId }: { name?: string; versionId?: string }): Model[] {
  if (typeof name !== 'string' || !name.startsWith(PREFIX)) return []
  const id = name.slice(PREFIX.length)
  const methods = METHODS.find(([family]) => family.test(id))?.[1]
  return [
    {
      name: `models/${id}`,
      displayName: id,
      ...(versionId !== undefined && { version: versionId }),
      ...(methods !== undefined && { supportedGenerationMethods: [...methods] }),
    },
  ]
}

function refusal(name: string, status: number, body: unknown): GatewayError {
  const isRefused = status === 403 || isCredentialRefused(status, body)
  const code = isRefused ? 'upstream_refused_credential' : 'upstream_unavailable'
  const hint = `${name}: publishers.models.list answered ${status}: ${errorOf(body)?.message ?? 'no error text'}`
  return new GatewayError(code, `The upstream ${name} could not list its models.`, { hint })
}
