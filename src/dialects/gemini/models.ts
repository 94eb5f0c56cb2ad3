/** `models.list` and `models.get`, in pages. */
import { GatewayError } from '../../errors.ts'
import type { HttpRequest, HttpResponse, Opening } from '../../nouns.ts'
import type { Model } from '../../wire/gemini.ts'
import { JSON_TYPE } from '../json.ts'

const PAGE_SIZE_DEFAULT = 50
const PAGE_SIZE_MAX = 1_000

export function encodeModels(
  opening: Opening,
  models: readonly Model[],
  request: HttpRequest,
  response: HttpResponse,
): void {
  const body = opening.verb === 'getModel' ? getModel(opening, models) : listPage(models, request.query)
  const bytes = Buffer.from(`${JSON.stringify(body, undefined, 2)}\n`)
  response.head(200, { 'content-type': JSON_TYPE, 'content-length': bytes.length })
  response.end(bytes)
}

function getModel(opening: Opening, models: readonly Model[]): Model {
  const model = models.find(({ name }) => name === `models/${opening.model}` || name === opening.model)
  if (model !== undefined) return model
  throw new GatewayError(
    'not_found',
    `Model is not found: models/${opening.model} for api version ${opening.apiVersion}`,
  )
}

/** A page token is the name that the page begins with: it stays right when models come and go. */
function listPage(
  models: readonly Model[],
  query: URLSearchParams,
): { models: readonly Model[]; nextPageToken?: string } {
  const size = pageSize(query.get('pageSize') ?? query.get('page_size'))
  const token = query.get('pageToken') ?? query.get('page_token') ?? ''
  const first = token === '' ? '' : Buffer.from(token, 'base64url').toString('utf8')
  if (token !== '' && !first.startsWith('models/') && !first.startsWith('tunedModels/')) {
    throw new GatewayError('invalid_argument', 'The page token is invalid.')
  }
  const rest = models.filter(({ name }) => name >= first)
  const next = rest[size]
  const page = { models: rest.slice(0, size) }
  return next === undefined ? page : { ...page, nextPageToken: Buffer.from(next.name).toString('base64url') }
}

function pageSize(text: string | null): number {
  if (text === null || text === '') return PAGE_SIZE_DEFAULT
  const size = Number(text)
  if (!Number.isInteger(size) || size < 0) {
    throw new GatewayError(
      'invalid_argument',
      `Invalid value at 'page_size' (TYPE_INT32), ${JSON.stringify(text.slice(0, 64))}`,
    )
  }
  return size === 0 ? PAGE_SIZE_DEFAULT : Math.min(size, PAGE_SIZE_MAX)
}
