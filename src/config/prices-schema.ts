/** What models cost, where the operator knows it better than the built-in table. */
import { parseInstant } from '../wire/instant.ts'
import { Type } from '../wire/type.ts'
import { section, usd } from './fields.ts'

const PRICE_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,254}$'
const PERIODS_MAX = 100
const TOKENS_MAX = 1_000_000_000
const PERCENT_MAX = 1000

const perMillion = (description: string) => Type.Optional(usd(description))
const tokens = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: TOKENS_MAX, description }))
const percent = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: PERCENT_MAX, description }))

const tokenRates = {
  inputUsdPerMillion: usd('A million tokens of the prompt: text, and whatever has no price of its own.'),
  inputAudioUsdPerMillion: perMillion('A million tokens of audio in the prompt. Left out: as text.'),
  inputImageUsdPerMillion: perMillion(
    'A million tokens of images and documents in the prompt. Left out: as text.',
  ),
  inputVideoUsdPerMillion: perMillion('A million tokens of video in the prompt. Left out: as text.'),
  cachedInputUsdPerMillion: perMillion(
    'A million tokens of the prompt that came from a cache. Left out: as if they had not.',
  ),
  cachedInputAudioUsdPerMillion: perMillion(
    'A million tokens of audio that came from a cache. Left out: as other cached input.',
  ),
  cacheWriteInputUsdPerMillion: perMillion(
    'A million tokens of the prompt that are written to a cache. Left out: as other text.',
  ),
  outputUsdPerMillion: usd('A million tokens of the answer: text, and whatever has no price of its own.'),
  thoughtsUsdPerMillion: perMillion('A million tokens of thinking. Left out: as text of the answer.'),
  outputAudioUsdPerMillion: perMillion('A million tokens of audio in the answer. Left out: as text.'),
  outputImageUsdPerMillion: perMillion('A million tokens of images in the answer. Left out: as text.'),
}

const LongContextSchema = section(
  'Prices of the whole request once its prompt is long. They stand alone: nothing is taken from the section above.',
  {
    abovePromptTokens: Type.Integer({
      minimum: 1,
      maximum: TOKENS_MAX,
      description: 'A prompt with more tokens than this is long.',
    }),
    ...tokenRates,
  },
)

const PriceSchema = section('What one model costs.', {
  from: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].{1,29})?$',
      'x-shape': 'a date such as 2026-11-01 or an instant such as 2026-11-01T06:00:00Z',
      description: 'From when on, in UTC. Left out: always. The newest that has begun counts.',
    }),
  ),
  ...tokenRates,
  longContext: Type.Optional(LongContextSchema),
  groundedPromptUsd: Type.Optional(
    usd('One request whose answer was grounded in a search, however many searches it took.'),
  ),
  searchQueryUsd: Type.Optional(usd('One search that the model made.')),
  requestUsd: Type.Optional(usd('One request, beside all else.')),
  itemUsd: Type.Optional(usd('One thing made that is paid by the piece, such as an image of Imagen.')),
  batchPercent: percent('Percent of the token prices that a batch costs. Left out: 100.'),
  flexPercent: percent('Percent of the token prices that the tier `flex` costs. Left out: 100.'),
  priorityPercent: percent('Percent of the token prices that the tier `priority` costs. Left out: 100.'),
  cachedBatchPercent: percent('The same for cached input in a batch. Left out: `batchPercent`.'),
  cachedFlexPercent: percent('The same for cached input with `flex`. Left out: `flexPercent`.'),
  cachedPriorityPercent: percent('The same for cached input with `priority`. Left out: `priorityPercent`.'),
  inputTokensMax: tokens('Longest prompt of the model, for reservations. Left out: 1,048,576.'),
  outputTokensMax: tokens(
    'Longest answer of the model, thoughts included: what is reserved for a request that names no limit. Left out: 131,072.',
  ),
})

export const PricesSchema = Type.Record(
  Type.String({ pattern: PRICE_NAME_PATTERN }),
  Type.Union(
    [
      PriceSchema,
      Type.Array(PriceSchema, {
        minItems: 1,
        maxItems: PERIODS_MAX,
        'x-shape': `a list of at least 1 and at most ${PERIODS_MAX} sections with prices`,
        description: 'Several prices, each with a `from` of its own.',
      }),
    ],
    { 'x-shape': 'a section with prices, or a list of them' },
  ),
  {
    additionalProperties: false,
    default: {},
    maxProperties: 10_000,
    'x-names':
      'the name of a model, or `upstream/model` for one upstream only; letters, digits and ._:@/+-, at most 255',
    description:
      'What models cost, where the built-in table (docs/reference/prices.md) does not know it or is wrong for you: one section for each model, or a list of them with a `from` each. `upstream/model` wins over `model`, and both over the table. A change counts for requests that begin after it.',
  },
)

interface Period {
  readonly from?: string | undefined
}

type Tell = (path: readonly (string | number)[], message: string, suggestion?: string) => void

/** What the schema cannot say: real dates, one price for each moment, and names as the router knows them. */
export function checkPrices(prices: Readonly<Record<string, Period | readonly Period[]>>, tell: Tell): void {
  for (const [name, value] of Object.entries(prices)) {
    const path = ['prices', name]
    if (name.startsWith('models/'))
      tell(path, 'has the prefix models/, which clients send and Wasat takes off', 'leave it out')
    if (Array.isArray(value)) checkPeriods(value as readonly Period[], path, tell)
    else startOf(value as Period, path, tell)
  }
}

function checkPeriods(periods: readonly Period[], path: readonly string[], tell: Tell): void {
  const seen = new Set<number>()
  for (const [index, period] of periods.entries()) {
    const start = startOf(period, [...path, index], tell)
    if (start === undefined) continue
    if (seen.has(start)) {
      const place = period.from === undefined ? [...path, index] : [...path, index, 'from']
      tell(place, 'begins when another price of this model does', 'keep one of the two')
    }
    seen.add(start)
  }
}

function startOf({ from }: Period, path: readonly (string | number)[], tell: Tell): number | undefined {
  if (from === undefined) return Number.NEGATIVE_INFINITY
  const start = parseInstant(from)
  if (start === undefined) {
    tell([...path, 'from'], 'is not a moment of the calendar', 'write 2026-11-01 or 2026-11-01T06:00:00Z')
  }
  return start
}
