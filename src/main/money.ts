/** Brings prices, requests and answers together for the line; all of it pure. */
import type { Config } from '../config/schema.ts'
import { promptTokensEstimate, promptTokensMax } from '../nouns/estimate.ts'
import type { Rates } from '../nouns/money.ts'
import type { Call, Upstream } from '../nouns.ts'
import type { Money, Spending } from '../policies/admit.ts'
import { createPriceBook, type PriceBook } from '../prices/book.ts'
import { boundOf, costOf } from '../prices/cost.ts'
import { quantitiesOf } from '../prices/quantities.ts'
import { FREE } from '../prices/table.ts'
import type { PriceOf } from '../routing/route.ts'

/** Vectors are paid for by what was put in. */
const EMBEDS: ReadonlySet<string> = new Set(['embedContent', 'batchEmbedContents'])

export const MONEY: Money = {
  bound: (call, { rates }, upstream) => {
    const requests = upstream.requestsMax?.(call) ?? 1
    const one = boundOf(rates, {
      promptTokensMax: promptMaxOf(call, rates, upstream.promptTokensAdded),
      outputTokensMax: outputMaxOf(call, upstream),
      candidates: requests > 1 ? 1 : call.facts.candidateCount,
      items: itemsOf(call),
      mayGround: call.facts.usesSearch,
      isTextOnly: call.facts.mediaParts === 0 && !call.facts.usesStored && !call.facts.usesSearch,
      tier: call.tier,
    })
    // Nothing that a ledger could hold costs so much: it is refused, and not rounded.
    return Math.min(one * requests, Number.MAX_SAFE_INTEGER)
  },
  quantities: (call, { usage, searchQueries, isGrounded }) =>
    quantitiesOf(usage, { searchQueries, isGrounded, items: itemsOf(call) }),
  cost: (price, quantities, tier) => costOf(price.rates, quantities, tier),
  exposure: (call, { rates }) => {
    const promptTokens = promptTokensEstimate(call.facts)
    const nothingElse = { cachedTokens: 0, candidatesTokens: 0, thoughtsTokens: 0, toolUsePromptTokens: 0 }
    return costOf(
      rates,
      { promptTokens, ...nothingElse, totalTokens: promptTokens, details: undefined },
      call.tier,
    )
  },
}

/** Undefined: as much as the model likes. */
function outputMaxOf(call: Call, upstream: Spending): number | undefined {
  if (EMBEDS.has(call.verb)) return 0
  const { maxOutputTokens } = call.facts
  return maxOutputTokens === undefined || upstream.ignoresLimit?.(call) ? undefined : maxOutputTokens
}

/** What is over a model's own limit it refuses; of a batch to embed, each item has that limit. */
function promptMaxOf(
  { verb, facts }: Call,
  { inputTokensMax = Number.POSITIVE_INFINITY }: Rates,
  added = 0,
): number {
  const most = promptTokensMax(facts) + added
  return EMBEDS.has(verb) ? most : Math.min(most, inputTokensMax)
}

/** Only what `predict` makes is priced by the piece. */
function itemsOf({ verb, facts }: Call): number {
  return verb === 'predict' ? facts.items : 0
}

/** The operator's own prices, and the list's. */
export function openPriceBook({ prices }: Pick<Config, 'prices'>): PriceBook {
  return createPriceBook({ overrides: prices })
}

/** What a model costs at an upstream now: a sandbox that is free costs nothing but what the operator set. */
export function createPriceOf({ prices, upstreams }: Config, book: PriceBook): PriceOf {
  const free = createPriceBook({ overrides: prices, table: FREE })
  return ({ name }: Upstream, model: string) => {
    const entry = upstreams[name]
    const asked = entry?.kind === 'sandbox' && entry.billing === 'free' ? free : book
    return asked.find(name, model, Date.now())
  }
}
