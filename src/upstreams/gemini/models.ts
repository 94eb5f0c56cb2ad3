/** What an upstream offers, read from its own `models.list`. */
import { GatewayError } from '../../errors.ts'
import type { Model } from '../../wire/gemini.ts'
import type { OutgoingRequest } from '../http/pool.ts'
import { errorOf, isCredentialRefused } from '../native/errors.ts'
import { buildListRequest, type Endpoint } from './request.ts'

/** Google lists well under one page of 1,000; the bound is against a page token that never ends. */
const PAGES_MAX = 20

type FetchJson = (request: OutgoingRequest) => Promise<{ status: number; body: unknown }>

interface ListModelsResponse {
  models?: Model[]
  nextPageToken?: string
}

export async function listModels(
  name: string,
  endpoint: Endpoint,
  key: string,
  fetchJson: FetchJson,
): Promise<Model[]> {
  const models: Model[] = []
  let pageToken: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { status, body } = await fetchJson(buildListRequest(endpoint, key, pageToken))
    if (status !== 200) throw refusal(name, status, body)
    const answer = body as ListModelsResponse
    models.push(...(answer.models ?? []).filter((model) => typeof model?.name === 'string'))
    pageToken = answer.nextPageToken
    if (!pageToken) break
  }
  return models
}

function refusal(name: string, status: number, body: unknown): GatewayError {
  const code = isCredentialRefused(status, body) ? 'upstream_refused_credential' : 'upstream_unavailable'
  const hint = `${name}: models.list answered ${status}: ${errorOf(body)?.message ?? 'no error text'}`
  return new GatewayError(code, `The upstream ${name} could not list its models.`, { hint })
}
