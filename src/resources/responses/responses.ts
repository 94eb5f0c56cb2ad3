/** `responses/{id}`: an answer that was kept, what it was made from, and its end. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { KeptResponse } from '../../nouns/kept-responses.ts'
import type { Collection, Endpoint, Exchange } from '../collection.ts'
import { shownId } from '../names.ts'
import type { ResponseRoom } from './kept.ts'

const ONE = 'responses/{}'
const PAGE = { standard: 20, max: 100 }

export function responsesCollection(room: ResponseRoom): Collection {
  const find = async ({ caller, ids }: Exchange): Promise<KeptResponse> => {
    const id = ids.at(-1) as string
    const kept = await room.find(caller.keyId, id)
    if (kept === undefined) throw notFound(id)
    return kept
  }

  const get: Endpoint = {
    method: 'GET',
    path: ONE,
    handle: async (exchange) => {
      if (exchange.request.query.get('stream') === 'true')
        throw invalidField('stream', 'A response that is over is given whole.')
      return { json: (await find(exchange)).response }
    },
  }

  const inputItems: Endpoint = {
    method: 'GET',
    path: `${ONE}/input_items`,
    handle: async (exchange) => ({ json: pageOf((await find(exchange)).input, exchange.request.query) }),
  }

  const remove: Endpoint = {
    method: 'DELETE',
    path: ONE,
    handle: async ({ caller, ids }) => {
      const id = ids.at(-1) as string
      if (!(await room.forget(caller.keyId, id))) throw notFound(id)
      return { json: { id, object: 'response', deleted: true } }
    },
  }

  return { endpoints: [get, inputItems, remove] }
}

/** The last item first, unless the query says otherwise. */
function pageOf(input: KeptResponse['input'], query: URLSearchParams): object {
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw invalidField('order', "The order is 'asc' or 'desc'.")
  const limit = Number(query.get('limit') ?? PAGE.standard)
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE.max)
    throw invalidField('limit', `The limit is an integer from 1 to ${PAGE.max}.`)
  const items = order === 'asc' ? input : input.toReversed()
  const after = query.get('after')
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1
  if (after !== null && start === 0) throw invalidField('after', `No item with id '${shownId(after)}'.`)
  const data = items.slice(start, start + limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + data.length < items.length,
  }
}

/** The same for one that is another's, that has expired, and that there never was. */
function notFound(id: string): GatewayError {
  return new GatewayError('not_found', `Response with id '${shownId(id)}' not found.`)
}
