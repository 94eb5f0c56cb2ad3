/** What the account may use, as Gemini's list has it. */
import { GatewayError } from '../../errors.ts'
import type { Model } from '../../wire/gemini.ts'
import type { OutgoingRequest } from '../http/pool.ts'
import { readRefusal } from './errors.ts'
import { rulesOf } from './model-rules.ts'

const PAGE_SIZE = 1_000
/** A bound against a page that never ends. */
const PAGES_MAX = 20

type FetchJson = (request: OutgoingRequest) => Promise<{ status: number; body: unknown }>

interface ModelsPage {
  readonly data?: readonly ModelInfo[]
  readonly has_more?: boolean
  readonly last_id?: string | null
}

interface ModelInfo {
  readonly id?: unknown
  readonly display_name?: string
  readonly max_input_tokens?: number | null
  readonly max_tokens?: number | null
  readonly capabilities?: { readonly thinking?: { readonly supported?: boolean } } | null
}

export async function listModels(
  name: string,
  basePath: string,
  headers: Record<string, string>,
  fetchJson: FetchJson,
): Promise<Model[]> {
  const models: Model[] = []
  let after: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const from = after === undefined ? '' : `&after_id=${encodeURIComponent(after)}`
    const path = `${basePath}/v1/models?limit=${PAGE_SIZE}${from}`
    const { status, body } = await fetchJson({ method: 'GET', path, headers, body: null })
    if (status !== 200) throw refusal(name, status, body)
    const { data, has_more: hasMore, last_id: lastId } = (body ?? {}) as ModelsPage
    for (const info of Array.isArray(data) ? data : []) {
      if (typeof info?.id === 'string') models.push(modelOf(info.id, info))
    }
    if (hasMore !== true || typeof lastId !== 'string') break
    after = lastId
  }
  return models
}

function modelOf(id: string, info: ModelInfo): Model {
  const rules = rulesOf(id)
  const outputTokenLimit = info.max_tokens ?? (rules.isLimitKnown ? rules.outputTokensMax : undefined)
  const isFree = rules.sampling !== 'default'
  return {
    name: `models/${id}`,
    baseModelId: id,
    version: id,
    displayName: info.display_name ?? id,
    inputTokenLimit: info.max_input_tokens ?? rules.inputTokensMax,
    ...(outputTokenLimit !== undefined && { outputTokenLimit }),
    supportedGenerationMethods: ['generateContent', 'countTokens'],
    thinking: info.capabilities?.thinking?.supported ?? rules.thinking.length > 0,
    ...(isFree && { temperature: 1, maxTemperature: 1 }),
  }
}

function refusal(name: string, status: number, body: unknown): GatewayError {
  const { isCredential, message } = readRefusal(status, {}, body)
  const code = isCredential ? 'upstream_refused_credential' : 'upstream_unavailable'
  const hint = `${name}: the list of models answered ${status}: ${message}`
  return new GatewayError(code, `The upstream ${name} could not list its models.`, { hint })
}
