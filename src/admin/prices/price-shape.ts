import type { PriceListing } from '../../nouns/money.ts'
import { type Static, Type } from '../../wire/type.ts'
import { timestampOrNull } from '../instants.ts'

export const PriceShape = Type.Object({
  model: Type.String({ description: 'The name, or upstream/name for one upstream alone.' }),
  aliases: Type.Array(Type.String()),
  origin: Type.Enum(['table', 'config']),
  source: Type.Union([Type.String(), Type.Null()]),
  asOf: Type.Union([Type.String(), Type.Null()]),
  from: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  rates: Type.Unsafe<object>({
    type: 'object',
    description: 'In 1e-9 US dollars: tokens for a million of them, everything else for one.',
  }),
})

export function priceShape(listing: PriceListing): Static<typeof PriceShape> {
  const { model, aliases, origin, source, asOf, from, rates } = listing
  const origins = { origin, source: source ?? null, asOf: asOf ?? null, from: timestampOrNull(from) }
  return { model, aliases: [...aliases], ...origins, rates }
}
