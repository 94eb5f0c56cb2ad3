import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { PriceShape, priceShape } from './price-shape.ts'

export const ListPricesAnswer = Type.Object({ prices: Type.Array(PriceShape) })

export const ListPricesQuery = Type.Object(
  {
    model: Type.Optional(
      Type.String({ description: 'Only this model, by its name or another of its names.' }),
    ),
  },
  { additionalProperties: false },
)

export const listPrices = endpoint({
  method: 'GET',
  path: '/admin/v1/prices',
  query: ListPricesQuery,
  handle: async ({ query: { model } }, { prices }) => {
    const all = prices.list()
    const wanted =
      model === undefined
        ? all
        : all.filter((price) => price.model === model || price.aliases.includes(model))
    return { status: 200, body: { prices: wanted.map(priceShape) } }
  },
})
